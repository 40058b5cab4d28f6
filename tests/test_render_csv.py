"""CSV: one line a finding, stable columns, and no cell that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import audits
import hostile
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.formats import FORMATS, Options, render

COLUMNS = [
    "fingerprint", "rule", "severity", "outcome", "title", "resource", "type", "subscription", "resource_group",
    "namespace", "element", "message", "path", "actual", "expected", "evidence", "unknown_because", "exempt_category",
    "exempt_owner", "exempt_reason", "exempt_until", "source", "address", "file", "line", "controls", "remediation",
    "resource_id", "owner", "first_seen",
]  # fmt: skip


def written(audit: Audit, findings: Findings, **options: Any) -> bytes:
    out = io.BytesIO()
    render(audit, findings, "csv", out, Options(**options))
    assert not out.closed
    return out.getvalue()


def read(document: bytes) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(document.decode(), newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


def test_columns_are_a_contract() -> None:
    """A new column comes last; none goes away or changes its place."""
    assert written(*audits.nothing()) == (",".join(COLUMNS) + "\r\n").encode()


def test_a_line_a_finding() -> None:
    document = written(*audits.small())
    rows = read(document)
    assert document.count(b"\r\n") == len(rows) + 1 == 8
    assert document.count(b"\n") == document.count(b"\r")
    exempt = next(row for row in rows if row["outcome"] == "exempt")
    assert (exempt["exempt_owner"], exempt["exempt_until"]) == ("data@example.org", "2025-04-01")
    assert exempt["controls"] == "cis-azure-6.0:8.3.5; mcsb:DP-8"
    owned = next(row for row in rows if row["owner"])
    assert (owned["owner"], owned["first_seen"]) == ("Team Data <b>", "2024-12-06")
    manifest = next(row for row in rows if row["source"] == "manifest")
    assert (manifest["file"], manifest["line"], manifest["evidence"]) == ("deploy/shop app.yaml", "12", "1")


def test_no_cell_is_a_formula_and_every_name_survives() -> None:
    document = written(*hostile.audit())
    rows = read(document)
    assert len(rows) == 3 * len(hostile.NAMES) == document.count(b"\r\n") - 1
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")) for cell in row.values())
        assert not any(ord(character) < 32 for cell in row.values() for character in cell)
    names = {row["resource"] for row in rows}
    assert {"'@SUM(A1)", "'+1+1", "'-2+3|cmd", "'＝1", r"'\t=1", r"'\r=1", r'a"b,c\r\nd'} <= names


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_reads_back_as_one_safe_cell(name: str) -> None:
    audit, findings = audits.audit_of([audits.rule()], [audits.finding(audits.rule(), audits.vault(name))])
    (row,) = read(written(audit, findings))
    assert row["resource"][0] not in "=+-@\t\r\n"
    assert row["outcome"] == "fail"


def test_outcomes_can_be_chosen() -> None:
    rows = read(written(*audits.small(), outcomes=frozenset({Outcome.PASS})))
    assert [row["resource"] for row in rows] == ["kv-1"]


def test_columns_are_documented() -> None:
    text = (Path(__file__).parent.parent / "docs" / "formats.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z_]+)` \| [^|]+ \|$", text, re.MULTILINE) == COLUMNS
    assert set(re.findall(r"^\| `([a-z]+)` \| (?:`\.\w+`)? ?\|", text, re.MULTILINE)) == set(FORMATS)
