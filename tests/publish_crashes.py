"""Publishing that is killed, cut off and raced: `python -m tests.publish_crashes --count 500 --seed 1`.

Audits of an estate that changes every day are published to the local Azure, each by processes that are killed at any
moment, meet a full disk, lose the answer to a request, or run twice at once, until one of them gets through. In the end
every record must have arrived, and what the parser shows must be what a history without accidents shows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from auditor.evaluate.finding_writer import fingerprint
from auditor.history.store import Store
from auditor.model.audit import Scope
from auditor.model.finding import Outcome
from auditor.publish import outbox
from auditor.render.formats import Options, render
from tests.azure.fault_plan import Fault
from tests.azure.ingestion import RULE, publishing_estate
from tests.azure.local import LocalAzure, local_azure

sys.path.insert(0, str(Path(__file__).parent))
import audits

ENDPOINT: Final = "https://dcr-auditor-abcd.westeurope-1.ingest.monitor.azure.com"
INGEST: Final = r"POST .*\.ingest\."
_VAULTS: Final = 60
_LONG: Final = "0123456789abcdef" * 400  # so that a day fills more than one request


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.publish_crashes", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="runs that meet an accident")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = accidents(Path(folder), given.count, given.seed)
    print(f"{told}  ({time.monotonic() - begun:.0f} s)")
    return int(bool(told["missing"] or told["doubled"] or told["wrong"]))


def accidents(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Counts of what happened; `missing`, `doubled` and `wrong` must be 0."""
    draw = random.Random(seed)
    done: Counter[str] = Counter()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["auditor.cli.publish", "azure.monitor.ingestion", "azure.identity", "sqlite3"])
    days: list[Path] = []
    with local_azure(publishing_estate()) as azure:
        environment = azure.environment()
        while done.total() < count:
            days.append(_day(folder, len(days), draw))
            while not _published(folder, days[-1], azure, environment, context, draw, done):
                pass
        drained = _run(context, environment, folder, [])
        drained.join()
        rows = list(azure.ingestion.rows)
        assert drained.exitcode == 0, "what was left did not go through"
        names, _types, found = azure.logs._run(azure.ingestion.workspace, parser_query(), None)
    shown = [dict(zip(names, row, strict=True)) for row in found]
    return {**dict(sorted(done.items())), "days": len(days), "rows": len(rows), **_judged(folder, days, rows, shown)}


def parser_query() -> str:
    """The parser function that ships."""
    file = Path(__file__).parent.parent / "reports/sentinel/Parsers/AuditorFindings.yaml"
    return str(yaml.safe_load(file.read_text(encoding="utf-8"))["FunctionQuery"])


def _published(
    folder: Path, audit: Path, azure: LocalAzure, environment: dict[str, str], context: Any, draw: Any, done: Any
) -> bool:
    """One run with an accident; True when it came through with the audit all the same."""
    accident = draw.choice(["kill", "kill", "kill", "full disk", "lost", "reset", "race"])
    done[accident] += 1
    azure.faults.faults.clear()
    if accident in ("lost", "reset"):
        azure.faults.faults.append(Fault(INGEST, accident, times=1, skip=draw.randrange(2)))
    limit = draw.randrange(20_000, 2_000_000) if accident == "full disk" else None
    running = [_run(context, environment, folder, [str(audit)], limit)]
    if accident == "race":
        running.append(_run(context, environment, folder, [str(audit)]))
    if accident == "kill":
        time.sleep(draw.random() ** 2 * 0.6)
        os.kill(running[0].pid, signal.SIGKILL)
    for process in running:
        process.join(60)
        assert process.exitcode is not None, "a run did not end"
    return any(process.exitcode == 0 for process in running)


def _run(context: Any, environment: dict[str, str], folder: Path, audit: list[str], limit: int | None = None) -> Any:
    process = context.Process(target=_child, args=(environment, folder, audit, limit))
    process.start()
    return process


def _child(environment: dict[str, str], folder: Path, audit: list[str], limit: int | None) -> None:
    from auditor.cli import main as auditor

    os.chdir(folder)
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    given = ["--endpoint", ENDPOINT, "--rule", RULE, "--estate", "prod", "--auth", "secret", "--patience", "5"]
    auditor(["publish", "sentinel", *given, *audit])


def _day(folder: Path, number: int, draw: random.Random) -> Path:
    """An audit of a day, saved as JSON: each vault fails, passes, or cannot be told."""
    rule = audits.rule()
    found = []
    for vault in range(_VAULTS):
        kind = draw.choices([Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN], [5, 4, 1])[0]
        place = audits.vault(f"kv-{vault}")
        identity = fingerprint(rule.id, place.id, None)
        text = f"{_LONG}{draw.randrange(2)}"
        found.append(audits.finding(rule, place, kind, fingerprint=identity, message=text))
    seen = Scope(
        resources=_VAULTS, resource_types={"Microsoft.KeyVault/vaults": _VAULTS}, subscriptions=(audits.SUBSCRIPTION,)
    )
    audit, findings = audits.audit_of([rule], found, scope=seen)
    audit.as_of += dt.timedelta(days=number)
    path = folder / f"day-{number}.json"
    with path.open("wb") as out:
        render(audit, findings, "json", out, Options())
    return path


def _judged(folder: Path, days: list[Path], rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> dict[str, int]:
    """What arrived and what the parser shows of it, against a history without accidents."""
    from auditor.render.load import load_audit

    with Store(folder / "reference.db") as store:
        for day in days:
            audit, findings = load_audit(day)
            with findings:
                outbox.record(store, "prod", audit, findings, b"", {"sink": False})
        made = [orjson.loads(row) for _number, row in outbox.waiting(store, "sink")]
    expected = {one["RecordId"]: one for one in made}
    arrived = {row["RecordId"]: {k: v for k, v in row.items() if k != "TimeGenerated"} for row in rows}
    latest = {one["FindingId"]: one["RecordId"] for one in made if one["RecordType"] == "Finding"}
    return {
        "missing": len(expected.keys() - arrived.keys()),
        "doubled": len(shown) - len({one["FindingId"] for one in shown}),
        "wrong": sum(arrived.get(name) != one for name, one in expected.items())
        + ({one["FindingId"]: one["RecordId"] for one in shown} != latest),
        "sent twice": len(rows) - len(arrived),
    }


if __name__ == "__main__":
    sys.exit(main())
