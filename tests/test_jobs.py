"""Several jobs are several processes; what they find, and the order of it, is what one finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Command

from auditor.demo.faults import as_found, planted
from auditor.reading.sources import SPLIT_FROM
from tests.paths_of_demo import designed

pytestmark = pytest.mark.slow

DISK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"


@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"], ["--jobs", "5"]])
def test_jobs_change_nothing(jobs: list[str], command: Command, tmp_path: Path) -> None:
    lines = [json.dumps(body) for body in as_found(designed(), planted())]
    lines.insert(50, '{"type": "Microsoft.KeyVault/vaults", "id": ')  # cut off: a gap
    disks = SPLIT_FROM // 200
    lines += [
        json.dumps({"id": f"{DISK}{n}", "type": "Microsoft.Compute/disks", "note": "x" * 200}) for n in range(disks)
    ]
    (tmp_path / "estate.ndjson").write_text("\n".join(lines) + "\n", "utf-8")
    told = ["scan", "--from", "estate.ndjson", "-f", "json", "--as-of", "2026-07-01", "-q"]
    once, several = command(*told, "--jobs", "1"), command(*told, *jobs)
    audit = json.loads(once.stdout)
    assert (audit["paths"], audit["certificates"]) != ([], []), "lenses have something to derive"
    assert len(audit["gaps"]) == 1
    assert several.stdout == once.stdout
    assert (several.returncode, several.stderr) == (once.returncode, once.stderr)
