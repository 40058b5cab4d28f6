"""Several jobs are several processes; what they find, and the order of it, is what one finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from commands import Command

from auditor.demo.faults import as_found, planted
from auditor.ingest.sources import SPLIT_FROM
from tests.paths_of_demo import designed

pytestmark = pytest.mark.slow

DISK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"


ROOM: Final = 10_000
"""Bytes of a line that no rule reads: the file is as large as one that is split, and quickly audited."""


def estate(file: Path) -> None:
    """The demo with a line that is cut off, and as many disks as make a file that is read in parts."""
    lines = [json.dumps(body) for body in as_found(designed(), planted())]
    lines.insert(50, '{"type": "Microsoft.KeyVault/vaults", "id": ')  # cut off: a gap
    for number in range(SPLIT_FROM // ROOM):
        disk = {"id": f"{DISK}{number}", "type": "Microsoft.Compute/disks", "note": "x" * ROOM}
        lines.append(json.dumps(disk))
    file.write_text("\n".join(lines) + "\n", "utf-8")
    assert file.stat().st_size >= SPLIT_FROM


def test_jobs_change_nothing(command: Command, tmp_path: Path) -> None:
    estate(tmp_path / "estate.ndjson")
    told = ["scan", "--from", "estate.ndjson", "-f", "json", "--as-of", "2026-07-01", "-q"]
    once = command(*told, "--jobs", "1")
    audit = json.loads(once.stdout)
    assert (audit["paths"], audit["certificates"]) != ([], []), "lenses have something to derive"
    assert len(audit["gaps"]) == 1
    for jobs in ((), ("--jobs", "2"), ("--jobs", "5")):
        several = command(*told, *jobs)
        assert several.stdout == once.stdout
        assert (several.returncode, several.stderr) == (once.returncode, once.stderr)
