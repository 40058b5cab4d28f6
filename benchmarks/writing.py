"""What a report costs for each finding: `python -m benchmarks.writing ESTATE RUNS` prints microseconds by format.

The audit is made once; then every format is written to a file in turns.
"""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import tempfile
import time
from pathlib import Path

from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import open_inventory
from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.pipeline.audit import audit
from auditor.render.formats import render
from auditor.render.options import Options
from auditor.ruleset.loader import load_rules

_CLOCK = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
_SHOWN = frozenset({Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR})


def main(estate: str, runs: int) -> None:
    """Print a line for each format."""
    rules = [bind(rule, _CLOCK) for rule in load_rules()]
    made, findings = audit(rules, open_inventory([estate]), clock=_CLOCK, outcomes=_SHOWN)
    with findings, tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        spent: dict[str, list[float]] = {"json": [], "sarif": []}
        for _ in range(runs):
            for name, times in spent.items():
                times.append(_seconds(made, findings, name, Path(folder) / name))
        for name, times in spent.items():
            count = min(len(findings), Options().sarif_limit) if name == "sarif" else len(findings)
            print(name, 1e6 * statistics.median(times) / count)


def _seconds(made: Audit, findings: Findings, name: str, path: Path) -> float:
    begun = time.process_time()
    with path.open("wb") as out:
        render(made, findings, name, out, Options(outcomes=_SHOWN))
    return time.process_time() - begun


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
