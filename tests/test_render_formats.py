"""What holds for every format: golden files, equal counts, the same bytes twice."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import audits
import openpyxl
import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.audit import Audit
from auditor.model.errors import ConfigError
from auditor.model.finding import Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.render.formats import FORMATS, Options, render

GOLDEN = Path(__file__).parent / "golden"
HERE = [format for format in FORMATS if format != "pdf"]  # that one needs a browser: test_render_html_browser.py


def written_bytes(audit: Audit, findings: Findings, format: str, options: Options | None = None) -> bytes:
    out = io.BytesIO()
    render(audit, findings, format, out, options or Options())
    return out.getvalue()


def written(audit: Audit, findings: Findings, format: str, options: Options | None = None) -> str:
    return written_bytes(audit, findings, format, options).decode()


def cells(book: bytes) -> str:
    """A workbook as text: a line a cell, with its type."""
    sheets = openpyxl.load_workbook(io.BytesIO(book))
    return "".join(
        f"{sheet.title}!{cell.coordinate} {cell.data_type} {cell.value!r}\n"
        for sheet in sheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    )


@pytest.mark.parametrize("format", HERE)
def test_golden(format: str) -> None:
    """Set AUDITOR_UPDATE_GOLDEN=1 to accept what is written now."""
    made = written_bytes(*audits.small(), format)
    text = cells(made) if format == "xlsx" else made.decode()
    if format == "html":  # its style and script have tests of their own; here they would hide the rest
        text = re.sub(r"(<style>|<script>).*?(</style>|</script>\n)", r"\1…\2", text, flags=re.DOTALL)
        text = re.sub(r"sha256-[\w+/=]+", "sha256-…", text)
    path = GOLDEN / f"audit{FORMATS[format].suffix}{'.txt' if format == 'xlsx' else ''}"
    if os.environ.get("AUDITOR_UPDATE_GOLDEN") == "1":
        path.write_text(text, "utf-8", newline="\n")
    assert path.read_bytes().decode() == text


def test_an_unknown_format_is_a_usage_error() -> None:
    with pytest.raises(ConfigError, match="no format 'docx'") as caught:
        written(*audits.clean(), "docx")
    assert "sarif" in caught.value.hint


@st.composite
def random_audits(draw: st.DrawFn) -> tuple[Audit, Findings]:
    rules = [audits.rule(f"azure.area.rule-{n}", draw(st.sampled_from(list(Severity)))) for n in range(4)]
    answers = draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(list(Outcome))), max_size=40))
    names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
    findings = [
        audits.finding(rules[index], audits.vault(draw(names)), outcome, element=draw(st.none() | names))
        for index, outcome in answers
    ]
    return audits.audit_of(rules, findings)


@settings(max_examples=tools.examples(60))
@given(random_audits())
def test_every_format_tells_the_same_counts(made: tuple[Audit, Findings]) -> None:
    audit, findings = made
    counts = {outcome.value: 0 for outcome in Outcome}
    for finding in findings:
        counts[finding.outcome.value] += 1
    shown = {name: number for name, number in counts.items() if name != "pass"}

    document = json.loads(written(audit, findings, "json"))
    assert document["summary"]["counts"] == document["listed"] == counts
    assert sum(document["summary"]["failures"].values()) == counts["fail"]

    (run,) = json.loads(written(audit, findings, "sarif"))["runs"]
    outcomes = [result["properties"]["outcome"] for result in run["results"]]
    assert run["properties"]["summary"]["counts"] == counts
    assert {name: outcomes.count(name) for name in shown} == shown
    assert len(outcomes) == sum(shown.values())

    text = written(audit, findings, "text", Options(width=400))
    failed = re.search(r"^([\d,]+) failures?:", text, re.MULTILINE)
    assert (int(failed[1]) if failed else 0) == counts["fail"]
    others = re.search(
        r"^(\d+) unknown · (\d+) errors? · (\d+) exempt · (\d+) passed(?: · \d+ gaps?)?$", text, re.MULTILINE
    )
    assert others
    assert [int(number) for number in others.groups()] == [counts[n] for n in ("unknown", "error", "exempt", "pass")]

    page = html.unescape(written(audit, findings, "html"))
    tiles = dict(re.findall(r"<dt>(\w+)</dt><dd>(\d+)", page))
    assert sum(int(tiles[severity.value]) for severity in Severity) == counts["fail"]
    assert {name: int(tiles[name]) for name in ("unknown", "error", "exempt")} == {
        name: counts[name] for name in ("unknown", "error", "exempt")
    }
    assert int(tiles["passed"]) == counts["pass"]
    assert {name: page.count(f'<tr role="row" data-outcome="{name}"') for name in shown} == shown


@settings(max_examples=tools.examples(60))
@given(random_audits())
def test_every_format_for_programs_tells_the_same_counts(made: tuple[Audit, Findings]) -> None:
    audit, findings = made
    counts = {outcome.value: 0 for outcome in Outcome}
    for finding in findings:
        counts[finding.outcome.value] += 1
    noteworthy = {name: number for name, number in counts.items() if number and name != "pass"}
    still_open = {name: number for name, number in noteworthy.items() if name != "exempt"}

    pairs = dict(pair.split("=") for pair in written(audit, findings, "line").split())
    assert {name: int(pairs[name]) for name in counts} == counts

    lines = list(csv.DictReader(io.StringIO(written(audit, findings, "csv"), newline="")))
    assert Counter(line["outcome"] for line in lines) == noteworthy

    book = openpyxl.load_workbook(io.BytesIO(written_bytes(audit, findings, "xlsx")))
    header, *rows = book["Findings"].iter_rows(values_only=True)
    assert Counter(row[header.index("outcome")] for row in rows) == noteworthy
    summary = dict(book["Summary"].iter_rows(values_only=True))
    assert [summary[name] for name in ("passed", "failed", "unknown", "error", "exempt")] == list(counts.values())

    suites = [suite for suite in ET.fromstring(written(audit, findings, "junit")) if suite.get("name") != "auditor"]
    totals = {name: sum(int(suite.get(name, "")) for suite in suites) for name in ("tests", "failures", "errors")}
    assert totals == {"tests": sum(counts.values()), "failures": counts["fail"], "errors": counts["error"]}
    skipped = Counter(element.get("type") for suite in suites for element in suite.iter("skipped"))
    assert skipped == {name: counts[name] for name in ("unknown", "exempt") if counts[name]}

    events = [json.loads(line) for line in written(audit, findings, "ocsf").split("\n") if line]
    assert Counter(event["compliance"]["status_code"] for event in events) == +Counter(counts)

    assert len(json.loads(written(audit, findings, "gitlab"))) == sum(still_open.values())

    first, *annotations = written(audit, findings, "github").splitlines()
    left_out = re.search(r"([\d,]+) more findings? without", first)
    assert len(annotations) + (int(left_out[1]) if left_out else 0) == sum(still_open.values())

    page = written(audit, findings, "markdown")
    told = dict(re.findall(r"^### (Failures|Errors|Unknown|Exempt): (\d+)$", page, re.MULTILINE))
    names = {"Failures": "fail", "Errors": "error", "Unknown": "unknown", "Exempt": "exempt"}
    assert {names[name]: int(number) for name, number in told.items()} == noteworthy
    numbers = re.findall(r"^\| ([\d, |]+) \|$", page, re.MULTILINE)
    assert [int(number) for number in numbers[0].split("|")][5:] == [
        counts[name] for name in ("unknown", "error", "exempt", "pass")
    ]


@given(st.lists(st.sampled_from(["::", "::error::x", "##[x]", "##vso[task.x]", "##", " ", "\n", "a"])).map("".join))
def test_no_name_is_a_command_to_ci(name: str) -> None:
    rule = audits.rule(title=f"x {name}")
    audit, findings = audits.audit_of([rule], [audits.finding(rule, audits.vault(name), message=name, element=name)])
    for format in ("text", "line"):
        for line in written(audit, findings, format, Options(width=40)).splitlines():
            assert not re.search(r"^\s*::|##\[|##vso\[", line)


@settings(max_examples=20)
@given(random_audits(), st.sampled_from(HERE))
def test_the_same_bytes_twice(made: tuple[Audit, Findings], format: str) -> None:
    assert written_bytes(*made, format) == written_bytes(*made, format)
