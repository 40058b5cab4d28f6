"""Secrets planted in 250 places and more come out of no output, however their fields are spelled."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from zipfile import ZipFile

import pytest

from auditor.collect.collection_journal import Book
from auditor.render.formats import FORMATS
from auditor.sanitize.resources import sanitized
from tests.azure import canaries
from tests.planted_inputs import write
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


EVERY = ("--as-of", "2026-11-01", "--outcomes", "pass,fail,unknown,error,exempt")
WRITTEN = [name for name in sorted(FORMATS) if name != "pdf"]  # which is made of the HTML


class Commands:
    """Runs commands in a folder that has the planted inputs, and keeps what they say. Files go to `out`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, b""
        write(folder)
        (folder / "out").mkdir()

    def run(self, *args: str, code: Collection[int] = (0, 1, 3)) -> None:
        """Run a command, which ends with one of these codes."""
        done = subprocess.run(
            [sys.executable, "-m", "auditor", *args], capture_output=True, cwd=self.folder, check=False,
            env={**os.environ, "AUDITOR_WEBHOOK_SECRET": "s" * 20},
        )  # fmt: skip
        assert done.returncode in code, (args, done.returncode, done.stderr.decode())
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        self.said += done.stdout + done.stderr

    def leaks(self) -> list[str]:
        """Where a planted secret came out, and which."""
        found = [f"messages: {secret}" for secret in found_in(self.said)]
        for file in sorted(path for path in (self.folder / "out").rglob("*") if path.is_file()):
            found += [f"{file.name}: {secret}" for secret in found_in(plain(file))]
        return found


def in_every_format(name: str) -> list[str]:
    """Options for a report in every format."""
    return [part for form in WRITTEN for part in ("-f", form, "-o", f"out/{name}.{form}")]


def plain(file: Path) -> bytes:
    """What a file holds, unpacked."""
    data = file.read_bytes()
    if file.suffix == ".gz":
        return gzip.decompress(data)
    if file.suffix == ".xlsx":
        with ZipFile(file) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return data


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path)


@pytest.mark.slow
def test_no_secret_gets_out_of_a_scan(commands: Commands) -> None:
    commands.run(
        "scan", "--from", "estate", "--save-snapshot", "out/snapshot", *in_every_format("report"), *EVERY, "-vv"
    )
    commands.run("scan", "--from", "lines", "-f", "json", "-o", "out/direct.json", *EVERY, "-vv")
    commands.run("redact", "out/snapshot", "-o", "out/redacted", "--names", "out/names.json")
    report = json.loads((commands.folder / "out/report.json").read_text())
    assert sum(finding["outcome"] == "fail" for finding in report["findings"]) > 50, "something is reported"
    assert len(gzip.decompress(next((commands.folder / "out/snapshot").glob("*.gz")).read_bytes())) > 50_000
    assert commands.leaks() == []


@pytest.mark.slow
def test_no_secret_gets_out_of_what_is_made_of_an_audit(commands: Commands) -> None:
    audits = ("out/report.json", "out/direct.json")
    commands.run("scan", "--from", "estate", "-f", "json", "-o", audits[0], *EVERY)
    commands.run("scan", "--from", "lines", "-f", "json", "-o", audits[1], *EVERY, "--baseline", audits[0])
    for form in ("text", "json", "markdown"):
        commands.run("diff", *audits, "-f", form, "-o", f"out/diff.{form}")
    history = ("--history", "out/h.db")
    commands.run("publish", "file", "--folder", "out/drop", *history, audits[0])
    commands.run("publish", "file", "--folder", "out/drop", "--form", "ocsf", *history, audits[1])
    commands.run("publish", "sentinel", *history, "--dry-run", "--full", audits[0])
    refused = ("webhook", "--url", f"https://localhost:1/{MARK}7Zx9Qw/in?sig={MARK}", "--patience", "0")
    commands.run("publish", *refused, *history, "--dry-run", audits[0])
    commands.run("publish", *refused, *history, audits[0], code=[3])
    commands.run("history", *history)
    commands.run("history", *history, "-f", "json")
    commands.run("report", audits[1], "--baseline", audits[0], *history, *in_every_format("again"))
    assert commands.leaks() == []


@pytest.mark.slow
@pytest.mark.parametrize("change", ["manifests.yaml", "plan.json", "template.json", "what-if.json"])
def test_no_secret_gets_out_of_a_gate(commands: Commands, change: str) -> None:
    estate = ("--against", "estate") if change == "plan.json" else ()
    commands.run("gate", f"changes/{change}", *estate, "-f", "json", "-o", "out/gate.json", "-f", "markdown", *EVERY)
    report = json.loads((commands.folder / "out/gate.json").read_text())
    assert report["findings"], "something is reported"
    assert commands.leaks() == []


@pytest.mark.slow
def test_no_secret_gets_out_of_lists_and_messages(commands: Commands) -> None:
    commands.run("certificates", "--from", "estate", "-f", "json")
    commands.run("paths", "--from", "estate", "-f", "json")
    for name in sorted(path.name for path in (commands.folder / "damaged").iterdir()):
        if not name.startswith("odd-"):
            commands.run("gate", f"damaged/{name}", "-vv", code=[0, 1, 2, 3])
    commands.run("scan", "--from", "damaged", "--save-snapshot", "out/damaged", "-f", "json", *EVERY, "-vv")
    address = f"postgres://u:{MARK}@h/d?sig={MARK}"
    for command in (["scan", "--from"], ["gate"], ["report"], ["redact"], ["exemptions", "check"], ["rules", "show"]):
        commands.run(*command, address, code=[2, 3])
    commands.run("scan", f"--password={MARK}", code=[2])
    assert commands.leaks() == []


def test_no_secret_gets_into_the_journal_of_a_collection(tmp_path: Path) -> None:
    book = Book(tmp_path / "journal", {})
    for number, planted in enumerate(PLANTED):
        book.keep(f"call {number}", [planted.resource(number)])
    kept = list(book)
    book.close()
    assert len(kept) == len(PLANTED)
    assert found_in(json.dumps([resource.body for resource in kept]).encode()) == []
