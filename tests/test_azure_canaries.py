"""Secrets that Azure hands out to a reader come out nowhere: not in snapshots, reports, messages or tracebacks."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tools

from auditor.render.formats import FORMATS
from tests.azure.canaries import canary, found_in, plant
from tests.azure.estate import demo_estate
from tests.azure.fault_plan import Fault, FaultPlan
from tests.azure.local import local_azure
from tests.azure.product import AS_OF, run
from tests.azure.resource_graph import Quota

pytestmark = pytest.mark.slow


def test_a_canary_is_found_in_plain_and_in_base64() -> None:
    for before in range(4):
        inner = base64.b64encode(b"x" * before + canary("here").encode())
        assert found_in(b"<a>" + inner + b"</a>")
    assert found_in(canary("there").encode())
    assert not found_in(b"nothing " + base64.b64encode(b"to see here, whatever one looks at"))


def leaks(folder: Path) -> list[str]:
    """Which file holds what."""
    told = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        data = gzip.decompress(data) if file.suffix == ".gz" else data
        told += [f"{file.name}: {each}" for each in found_in(data)]
    return told


def test_no_secret_gets_into_a_snapshot_or_a_report(tmp_path: Path) -> None:
    with local_azure(plant(demo_estate()), quota=Quota(window=0.2)) as azure:
        done = run(azure, "collect", "--all", "--output", str(tmp_path / "snapshot"), "-vv")
        assert done.code in (0, 3), done.err
        assert not azure.violations
        assert not found_in(done.err.encode()) and azure.entra.secret not in done.err
        assert azure.entra.secret.encode() not in b"".join(
            path.read_bytes() for path in (tmp_path / "snapshot").iterdir()
        )
        formats = [name for name in sorted(FORMATS) if name not in ("pdf", "xlsx")]
        wanted = [part for name in formats for part in ("-f", name, "-o", str(tmp_path / f"report.{name}"))]
        judged = run(
            azure,
            "scan",
            "--from",
            str(tmp_path / "snapshot"),
            "--as-of",
            AS_OF,
            "--outcomes",
            "pass,fail,unknown",
            *wanted,
        )
        assert judged.code in (1, 3), judged.err
    assert leaks(tmp_path) == []
    with gzip.open(next((tmp_path / "snapshot").glob("*.gz"))) as stream:
        assert stream.read().count(b"(removed)") > 20  # they were there, and were taken out


@pytest.mark.parametrize("effect", ["html", "malformed", 500])
def test_what_the_token_endpoint_answers_is_not_printed(effect: int | str) -> None:
    """The libraries under the sign-in log it, with a traceback, and Python prints what nobody handles."""
    with local_azure(demo_estate(), faults=FaultPlan([Fault("POST login", effect)])) as azure:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
        command = [sys.executable, "-m", "auditor", "collect", "--all", "-o", "unwritten"]
        environment = inherited | azure.environment()
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=tools.PATIENCE
        )
    assert done.returncode == 3 and done.stderr.startswith("Error: "), done.stderr
    assert "Traceback" not in done.stderr and "<html>" not in done.stderr and len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("effect", ["malformed", "truncate", 500])
def test_no_secret_gets_into_what_is_said_of_a_failure(tmp_path: Path, effect: int | str) -> None:
    faults = FaultPlan([Fault("GET management|POST .*ResourceGraph|vault", effect, skip=20, times=30)])
    with local_azure(plant(demo_estate()), quota=Quota(window=0.2), faults=faults) as azure:
        done = run(azure, "collect", "--all", "--output", str(tmp_path / "snapshot"), "-vv", "--time-limit", "0.1")
        assert not found_in(done.err.encode()) and azure.entra.secret not in done.err and not done.escaped
    assert leaks(tmp_path) == []
