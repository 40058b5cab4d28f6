"""Earlier audits: the trend, the baseline, and when a failure was first seen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from auditor.cli import root

VAULT = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
RULE = "azure.key-vault.purge-protection"


def scan(folder: Path, day: str, protected: Any, *options: str) -> dict[str, Any]:
    """The one finding of an estate of one vault, on a day; saved in the folder `past`."""
    estate = folder / "estate.json"
    properties = {} if protected is None else {"enablePurgeProtection": protected}
    vault = {"id": VAULT, "type": "Microsoft.KeyVault/vaults", "name": "kv", "properties": properties}
    estate.write_text(json.dumps(vault), "utf-8")
    (folder / "past").mkdir(exist_ok=True)
    to = folder / "past" / f"{day}.json"
    command = ["scan", "--from", str(estate), "--select", RULE, "--as-of", day, "-q", "-f", "json", "-o", str(to)]
    CliRunner().invoke(root, [*command, *options])
    (finding,) = json.loads(to.read_text("utf-8"))["findings"]
    return finding


def past(folder: Path) -> list[str]:
    (folder / "past").mkdir(exist_ok=True)
    return ["--history", str(folder / "past")]


def test_without_an_earlier_audit_nobody_knows(tmp_path: Path) -> None:
    assert "firstSeen" not in scan(tmp_path, "2026-01-01", False)


def test_first_seen_is_carried_on(tmp_path: Path) -> None:
    assert scan(tmp_path, "2026-01-01", False, *past(tmp_path))["firstSeen"] == "2026-01-01T00:00:00Z"
    assert scan(tmp_path, "2026-01-02", False, *past(tmp_path))["firstSeen"] == "2026-01-01T00:00:00Z"
    baseline = ["--baseline", str(tmp_path / "past" / "2026-01-02.json")]
    assert scan(tmp_path, "2026-01-03", False, *baseline)["firstSeen"] == "2026-01-01T00:00:00Z"


def test_what_was_mended_begins_anew(tmp_path: Path) -> None:
    scan(tmp_path, "2026-01-01", False, *past(tmp_path))
    assert "firstSeen" not in scan(tmp_path, "2026-01-02", True, *past(tmp_path))
    assert scan(tmp_path, "2026-01-03", False, *past(tmp_path))["firstSeen"] == "2026-01-03T00:00:00Z"


def test_later_audits_and_other_files_are_left_alone(tmp_path: Path) -> None:
    scan(tmp_path, "2026-03-01", False)
    (tmp_path / "past" / "notes.txt").write_text("no audit", "utf-8")
    assert scan(tmp_path, "2026-01-01", False, *past(tmp_path))["firstSeen"] == "2026-01-01T00:00:00Z"


def rendered(folder: Path, *options: str) -> Result:
    last = folder / "past" / "2026-01-03.json"
    return CliRunner().invoke(root, ["report", str(last), *options])


def test_the_trend_and_what_changed(tmp_path: Path) -> None:
    scan(tmp_path, "2026-01-01", False)
    scan(tmp_path, "2026-01-02", True)
    scan(tmp_path, "2026-01-03", False)
    page = rendered(tmp_path, "-f", "html", *past(tmp_path)).stdout
    assert "Failures over time" in page and "2026-01-01: 1 failed" in page and "2026-01-02: 0 failed" in page
    assert "Since 2026-01-02 00:00 UTC" in page and "<b>1 new</b>" in page


def test_the_trend_of_frameworks_and_what_each_run_did(tmp_path: Path) -> None:
    """From the history that `publish` writes; the first run has none to compare with."""
    (tmp_path / "drop").mkdir()
    store = str(tmp_path / "history.db")
    for day, protected in (("2026-01-01", False), ("2026-01-02", True), ("2026-01-03", False)):
        scan(tmp_path, day, protected)
        saved = str(tmp_path / "past" / f"{day}.json")
        words = ["publish", "file", "--folder", str(tmp_path / "drop"), "--history", store, saved, "-q"]
        assert CliRunner().invoke(root, words).exit_code == 0
    scan(tmp_path, "2026-01-04", True)
    last = str(tmp_path / "past" / "2026-01-04.json")
    page = CliRunner().invoke(root, ["report", last, "-f", "html", "--history", store]).stdout
    rows = re.findall(r'<th scope="row">(2026-01-0\d)[^<]*</th>(.*?)</tr>', page)
    became = {day: re.findall(r">([\d–]+)</td>", cells)[-2:] for day, cells in rows}
    assert became == {
        "2026-01-01": ["1", "0"],
        "2026-01-02": ["0", "1"],
        "2026-01-03": ["1", "0"],
        "2026-01-04": ["0", "1"],
    }
    assert "By framework" in page
    (line,) = re.findall(r'<th scope="row">mcsb</th>.*?points="([^"]*)".*?<td class="none">(\S+)</td></tr>', page)
    assert line == ("0.0,1.0 46.7,23.0 93.3,1.0 140.0,23.0", "-1")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    scan(tmp_path, "2026-01-03", False)
    done = rendered(tmp_path, "--history", str(tmp_path / "absent"))
    assert "is no folder" in str(done.exception)
    (tmp_path / "past" / "broken.json").write_text("{}", "utf-8")
    done = rendered(tmp_path, *past(tmp_path))
    assert "is not a saved audit" in str(done.exception)


def test_a_report_can_come_from_standard_input(tmp_path: Path) -> None:
    scan(tmp_path, "2026-01-03", False)
    saved = (tmp_path / "past" / "2026-01-03.json").read_bytes()
    done = CliRunner().invoke(root, ["report", "-", "-f", "json"], input=saved)
    assert done.stdout_bytes == saved
