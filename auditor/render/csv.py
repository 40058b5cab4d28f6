"""Findings as CSV (RFC 4180): one line a finding, the columns of `table.COLUMNS`, each a header of its own.

UTF-8 without a byte order mark: programs read this, and to them the mark would be part of the first column's name. Who
opens findings in Excel has `--format xlsx`.
"""

from __future__ import annotations

import csv
import io
from typing import BinaryIO, Final

from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.table import COLUMNS, Cell, row_of, shown

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet calculate a cell; the wide forms count in some languages."""


def render_csv(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write a header and the findings. A cell that a spreadsheet would calculate begins with an apostrophe."""
    outcomes: frozenset[Outcome] = NOTEWORTHY if options.outcomes is None else options.outcomes
    rules = {run.rule.id: run.rule for run in audit.rules}
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in findings.of(*outcomes):
        writer.writerow([_safe(cell) for cell in row_of(finding, rules[finding.rule_id])])
    text.flush()
    text.detach()  # `out` is the caller's to close


def _safe(cell: Cell) -> str:
    text = shown(cell)
    return f"'{text}" if isinstance(cell, str) and cell.startswith(_FORMULA) else text
