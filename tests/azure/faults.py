"""Random fault plans against live audits: whatever breaks, the audit ends, and nothing that failed becomes a pass.

    python -m tests.azure.faults --count 300 --seed 1

Every plan is a few faults and missing rights; plan `n` of a seed is always the same. The audit with faults is held
against the one without: each finding is the same, or unknown, or missing where a gap says why; none is new; the run
ends within its time with one of the exit codes, and asks nothing that a reader must not ask.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.azure.entra import Entra
from tests.azure.estate import Estate, demo_estate
from tests.azure.fault_plan import CODES, ODD, Fault, FaultPlan
from tests.azure.local import LocalAzure, local_azure
from tests.azure.product import Done, scan
from tests.azure.resource_graph import Quota
from tests.azure.rights import Rights

LIMIT: Final = 20.0
"""Seconds that the collection of one audit may take, by --time-limit."""
PATIENCE: Final = LIMIT + 160
"""Seconds after which a run counts as one that does not end."""
PLACES: Final = (
    r".",
    r"POST .*ResourceGraph",
    r"POST login\.|GET login\.",
    r"GET management\.",
    r"vault\.azure\.net/",
    r"/certificates/[^/]+/?$",
    r"diagnosticSettings$",
    r"/apis$",
    r"/policies/policy$",
    r"/policyFragments",
    r"Microsoft\.ApiManagement",
    r"Microsoft\.Sql",
    r"Microsoft\.Security/",
    r"Microsoft\.SecurityInsights",
    r"Microsoft\.KeyVault/vaults/[^/]+/keys",
    r"Microsoft\.Storage",
    r"privateDnsZoneGroups$",
    r"federatedIdentityCredentials$",
    r"maintenanceConfigurations$",
    r"permissions$",
)
EFFECTS: Final = (
    *CODES,
    *ODD,
    "reset",
    "reset",
    "truncate",
    "truncate",
    "malformed",
    "html",
    "empty",
    "expire",
    "delay",
)
ACTIONS: Final = (
    "Microsoft.Insights/diagnosticSettings/read",
    "Microsoft.ApiManagement/service/namedValues/read",
    "Microsoft.ApiManagement/service/*",
    "Microsoft.Sql/servers/*",
    "Microsoft.Security/*",
    "Microsoft.SecurityInsights/*",
    "Microsoft.ContainerService/*",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/read",
    "*/read",
)
VAULTS: Final = ("kv-edge-prod-weu", "kv-apiplatform-prod-weu")

Key = tuple[str, str, str]
"""Rule, casefolded id of the resource, element."""


class Plan(NamedTuple):
    """What goes wrong in one audit."""

    faults: list[Fault]
    rights: Rights
    lifetime: int

    def __str__(self) -> str:
        told = [f"{f.effect} on {f.match} ×{f.times or 'ever'} after {f.skip}" for f in self.faults]
        told += [f"denied {action}" for action, _ in self.rights.denied]
        told += [f"vault {name}: {why}" for name, why in self.rights.vaults.items()]
        return "; ".join([*told, *(["tokens of 2 s"] if self.lifetime < 60 else [])])


def plan_of(seed: int, number: int, paths: list[str]) -> Plan:
    """The plan with this number. `paths` are calls of an audit without faults, some of which are struck alone."""
    rng = random.Random(f"{seed}/{number}")
    faults = []
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        place = rng.choice(PLACES) if rng.random() < 0.6 else "^" + rng.choice(paths) + "$"
        faults.append(
            Fault(
                place,
                rng.choice(EFFECTS),
                times=rng.choice((1, 2, 3, 8, None, None)),
                skip=rng.choice((0, 0, 1, 3, 10, 40)),
                seconds=rng.choice((0.05, 0.5, 2.0)),
                retry_after=rng.choice((None, None, 0, 1, 2)),
            )
        )
    rights = Rights()
    if rng.random() < 0.25:
        rights.denied.append((rng.choice(ACTIONS), "/subscriptions/"))
    if rng.random() < 0.2:
        rights.vaults[rng.choice(VAULTS)] = rng.choice(("rbac", "policy", "firewall"))
    return Plan(faults, rights, 2 if rng.random() < 0.1 else 3600)


class Audited(NamedTuple):
    """One audit, as far as it is compared."""

    code: Any
    outcomes: dict[Key, str]
    derived: set[str]
    gaps: list[dict[str, Any]]
    seconds: float
    err: str
    escaped: str
    violations: list[str]
    calls: list[str]


def audited(estate: Estate, plan: Plan, folder: Path) -> Audited:
    """An audit of the estate while the plan strikes."""
    quota = Quota(window=0.2)  # the real one would only make the runs long
    with local_azure(
        estate, faults=FaultPlan(plan.faults), rights=plan.rights, quota=quota, entra=Entra(lifetime=plan.lifetime)
    ) as azure:
        begun = time.monotonic()
        done = scan(azure, folder, "--time-limit", str(LIMIT / 60), "--quiet")
        return _audited(done, time.monotonic() - begun, azure)


def _audited(done: Done, seconds: float, azure: LocalAzure) -> Audited:
    audit = done.audit or {"findings": [], "gaps": []}
    outcomes = {
        (f["ruleId"], f["resource"]["id"].casefold(), f.get("element") or ""): f["outcome"] for f in audit["findings"]
    }
    derived = {
        f["resource"]["id"].casefold() for f in audit["findings"] if f["resource"]["type"].startswith("auditor/")
    }
    calls = [served.call.name for served in azure.calls]
    return Audited(
        done.code, outcomes, derived, audit["gaps"], seconds, done.err, done.escaped, list(azure.violations), calls
    )


def problems(whole: Audited, found: Audited) -> Iterator[str]:
    """What an audit with faults tells that it must not, and what it keeps to itself."""
    if found.escaped:
        yield f"an exception escaped: {found.escaped.strip().splitlines()[-1]}"
    if "Traceback" in found.err:
        yield "a traceback was printed"
    if found.code not in (0, 1, 3):
        yield f"the exit code is {found.code}"
    if found.code == 3 and not found.outcomes and not found.err.strip():
        yield "there is no audit, and nothing says why"
    yield from (f"violation: {each}" for each in found.violations)
    if found.code != 3 and len(found.outcomes) < len(whole.outcomes) and not found.gaps:
        yield f"findings are missing, there is no gap, and the exit code is {found.code}"
    for key, outcome in found.outcomes.items():
        before = whole.outcomes.get(key)
        if outcome in ("unknown",):
            continue
        if outcome == "error":
            yield f"error: {key}"
        elif before is None and _fits(whole, key, outcome):
            continue
        elif before is None:
            yield f"new {outcome}: {key}"
        elif before != outcome:
            yield f"{before} became {outcome}: {key}"
    if found.code == 3 and not found.outcomes:
        return  # nothing at all could be read, and it was said
    for key in whole.outcomes.keys() - found.outcomes.keys():
        derived = key[1] in whole.derived
        if not any((derived and gap.get("type")) or _covers(gap, key[1]) for gap in found.gaps):
            yield f"missing without a gap: {key}"


def _fits(whole: Audited, key: Key, outcome: str) -> bool:
    """Whether a finding that is new all the same says nothing new.

    A rule of which nobody knows whether it applies passes where it would pass if it did. And where the APIs cannot be
    read, one traffic path stands for many, under an id of its own: it may fail when one of them did, and pass when none
    failed.
    """
    rule, resource, _ = key
    place = "/".join(resource.split("/")[:4]) + "/" if resource.startswith("/trafficpaths/") else resource
    same = [told for (r, id_, _), told in whole.outcomes.items() if r == rule and id_.startswith(place)]
    return "fail" in same if outcome == "fail" else "fail" not in same


def _covers(gap: dict[str, Any], resource: str) -> bool:
    """Whether a gap tells why nothing is said of a resource: it lies in the place, and is of the type or below it.

    What is derived (certificates, paths, log evidence) is also covered by a gap of any type: see the caller.
    """
    what, type_ = gap["what"].casefold(), (gap.get("type") or "").casefold()
    placed = not what.startswith("/") or resource == what or resource.startswith(what.rstrip("/") + "/")
    last = type_.rpartition("/")[2]
    return placed and (not type_ or f"/{last}/" in resource or _is_scope(resource, type_))


def _is_scope(resource: str, type_: str) -> bool:
    return type_ == "microsoft.resources/subscriptions" and resource.count("/") == 2


# ── many ──


class Outcome(NamedTuple):
    runs: int
    failures: list[str]
    slowest: float
    codes: Counter[Any]
    unknown: int
    missing: int


def campaign(count: int, seed: int, *, first: int = 0, jobs: int = 1, say: bool = False) -> Outcome:
    """Plans `first` … `first + count`, each in a process of its own, `jobs` at a time."""
    estate = demo_estate()
    whole = _received(_started(estate, Plan([], Rights(), 3600))[1])  # threads here would not survive the forks
    assert whole is not None
    assert whole.outcomes and not whole.gaps and not whole.violations, (whole.err, whole.gaps, whole.violations)
    paths = sorted({_pattern(name) for name in whole.calls})
    waiting = list(range(first, first + count))
    running: dict[int, tuple[Any, Connection, float]] = {}
    failures: list[str] = []
    codes: Counter[Any] = Counter()
    slowest, unknown, missing = 0.0, 0, 0
    while waiting or running:
        while waiting and len(running) < jobs:
            number = waiting.pop(0)
            running[number] = *_started(estate, plan_of(seed, number, paths)), time.monotonic()
        for number, (process, pipe, begun) in list(running.items()):
            plan = plan_of(seed, number, paths)
            if pipe.poll(0.05):
                found = _received(pipe)
            elif time.monotonic() - begun > PATIENCE:
                found = None
            else:
                continue
            del running[number]
            process.kill()
            process.join()
            told = ["it did not end, or died"] if found is None else list(problems(whole, found))
            if found is not None:
                slowest = max(slowest, found.seconds)
                codes[found.code] += 1
                unknown += sum(outcome == "unknown" for outcome in found.outcomes.values())
                missing += len(whole.outcomes.keys() - found.outcomes.keys())
            failures += [f"plan {number} ({plan}): {each}" for each in told]
            if say:
                print(f"plan {number}: {'; '.join(told[:3]) or 'ok'}  [{plan}]", file=sys.stderr, flush=True)
    return Outcome(count, failures, slowest, codes, unknown, missing)


def _pattern(name: str) -> str:
    """A call as a regular expression."""
    return "".join(f"\\{letter}" if letter in ".()+*?[]{}|^$\\" else letter for letter in name)


def _started(estate: Estate, plan: Plan) -> tuple[Any, Connection]:
    """An audit in a process of its own, and where its outcome will come out."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_one, args=(estate, plan, theirs))
    process.start()
    theirs.close()
    return process, ours


def _received(pipe: Connection) -> Audited | None:
    try:
        found: Audited = pipe.recv()
    except EOFError:
        return None
    return found


def _one(estate: Estate, plan: Plan, pipe: Connection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pipe.send(audited(estate, plan, Path(folder)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.azure.faults", description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="number of the first plan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4)
    given = parser.parse_args()
    begun = time.monotonic()
    outcome = campaign(given.count, given.seed, first=given.first, jobs=given.jobs, say=True)
    print("\n".join(outcome.failures))
    plans = len({failure.partition(" (")[0] for failure in outcome.failures})
    codes = ", ".join(f"{code}: {n}" for code, n in sorted(outcome.codes.items(), key=str))
    print(
        f"{outcome.runs} plans, {plans} with problems; exit codes {codes}; slowest audit {outcome.slowest:.1f} s; "
        f"{outcome.unknown:,} unknown and {outcome.missing:,} missing findings; {time.monotonic() - begun:.0f} s in all"
    )
    sys.exit(bool(outcome.failures))


if __name__ == "__main__":
    main()
