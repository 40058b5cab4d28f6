"""The audit as a spreadsheet: summary, findings, rules, gaps. Numbers are numbers, times are times, text is text.

XlsxWriter writes it row by row in flat memory. No text becomes a formula or a link, whatever it begins with.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Final

from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.phrasing import by_severity, count_of, cut, plural, scope_phrases, utc, verdict
from auditor.render.table import COLUMNS, controls_text, row_of, shown

_ROWS: Final = 1_048_576 - 1  # of a sheet, below its header
_CELL: Final = 32_767
_IN_MEMORY: Final = 8 * 1024 * 1024
_WIDTHS: Final = {"title": 50, "message": 60, "resource_id": 60, "remediation": 60, "rule": 40, "type": 36, "what": 60}
_OUTCOMES: Final = tuple(outcome.value for outcome in Outcome)
_RULES: Final = ("rule", "title", "severity", *_OUTCOMES, "exercised", "controls", "could_not_run")
_SETTINGS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "remove_timezone": True,
    "default_date_format": "yyyy-mm-dd hh:mm",
}


def render_xlsx(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the workbook. A sheet holds 1,048,575 findings at most; the summary says how many it leaves out."""
    from xlsxwriter import Workbook

    outcomes = NOTEWORTHY if options.outcomes is None else options.outcomes
    number = sum(finding.outcome in outcomes for finding in findings)
    rules = {run.rule.id: run.rule for run in audit.rules}
    # Written aside first: the bytes of a zip depend on whether its output can seek.
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as aside:
        with Workbook(aside, _SETTINGS) as book:
            book.set_properties({"title": "Audit", "created": utc(audit.as_of).replace(tzinfo=None)})
            bold = book.add_format({"bold": True})
            _summary(book.add_worksheet("Summary"), audit, max(number - _ROWS, 0), bold)
            rows = (row_of(finding, rules[finding.rule_id]) for finding in findings.of(*outcomes))
            _table(book.add_worksheet("Findings"), list(COLUMNS), rows, bold)
            _table(book.add_worksheet("Rules"), _RULES, _rule_rows(audit), bold)
            gaps = ((gap.what, gap.reason, gap.kind, gap.type) for gap in audit.gaps)
            _table(book.add_worksheet("Gaps"), ("what", "reason", "kind", "type"), gaps, bold)
        aside.seek(0)
        shutil.copyfileobj(aside, out)


def _summary(sheet: Any, audit: Audit, left_out: int, bold: Any) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 80)
    for number, (name, value) in enumerate(_facts(audit, left_out)):
        sheet.write_string(number, 0, name, bold)
        _write(sheet, number, 1, value)


def _facts(audit: Audit, left_out: int) -> Iterator[tuple[str, Any]]:
    counts = audit.counts
    yield "verdict", verdict(audit)[1]
    yield "nothing evaluated", audit.nothing_evaluated
    yield "as of (UTC)", utc(audit.as_of)
    yield "auditor", audit.tool_version
    yield "scope", " · ".join(scope_phrases(audit.scope))
    yield from ((f"failed, {severity}", number) for severity, number in by_severity(audit.fail_counts))
    yield from (("failed", counts.fail), ("unknown", counts.unknown), ("error", counts.error))
    yield from (("exempt", counts.exempt), ("passed", counts.passed))
    yield from (("resources", audit.scope.resources), ("rules", len(audit.rules)), ("gaps", len(audit.gaps)))
    if left_out:
        yield "left out", f"{plural(left_out, 'more finding')}: a sheet is full; the JSON report holds all."


def _rule_rows(audit: Audit) -> Iterator[tuple[Any, ...]]:
    for run in audit.rules:
        rule = run.rule
        numbers = [count_of(run.counts, outcome) for outcome in Outcome]
        yield (rule.id, rule.title, rule.severity.value, *numbers, run.exercised, controls_text(rule), run.error)


def _table(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[Any]], bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(header):
        sheet.set_column(column, column, _WIDTHS.get(name, 18))
        sheet.write_string(0, column, name, bold)
    last = 0
    for last, row in zip(range(1, _ROWS + 1), rows, strict=False):
        for column, value in enumerate(row):
            _write(sheet, last, column, value)
    sheet.autofilter(0, 0, last, len(header) - 1)


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif isinstance(value, dt.datetime):
        sheet.write_datetime(row, column, value)
    elif value:
        sheet.write_string(row, column, cut(shown(value), _CELL))
