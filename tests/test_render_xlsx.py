"""XLSX: read back by another library, with real types, and without formulas or links."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import audits
import hostile
import openpyxl
import pytest
from openpyxl.workbook import Workbook

from auditor.model.audit import Audit
from auditor.model.finding_store import Findings
from auditor.render import xlsx as module
from auditor.render.formats import Options, render


def written(audit: Audit, findings: Findings, **options: Any) -> bytes:
    out = io.BytesIO()
    render(audit, findings, "xlsx", out, Options(**options))
    return out.getvalue()


def book(audit: Audit, findings: Findings) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(written(audit, findings)))


def test_sheets_have_headers_that_stay_and_filters() -> None:
    made = book(*audits.small())
    assert made.sheetnames == ["Summary", "Findings", "Rules", "Gaps"]
    for name, rows in (("Findings", 7), ("Rules", 5), ("Gaps", 2)):
        sheet = made[name]
        assert sheet.max_row == rows + 1
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:") and sheet.auto_filter.ref.endswith(str(rows + 1))


def test_values_have_real_types() -> None:
    made = book(*audits.small())
    facts = dict(made["Summary"].iter_rows(values_only=True))
    assert facts["as of (UTC)"] == dt.datetime(2025, 1, 15, 8, 0)
    assert facts["nothing evaluated"] is False
    assert facts["failed"] == 4
    header, *rows = made["Findings"].iter_rows(values_only=True)
    lines = [row[header.index("line")] for row in rows]
    assert lines == [None] * 6 + [12]
    header, *rows = made["Rules"].iter_rows(values_only=True)
    assert [row[header.index("exercised")] for row in rows] == [True, True, True, False, False]
    assert [row[header.index("fail")] for row in rows] == [1, 2, 1, 0, 0]


def test_no_text_is_a_formula_or_a_link() -> None:
    made = book(*hostile.audit())
    for sheet in made:
        assert not sheet._hyperlinks
        for row in sheet.iter_rows():
            assert all(cell.data_type in "snbd" and cell.hyperlink is None for cell in row)
    header, *rows = made["Findings"].iter_rows(values_only=True)
    names = {row[header.index("resource")] for row in rows}
    assert {"@SUM(A1)", "+1+1", '=HYPERLINK("http://evil.example","x")', r"\t=1"} <= names
    assert max(len(str(cell)) for row in rows for cell in row) == 32_767


def test_a_full_sheet_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS", 5)
    made = book(*audits.small())
    assert made["Findings"].max_row == 6
    facts = dict(made["Summary"].iter_rows(values_only=True))
    assert facts["left out"].startswith("2 more findings")


def test_the_bytes_do_not_depend_on_where_they_go(tmp_path: Any) -> None:
    class Pipe(io.RawIOBase):
        """An output that cannot seek, like standard output."""

        def __init__(self) -> None:
            self.got = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.got += bytes(data)
            return len(data)

    pipe = Pipe()
    render(*audits.small(), "xlsx", pipe, Options())  # type: ignore[arg-type]
    assert pipe.got == written(*audits.small())
    assert zipfile.ZipFile(io.BytesIO(pipe.got)).testzip() is None
