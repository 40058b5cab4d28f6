"""Our verdicts beside those that the tests of other tools assert, on the same inputs.

    python -m tests.verdicts DATA [SET ...]

DATA holds a folder for each tool with its verdicts as JSON lines and the inputs they name. A rule of ours answers for a
rule of theirs when its `equivalents` names it. `tests/adjudications.yaml` explains the rows that differ; an entry
counts only while rule, resource and both outcomes are the ones it describes, so that it hides no later regression.
Exit status: 0 when every row agrees or is explained and no entry is stale, else 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field

from auditor.ruleset.loader import load_rules
from tests.fuzz import call

FILE = Path(__file__).with_name("adjudications.yaml")
AS_OF = "2026-07-09T00:00:00Z"
Outcome = Literal["pass", "fail", "unknown", "error", "not-evaluated"]


class SetOfVerdicts(NamedTuple):
    """A file of verdicts below DATA, the tool, and the command that reads its inputs."""

    file: str
    tool: str
    command: tuple[str, ...]


SETS = {
    "psrule": SetOfVerdicts("psrule/verdicts.jsonl", "psrule", ("scan", "--from")),
    "plan": SetOfVerdicts("checkov/verdicts_tfplan.jsonl", "checkov", ("gate",)),
    "arm": SetOfVerdicts("checkov/verdicts_arm.jsonl", "checkov", ("gate",)),
    "k8s": SetOfVerdicts("checkov/verdicts_k8s.jsonl", "checkov", ("gate",)),
    "regolibrary": SetOfVerdicts("regolibrary/verdicts.jsonl", "kubescape", ("gate",)),
    "regula": SetOfVerdicts("regula/verdicts.jsonl", "regula", ("gate",)),
}


class Adjudication(BaseModel):
    """Why one row differs. `right`: `both` asks another question or reads another default; `not-evaluated` says that
    theirs fails what ours does not evaluate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source_rule: str = Field(min_length=1)
    resource_name: str = Field(min_length=1)
    ours: tuple[Outcome, ...] = Field(min_length=1)
    theirs: tuple[Literal["pass", "fail"], ...] = Field(min_length=1)
    right: Literal["ours", "theirs", "both", "not-evaluated"]
    reason: str = Field(min_length=20)


def adjudications(file: Path = FILE) -> list[Adjudication]:
    """Every entry of the file."""
    return [Adjudication.model_validate(entry) for entry in yaml.safe_load(file.read_text(encoding="utf-8"))]


def explained(entries: list[Adjudication], rule: str, resource: str, ours: str, theirs: str) -> Adjudication | None:
    """The entry for a row with exactly these outcomes."""
    about = (entry for entry in entries if (entry.source_rule, entry.resource_name) == (rule, resource))
    return next((entry for entry in about if ours in entry.ours and theirs in entry.theirs), None)


def findings_of(command: tuple[str, ...], file: Path) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        done = call([*command, str(file), "-f", "json", "-o", "out.json", "--as-of", AS_OF], Path(folder))
        out = Path(folder, "out.json")
        if done.code not in (0, 1, 3) or not out.exists():
            raise RuntimeError(f"{file}: exit code {done.code}: {done.err[-300:]}{done.escaped}")
        found: list[dict[str, Any]] = json.loads(out.read_bytes())["findings"]
        return found


def is_about(row: dict[str, Any], finding: dict[str, Any]) -> bool:
    """Whether a finding is about the resource of a row, which may be named by id, plan address, kind or name."""
    resource, origin = finding["resource"], finding.get("origin") or {}
    id, name = resource["id"].lower(), resource["name"].lower()
    wanted = (row.get("resource_id") or "").lower()
    if wanted:
        return bool(id == wanted or id.startswith(f"{wanted}/"))
    address = row.get("address") or row.get("resource_name") or ""
    if origin.get("address") == address:
        return True
    kind, parts = row.get("resource_type") or "", address.split(".")
    if "/" in kind:
        tail = (address[len(kind) :].lstrip("./") if address.lower().startswith(kind.lower()) else address).lower()
        return name in (tail, tail.rsplit("/", 1)[-1])
    if kind and len(parts) >= 3:
        namespace = (resource.get("namespace") or "default").lower()
        return bool((name, namespace) == (parts[-1].lower(), parts[-2].lower()))
    return bool(name == (row.get("resource_name") or "").lower())


def rows_of(data: Path, name: str) -> tuple[dict[str, set[str]], dict[str, list[dict[str, Any]]]]:
    """Their rule → ours, and the rows that can be compared, by the file they are about."""
    ours: dict[str, set[str]] = defaultdict(set)
    for rule in load_rules():
        for theirs in (rule.equivalents or {}).get(SETS[name].tool, []):
            ours[theirs].add(rule.id)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (data / SETS[name].file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        plain = not row.get("config") and not row.get("parameter_files") and row.get("agrees_on_plan", True)
        known = row["source_rule"] in ours or any(control in ours for control in row.get("controls", []))
        if row["expected"] in ("pass", "fail") and row.get("asserted", True) and plain and known:
            rows[row.get("plan_file") or row.get("resource_file") or row["file"]].append(row)
    return ours, rows


def compare(data: Path, name: str, entries: list[Adjudication]) -> tuple[Counter[str], list[str], set[Adjudication]]:
    """How the rows of a set compare, those that differ unexplained, and the entries that explain one."""
    ours, files = rows_of(data, name)
    tally, wrong, used = Counter[str](), [], set[Adjudication]()
    for file, rows in sorted(files.items()):
        found = findings_of(SETS[name].command, data / file)
        for row in rows:
            ids = ours.get(row["source_rule"], set()).union(*(ours.get(c, set()) for c in row.get("controls", [])))
            outcomes = {finding["outcome"] for finding in found if finding["ruleId"] in ids and is_about(row, finding)}
            got = next((one for one in ("error", "fail", "unknown", "pass") if one in outcomes), "not-evaluated")
            entry = explained(entries, row["source_rule"], row.get("resource_name") or "-", got, row["expected"])
            if got == row["expected"]:
                tally["agree"] += 1
            elif entry:
                used.add(entry)
                tally[f"explained, right: {entry.right}"] += 1
            else:
                tally["differ"] += 1
                wrong.append(
                    f"{row['source_rule']} {row.get('resource_name')}: theirs {row['expected']}, ours {got} ({file})"
                )
    return tally, wrong, used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="*", metavar="SET", choices=[*SETS, []], default=[])
    args = parser.parse_args()
    entries, used, failed = adjudications(), set[Adjudication](), False
    for name in args.sets or SETS:
        tally, wrong, explaining = compare(args.data.resolve(), name, entries)
        used |= explaining
        failed = failed or bool(wrong)
        print(f"{name}: {dict(sorted(tally.items()))}", *wrong, sep="\n   ")
    stale = [] if args.sets else [entry for entry in entries if entry not in used]
    print(*(f"stale: {entry.source_rule} {entry.resource_name}" for entry in stale), sep="\n")
    sys.exit(failed or bool(stale))


if __name__ == "__main__":
    main()
