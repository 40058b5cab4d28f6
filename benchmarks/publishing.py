"""What publishing costs: `python -m benchmarks.publishing [--days 365] [--findings 10000] [--many 200000]`.

A year of daily audits of an estate with a hundredth of its findings changing each day: time of a run at the end against
the beginning, size of the history, figures against a plain count. Then many findings at once, by the whole command into
the local Azure of the tests: rate, requests, how full they are, memory.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from auditor.evaluate.finding_writer import fingerprint
from auditor.history.metrics import history
from auditor.history.store import Store
from auditor.model.audit import Audit, Scope
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.publish import outbox
from auditor.publish.chunks import LIMIT
from auditor.render.formats import Options, render
from benchmarks.measure import run

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import audits

_ENDPOINT: Final = "https://dcr-auditor-abcd.westeurope-1.ingest.monitor.azure.com"
_RULE: Final = audits.rule()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publishing", description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--findings", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=200_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        over = _year(Path(folder), given.days, given.findings)
        _many(Path(folder), given.many)
    return over


def _year(folder: Path, days: int, count: int) -> int:
    draw = random.Random(1)
    failing = {number: draw.random() < 0.5 for number in range(count)}
    opened = resolved = 0
    times: list[float] = []
    work: list[float] = []
    sizes: list[int] = []
    with Store(folder / "year.db") as store:
        for day in range(days):
            changed = draw.sample(range(count), count // 100) if day else []
            for number in changed:
                failing[number] = not failing[number]
                opened += failing[number]
                resolved += not failing[number]
            audit, findings = _audit(day, failing)
            begun, worked = time.perf_counter(), time.process_time()
            with findings:
                outbox.record(store, "prod", audit, findings, gzip.compress(b"x" * 1_000_000), {"sink": False})
            outbox.sent(store, [number for number, _row in outbox.waiting(store, "sink")])
            times.append(time.perf_counter() - begun)
            work.append(time.process_time() - worked)
            sizes.append((folder / "year.db").stat().st_size)
        found = history(store, "prod")
    first = sum(one.opened for one in found.severities) - opened
    exact = (sum(one.resolved for one in found.severities), sum(one.open for one in found.severities))
    right = exact == (resolved, sum(failing.values())) and first == found.runs[0].opened
    week = slice(1, 15), slice(-14, None)  # two weeks: in one of them all is sent again, at both ends alike
    early, late = (statistics.mean(work[part]) for part in week)
    begin, end = (statistics.mean(times[part]) for part in week)
    print(f"a run, days 2 to 15                 {early:8.3f} s of the processor, {begin:.3f} s")
    print(f"a run, the last 14 days             {late:8.3f} s of the processor, {end:.3f} s")
    print(f"ratio                               {late / early:8.2f}       goal 1.2 (on the clock {end / begin:.2f})")
    print(f"the history after {days} days         {sizes[-1] / 1e6:8.1f} MB    after the first {sizes[0] / 1e6:.1f} MB")
    print(f"figures                             {'exact' if right else 'WRONG'}")
    return int(not right or late / early > 1.2)


def _audit(day: int, failing: dict[int, bool]) -> tuple[Audit, Findings]:
    found = []
    for number, fails in failing.items():
        place = audits.vault(f"kv-{number}")
        identity = fingerprint(_RULE.id, place.id, None)
        found.append(audits.finding(_RULE, place, Outcome.FAIL if fails else Outcome.PASS, fingerprint=identity))
    kinds = {"Microsoft.KeyVault/vaults": len(failing)}
    scope = Scope(resources=len(failing), resource_types=kinds, subscriptions=(audits.SUBSCRIPTION,))
    audit, findings = audits.audit_of([_RULE], found, scope=scope)
    audit.as_of += dt.timedelta(days=day)
    return audit, findings


def _many(folder: Path, count: int) -> None:
    from tests.azure.ingestion import RULE, publishing_estate
    from tests.azure.local import local_azure

    file = folder / "many.json"
    audit, findings = _audit(0, dict.fromkeys(range(count), True))
    with findings, file.open("wb") as out:
        render(audit, findings, "json", out, Options())
    target = ["--endpoint", _ENDPOINT, "--rule", RULE, "--auth", "secret", "--history", str(folder / "many.db")]
    command = [sys.executable, "-m", "auditor", "publish", "sentinel", str(file), *target]
    with local_azure(publishing_estate()) as azure:
        done: Any = run(command, {**os.environ, **azure.environment()})
        sizes, rows = list(azure.ingestion.requests), len(azure.ingestion.rows)
    full = [size / LIMIT for size in sizes[:-1] or sizes]
    print(f"{rows:,} records published          {done.wall:8.1f} s     {rows / done.wall:,.0f} a second")
    print(
        f"requests                            {len(sizes):8}       {min(full):.1%} to {max(full):.1%} full, last apart"
    )
    print(f"peak memory                         {done.rss:8.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
