"""Findings on their way to Microsoft Sentinel: whole commands against the local Azure, with what can go wrong there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.publish.chunks import LIMIT
from auditor.publish.columns import COLUMNS, PARSER, TABLE
from tests.azure.estate import demo_estate
from tests.azure.fault_plan import Fault
from tests.azure.ingestion import RULE
from tests.azure.local import LocalAzure, local_azure

ENDPOINT = "https://dcr-auditor-abcd.westeurope-1.ingest.monitor.azure.com"
INGEST = r"POST .*\.ingest\."


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit of the demo estate as found."""
    path = tmp_path_factory.mktemp("audit") / "audit.json"
    auditor("demo", "--format", "json", "--output", str(path), "--quiet")
    return path


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with local_azure(demo_estate()) as running:
        yield running
    assert not running.violations
    assert not running.ingestion.cut


def auditor(*words: str, azure: LocalAzure | None = None, cwd: Path | None = None) -> Any:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "IDENTITY_"))}
    environment = clean | (azure.environment() if azure else {})
    command = [sys.executable, "-m", "auditor", *words]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def publish(azure: LocalAzure, folder: Path, *words: str) -> Any:
    given = ("--endpoint", ENDPOINT, "--rule", RULE, "--estate", "prod", "--auth", "secret")
    return auditor("publish", "sentinel", *given, *words, azure=azure, cwd=folder)


def test_all_of_an_audit_arrives(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    done = publish(azure, tmp_path, str(saved))
    assert done.returncode == 0, done.stderr
    rows = azure.ingestion.rows
    fails = json.loads(saved.read_text())["summary"]["counts"]["fail"]
    assert f"sentinel: {fails + 1} records sent in 1 requests." in done.stderr
    assert [row["RecordType"] for row in rows[-2:]] == ["Finding", "ScanSummary"]
    assert rows[-1]["Records"] == len(rows) - 1 == fails
    known = {column.name for column in COLUMNS}
    assert all(row.keys() <= known for row in rows)


def test_read_back(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    workspace = azure.ingestion.workspace
    words = ("--verify", "--workspace", workspace, "--patience", "0")
    done = publish(azure, tmp_path, str(saved), *words)
    assert done.returncode == 0, done.stderr
    assert "records have arrived" in done.stderr
    del azure.ingestion.rows[3]
    done = publish(azure, tmp_path, str(saved), *words)
    assert done.returncode == 3, done.stderr
    azure.ingestion.rows.pop()
    done = publish(azure, tmp_path, str(saved), *words)
    assert "the summary is missing" in done.stderr


@pytest.mark.parametrize(
    "fault",
    [
        Fault(INGEST, 429, times=2, retry_after=0),
        Fault(INGEST, 503, times=1),
        Fault(INGEST, 403, times=1),
        Fault(INGEST, "reset", times=1),
        Fault(INGEST, "lost", times=1),
    ],
    ids=lambda fault: str(fault.effect),
)
def test_what_passes_is_waited_for(azure: LocalAzure, saved: Path, tmp_path: Path, fault: Fault) -> None:
    azure.faults.faults.append(fault)
    done = publish(azure, tmp_path, str(saved))
    assert done.returncode == 0, done.stderr
    ids = [row["RecordId"] for row in azure.ingestion.rows]
    expected = azure.ingestion.rows[-1]["Records"] + 1
    assert len(set(ids)) == expected
    assert len(ids) == expected * (2 if fault.effect == "lost" else 1)


def test_what_does_not_pass_is_left_for_the_next_run(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    azure.faults.faults.append(Fault(INGEST, 403))
    done = publish(azure, tmp_path, str(saved), "--patience", "0")
    assert done.returncode == 3
    assert "are left for the next run" in done.stderr
    assert "Monitoring Metrics Publisher" in done.stderr
    azure.faults.faults.clear()
    assert publish(azure, tmp_path).returncode == 0
    assert azure.ingestion.rows[-1]["Records"] == len(azure.ingestion.rows) - 1


def test_a_wrong_rule_is_an_error_and_nothing_is_lost(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    done = publish(azure, tmp_path, str(saved), "--rule", "dcr-wrong")
    assert done.returncode == 3
    assert "Error: The endpoint answered 404" in done.stderr
    assert "check --endpoint, --rule and --stream" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_estate_that_is_mended_closes_its_findings(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    mended = tmp_path / "mended.json"
    auditor("demo", "--designed", "--as-of", "2026-11-02T00:00:00Z", "-f", "json", "-o", str(mended), "-q")
    assert publish(azure, tmp_path, str(saved)).returncode == 0
    assert publish(azure, tmp_path, str(mended)).returncode == 0
    standing = run_kql(azure, f"{TABLE} | where RecordType == 'Finding' | summarize arg_max(ScanTime, *) by FindingId")
    assert {row["Status"] for row in standing} == {"Resolved"}


def run_kql(azure: LocalAzure, query: str) -> list[dict[str, Any]]:
    """The rows of a query over what was ingested."""
    names, _types, rows = azure.logs._run(azure.ingestion.workspace, query, None)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_chunks_are_full_and_below_the_limit(azure: LocalAzure, tmp_path: Path) -> None:
    from auditor.publish.chunks import body, chunks

    rows = [(number, b'{"a":"%s"}' % (b"x" * (700 + number % 900))) for number in range(8000)]
    made = list(chunks(rows))
    sizes = [len(b",".join(row for _n, row in chunk)) + 2 for chunk in made]
    assert [row for chunk in made for row in chunk] == rows
    assert all(0.8 * LIMIT <= size <= LIMIT for size in sizes[:-1])
    assert all(len(body([row for _n, row in chunk])) <= LIMIT for chunk in made)
    assert PARSER
