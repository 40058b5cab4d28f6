"""Secrets planted in 250 places and more come out of no output, however their fields are spelled."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.render import FORMATS
from auditor.sanitize import sanitized
from tests.azure import canaries
from tests.planted_places import MARK, PLANTED, Planted

SPELLINGS = {"as documented": str, "upper case": str.upper, "lower case": str.lower}


def found_in(data: bytes) -> list[str]:
    """The planted secrets that are in some bytes, in plain or inside of base64."""
    return sorted(set(canaries.found_in(data, MARK)))


def test_there_are_enough_places() -> None:
    assert len(set(PLANTED)) >= 250
    every = [found_in(json.dumps(planted.resource(number).body).encode()) for number, planted in enumerate(PLANTED)]
    assert all(every), "each is found before"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "number", range(len(PLANTED)), ids=lambda number: f"{PLANTED[number].type}-{PLANTED[number].path[-1]}"
)
def test_no_secret_is_left_in_a_resource(number: int, spelling: str) -> None:
    planted: Planted = PLANTED[number]
    if planted.is_kubernetes and spelling != "as documented":
        spelling = "as documented"  # Kubernetes has one spelling; that of kinds is tested elsewhere
    body = sanitized(planted.resource(number, SPELLINGS[spelling])).body
    assert found_in(json.dumps(body).encode()) == []


def test_no_secret_gets_into_an_output(tmp_path: Path) -> None:
    bodies = [planted.resource(number).body for number, planted in enumerate(PLANTED)]
    estate = tmp_path / "estate"
    estate.mkdir()
    (estate / "azure.json").write_text(json.dumps([body for body in bodies if "type" in body and "id" in body]))
    (estate / "cluster.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [body for body in bodies if "id" not in body]})
    )
    out = tmp_path / "out"
    out.mkdir()
    said = b""

    def auditor(*args: str) -> None:
        nonlocal said
        done = subprocess.run(
            [sys.executable, "-m", "auditor", *args], capture_output=True, cwd=tmp_path, check=False,
            env={**os.environ, "AUDITOR_CACHE_DIR": str(tmp_path / "cache")},
        )  # fmt: skip
        assert done.returncode != 2, done.stderr.decode()
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        said += done.stdout + done.stderr

    formats = [name for name in sorted(FORMATS) if name not in ("pdf", "xlsx")]
    written = [part for name in formats for part in ("-f", name, "-o", f"out/report.{name}")]
    shown = ("--as-of", "2026-11-01", "--outcomes", "pass,fail,unknown,error,exempt", "-vv")
    auditor("scan", "--from", "estate", "--save-snapshot", "out/snapshot", *written, *shown)
    auditor("scan", "--from", "estate", "-f", "json", "-o", "out/direct.json", *shown)
    auditor("redact", "out/snapshot", "-o", "out/redacted")
    auditor("gate", "estate/cluster.json", "-f", "json", "-o", "out/gate.json", "-vv")
    auditor("publish", "file", "--folder", "out/drop", "--history", "out/h.db", "out/report.json")
    for form in ("text", "json", "markdown"):
        auditor("diff", "out/report.json", "out/direct.json", "-f", form, "-o", f"out/diff.{form}")
    auditor("report", "out/report.json", "-f", "html", "-o", "out/again.html")
    auditor("certificates", "--from", "estate")
    auditor("paths", "--from", "estate")
    report = json.loads((out / "report.json").read_text())
    assert any(finding["outcome"] == "fail" for finding in report["findings"]), "something is reported"
    leaks = [f"standard output: {secret}" for secret in found_in(said)]
    for file in sorted(path for path in out.rglob("*") if path.is_file()):
        data = file.read_bytes()
        leaks += [
            f"{file.name}: {secret}" for secret in found_in(gzip.decompress(data) if file.suffix == ".gz" else data)
        ]
    assert leaks == []
