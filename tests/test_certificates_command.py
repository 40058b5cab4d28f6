"""`auditor certificates`: the table, the formats, and that no name in a certificate can leave its place."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from estates_of_certificates import gateway, webhook
from pki import DAY, LEAF, MIDDLE, NOW, ROOT, b64, make, p7

HOSTILE = "=cmd()|\r\nATTENDEE:x\x1b[2J\u202e;,\\" + "ü" * 15


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    hostile = make(HOSTILE, MIDDLE, number=50, sans=["h.b"], end=NOW + 10 * DAY)
    bodies: list[dict[str, Any]] = [
        gateway(p7(LEAF, MIDDLE)),
        gateway(p7(hostile, MIDDLE), ["h.b"], name="agw2"),
        gateway("%%%", name="agw3"),
        webhook(b64(ROOT.pem)),
    ]
    place = tmp_path / "estate.ndjson"
    place.write_text("".join(json.dumps(body) + "\n" for body in bodies), encoding="utf-8")
    return place


def run(*options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "auditor", "certificates", *map(str, options)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    return done


def test_the_table_is_sorted_by_end_and_says_what_was_not_read(estate: Path) -> None:
    done = run("--from", estate, "--as-of", "2026-07-09")
    text = done.stdout.decode()
    assert done.returncode == 0 and "5 certificates as of 2026-07-09 00:00 UTC: 0 expired" in text
    dated = re.findall(r"^(\d{4}-\d{2}-\d{2}) +(\d+) ", text, re.MULTILINE)
    assert [int(days) for _, days in dated] == [10, 150, 1000, 3000]
    assert "not-in-last-third: Certificates in use must not be in the last third of their lifetime" in text
    assert "Could not be read:\n  listener agw3/web: it is not base64" in text
    assert "\x1b" not in text and "\u202e" not in text


@pytest.mark.parametrize("asked", [{}, {"clientCertificate": "in a way of its own"}])
def test_a_saved_handshake_that_says_less_is_shown_all_the_same(tmp_path: Path, asked: dict[str, str]) -> None:
    properties = {"host": "h.b", "chain": LEAF.pem, "tls": ["1.2"], **asked}
    saved = tmp_path / "handshake.json"
    saved.write_text(json.dumps([{"id": "/h", "type": "auditor/handshake", "name": "h.b", "properties": properties}]))
    done = run("--from", saved, "--as-of", "2026-07-09")
    assert done.returncode == 0 and "h.b: TLS 1.2; what it asks of clients is not known" in done.stdout.decode()


def test_as_of_answers_what_will_have_expired(estate: Path) -> None:
    text = run("--from", estate, "--as-of", "2026-12-07").stdout.decode()
    assert "2 expired" in text and re.search(r"^2026-12-06 +expired  api\.contoso\.com", text, re.MULTILINE)


def test_json_says_everything_and_why_something_is_unknown(estate: Path) -> None:
    document = json.loads(run("--from", estate, "--as-of", "2026-07-09", "-f", "json").stdout)
    assert document["asOf"] == "2026-07-09T00:00:00Z" and document["gaps"] == []
    found = {item["id"].rpartition("/")[2]: item for item in document["certificates"]}
    assert found["web"]["notAfter"] == {"unknown": "it is not base64"}
    assert found[LEAF.sha256]["daysLeft"] == 150 and found[LEAF.sha256]["name"] == "api.contoso.com"


def test_csv_calculates_nothing(estate: Path) -> None:
    out = run("--from", estate, "--as-of", "2026-07-30", "-f", "csv").stdout.decode()
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert len(rows) == 5 and rows[0]["daysLeft"] == "-11"
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    assert out.count("\r\n") == 6 and "\x1b" not in out


def unfolded(calendar: bytes) -> list[str]:
    return calendar.replace(b"\r\n ", b"").decode().split("\r\n")


def test_ics_is_folded_escaped_and_keeps_its_identities(estate: Path, tmp_path: Path) -> None:
    target = tmp_path / "ends.ics"
    assert run("--from", estate, "--as-of", "2026-07-09", "-f", "ics", "-o", target).stdout == b""
    calendar = target.read_bytes()
    assert all(len(line) <= 75 for line in calendar.split(b"\r\n"))
    assert b"\n" not in calendar.replace(b"\r\n", b"") and calendar.endswith(b"END:VCALENDAR\r\n")
    for line in calendar.split(b"\r\n"):
        line.decode()  # no character is cut in two
    lines = unfolded(calendar)
    assert lines.count("BEGIN:VEVENT") == 4 == lines.count("END:VEVENT")
    assert not any(line.startswith("ATTENDEE") for line in lines), "a name cannot begin a property"
    known = {"BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "UID", "DTSTAMP", "DTSTART", "SUMMARY", "DESCRIPTION"}
    assert {line.partition(":")[0] for line in lines if line} == known | {"TRANSP"}
    ends = [dt.datetime.strptime(line[8:], "%Y%m%dT%H%M%S%z") for line in lines if line.startswith("DTSTART")]
    assert ends[0] == NOW + 10 * DAY
    identities = [line for line in lines if line.startswith("UID")]
    later = unfolded(run("--from", estate, "--as-of", "2027-07-09", "-f", "ics").stdout)
    assert identities == [line for line in later if line.startswith("UID")] and len(set(identities)) == 4


def test_nothing_named_and_nothing_there(tmp_path: Path) -> None:
    assert run().returncode == 2
    assert run("--from", tmp_path / "none").returncode in (2, 3)
    (tmp_path / "empty.json").write_text("[]")
    assert run("--from", tmp_path / "empty.json", "--as-of", "2026-07-09").stdout.startswith(b"0 certificates")
