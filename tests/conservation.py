"""Conservation: what fails in a sound input must not disappear from a damaged one.

    python -m tests.conservation --count 200000 --seed 1

Every input holds resources that fail. It is damaged in ways that do not make them good: keys and values of what lies
around them are renamed, spelled in another casing, of another kind, given twice, nested, announced but missing, or the
text is cut off. A run fails when fewer resources fail than before and nothing is reported as missing: no gap, no
unknown answer, and nothing that was not evaluated.
"""

from __future__ import annotations

import argparse
import copy
import datetime as dt
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from msgspec.structs import replace

from auditor.audit import audit
from auditor.bound import Bound, bind, of_change
from auditor.cli.after_change import after_change, touched
from auditor.cli.gate import _read
from auditor.cli.thresholds import Thresholds, verdict
from auditor.errors import AuditorError
from auditor.inventory import open_inventory
from auditor.plans.detect import Beside
from auditor.rulebook import load_rules, select
from tests.damage import Random

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
RULES = ("azure.key-vault.purge-protection", "kubernetes.workload.no-privileged-containers")
CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)


def vault(number: int) -> dict[str, Any]:
    return {
        "type": "Microsoft.KeyVault/vaults", "name": f"kv{number}", "location": "westeurope",
        "id": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv{number}", "properties": {"sku": {"name": "standard"}},
    }  # fmt: skip


def pod(number: int) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "securityContext": {"privileged": True}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}", "namespace": "shop"},
            "spec": {"containers": [container]}}  # fmt: skip


def planned(number: int) -> dict[str, Any]:
    after = {"name": f"kv{number}", "resource_group_name": "rg", "location": "x", "purge_protection_enabled": False}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}}
    made = {"mode": "managed", "type": "azurerm_key_vault", "name": f"kv{number}"}
    return {**made, "address": f"azurerm_key_vault.kv{number}", "change": change}


def some(make: Callable[[int], Any]) -> list[Any]:
    return [make(number) for number in range(2)]


SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
INPUTS: dict[str, tuple[str, Any]] = {
    "az list": ("scan", some(vault)),
    "az graph": ("scan", {"count": 2, "data": some(vault), "skip_token": None, "total_records": 2}),
    "ARM page": ("scan", {"value": some(vault), "nextLink": None}),
    "recorded pages": ("scan", {"pages": [{"value": some(vault)[:1], "nextLink": "x"}, {"value": some(vault)[1:]}]}),
    "recorded answer": ("scan", {"response": {"status": 200, "body": {"value": some(vault)}}}),
    "table": ("scan", {"data": {"columns": [{"name": name, "type": "string"} for name in vault(0)],
                                "rows": [list(vault(number).values()) for number in range(2)]}}),
    "children": ("scan", [{"type": "Microsoft.Resources/resourceGroups", "name": "rg", "id": GROUP}, *some(vault)]),
    "kubectl list": ("scan", {"apiVersion": "v1", "kind": "List", "items": some(pod)}),
    "pod list": ("scan", {"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "1"},
                          "items": [{key: pod(n)[key] for key in ("metadata", "spec")} for n in range(2)]}),
    "manifests": ("gate", some(pod)),
    "plan": ("gate", {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": some(planned)}),
    "template": ("gate", {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
                          "resources": [{**vault(n), "apiVersion": "2023-07-01"} for n in range(2)]}),
    "what-if": ("gate", {"status": "Succeeded", "changes": [
        {"resourceId": vault(n)["id"], "changeType": "Create", "after": vault(n)} for n in range(2)]}),
}  # fmt: skip
FORMS = ("json", "json", "lines", "yaml")
WRONG = (1, True, "x", ["x"], {"x": 1})
"""Values of every kind. None is empty: that would say that there is nothing."""
ANNOUNCED = ("nextLink", "skip_token", "error", "total_records", "continue", "errored", "result_truncated")
KEEP = frozenset({"privileged", "securityContext", "containers", "spec", "image", "template"})
"""What a manifest may leave out, so that without it the resource is really well."""


class Case(NamedTuple):
    name: str
    verb: str
    file: Path
    damage: str


class World:
    """The rules, and a folder for one input at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rules = [bind(rule, CLOCK) for rule in select(load_rules(), RULES, ())]
        self.rules: dict[str, list[Bound]] = {"scan": rules, "gate": of_change(rules)}

    def outcome(self, case: Case) -> tuple[int, int, int]:
        """The exit code, how many answers fail, and how much is reported as missing."""
        try:
            change = None
            if case.verb == "gate":
                change = [_read(str(case.file), Beside())]
                inventory, ids = after_change([str(case.file)], change), touched(change)
            else:
                inventory, ids = open_inventory([str(case.file)]), None
            made, findings = audit(self.rules[case.verb], inventory, clock=CLOCK, touched=ids)
        except AuditorError as error:
            return error.exit_code, 0, 1
        findings.close()
        if change is not None:
            made.scope = replace(made.scope, change=True)
        code, _ = verdict(made, Thresholds())
        missing = len(made.gaps) + made.counts.unknown + made.counts.error + len(made.scope.unjudged)
        return code, made.counts.fail, missing


def paths_of(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place below a value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, child in children for place in ((*at, key), *paths_of(child, (*at, key)))]


def damaged(sound: Any, rng: Random) -> tuple[Any, str]:
    """A damaged copy, and what was done to it."""
    value = copy.deepcopy(sound)
    done = []
    for _ in range(rng.randint(1, 3)):
        places = [place for place in paths_of(value) if not KEEP & set(map(str, place))]
        if not places:
            break
        place = rng.choice(places)
        holder = value
        for key in place[:-1]:
            holder = holder[key]
        kind = _damage(holder, place[-1], rng)
        done.append(f"{kind} {'.'.join(map(str, place))}")
    if rng.random() < 0.1:
        value, kind = rng.choice(([value], {"value": [value]}, {"items": value}, {"data": value}, [[[value]]])), "wrap"
        done.append(kind)
    return value, ", ".join(done)


def _damage(holder: Any, key: Any, rng: Random) -> str:
    kind = rng.choice(("case", "rename", "kind", "null", "list", "text", "double", "announce", "space"))
    if kind in ("case", "rename", "space") and isinstance(holder, dict):
        spelled = {"case": rng.choice((str(key).upper(), str(key).title(), str(key).swapcase())),
                   "rename": f"x{key}", "space": f"{key} "}[kind]  # fmt: skip
        items = [(spelled if name == key else name, value) for name, value in holder.items()]
        holder.clear()
        holder.update(items)
    elif kind == "kind":
        others = [other for other in WRONG if type(other) is not type(holder[key])]  # `true` for `false` is no damage
        holder[key] = copy.deepcopy(rng.choice(others))
    elif kind == "null" and not isinstance(holder, list):
        holder[key] = None
    elif kind == "list":
        holder[key] = [holder[key]]
    elif kind == "text":
        holder[key] = json.dumps(holder[key])
    elif kind == "double" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == "announce" and isinstance(holder, dict):
        name = rng.choice(
            ("nextLink", "skip_token", "error", "total_records", "continue", "errored", "result_truncated")
        )
        holder[name] = rng.choice((9999, "x", True, {"code": "x"}))
    return kind


def written(value: Any, verb: str, rng: Random) -> tuple[str, bytes]:
    """A name and the text of a file with a value."""
    form = rng.choice(FORMS) if isinstance(value, list) else rng.choice(("json", "yaml" if verb == "scan" else "json"))
    if form == "lines":
        text = "\n".join(json.dumps(item) for item in value) + "\n"
        name = "in.ndjson"
    elif form == "yaml":
        items = value if isinstance(value, list) else [value]
        text, name = yaml.safe_dump_all(items, sort_keys=False), "in.yaml"
    else:
        text, name = json.dumps(value, indent=rng.choice((None, 1))), "in.json"
    if rng.random() < 0.1 and form == "json":  # YAML and lines may end anywhere
        text = text[: rng.randrange(len(text))]
    return name, text.encode()


def case_of(seed: int, number: int, folder: Path) -> Case:
    """The damaged input with a number, which is always the same."""
    rng = Random(f"{seed} {number}")
    name = rng.choice(list(INPUTS))
    verb, sound = INPUTS[name]
    value, damage = damaged(sound, rng)
    file, text = written(value, verb, rng)
    path = folder / file
    path.write_bytes(text)
    return Case(name, verb, path, damage)


def run(count: int, seed: int, folder: Path, first: int = 0) -> tuple[Counter[str], list[str]]:
    """How the inputs end, and those that lost something."""
    world, ends, lost = World(folder), Counter[str](), []
    for number in range(first, first + count):
        case = case_of(seed, number, folder)
        code, failing, missing = world.outcome(case)
        ends[f"exit {code}"] += 1
        if failing < 2 and not missing:
            lost.append(f"{number} {case.name} ({case.file.name}): {case.damage}: {case.file.read_text()[:400]}")
        case.file.unlink()
    return ends, lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ends, lost = run(args.count, args.seed, Path(folder))
    print("\n".join(lost[:40]))
    print(f"{args.count:,} inputs, {dict(sorted(ends.items()))}, {len(lost)} lost something")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
