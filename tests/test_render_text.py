"""The report for a terminal."""

from __future__ import annotations

import io
import re

import audits

from auditor.model.audit import Audit, Scope
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.model.resource import Origin
from auditor.render.formats import Options, render


def text(audit: Audit, findings: Findings, **options: object) -> str:
    out = io.BytesIO()
    render(audit, findings, "text", out, Options(**options))  # type: ignore[arg-type]
    return out.getvalue().decode()


def test_names_cannot_steer_the_terminal() -> None:
    report = text(*audits.small())
    assert "\x1b" not in report and "\u202e" not in report
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", report)
    assert r"\x1b[2J\u202e" in report


def test_colours_only_when_asked_for() -> None:
    plain, colored = text(*audits.small()), text(*audits.small(), color=True)
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == plain


def test_nothing_evaluated_is_loud_and_never_green() -> None:
    report = text(*audits.nothing(), color=True)
    assert "NOTHING WAS EVALUATED" in report
    assert "\x1b[1;32m" not in report and "No failures" not in report


def test_clean_is_said_only_when_nothing_is_missing() -> None:
    assert "No failures in 1 answer, 1 of 1 rule exercised." in text(*audits.clean())
    audit, findings = audits.audit_of(
        [audits.rule()],
        [audits.finding(audits.rule(), audits.vault("kv"), Outcome.PASS)],
        gaps=[Gap(what="prod", reason="out of reach")],
    )
    report = text(audit, findings, color=True)
    assert "the audit is incomplete: 1 gap." in report
    assert "\x1b[1;32m" not in report


def test_worst_comes_first_and_many_are_counted() -> None:
    report = text(*audits.many(1000, rules=10))
    labels = re.findall(r"^(CRITICAL|HIGH|MEDIUM|LOW|INFO) ", report, re.MULTILINE)
    assert labels == sorted(labels, key=["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"].index)
    assert "… and 95 more" in report
    assert "100 × known only after apply" in report
    assert len(report.splitlines()) < 200


def test_whoever_makes_a_change_is_told_where_each_failure_is() -> None:
    rules = [audits.rule(f"azure.key-vault.question-{n:02}") for n in range(20)]
    failures = [
        audits.finding(rule, audits.vault("kv"), origin=Origin(source="plan", file="main.tf", line=n + 1))
        for n, rule in enumerate(rules)
    ]
    report = text(*audits.audit_of(rules, failures, scope=Scope(resources=1, change=True)))
    assert [line.strip() for line in report.splitlines() if "main.tf" in line] == [
        f"kv (rg-data)  main.tf:{n + 1}" for n in range(20)
    ]


def test_every_line_fits_but_for_names() -> None:
    audit, findings = audits.audit_of(
        [audits.rule()],
        [audits.finding(audits.rule(), audits.vault("kv"), message="many words " * 30)],
        scope=Scope(inputs=("a.json", "b.json", "c.json")),
    )
    assert max(map(len, text(audit, findings, width=60).splitlines())) <= 60


def test_outcomes_can_be_chosen() -> None:
    report = text(*audits.small(), outcomes=frozenset({Outcome.PASS}))
    assert "PASSED" in report and "kv-1 (rg-data)" in report
    assert "EXEMPT" not in report and "kv-2" not in report


def test_gaps_are_counted_on_the_first_lines() -> None:
    """Who reads no further must not take half of an estate for all of it."""
    audit, findings = audits.small()
    first = "\n".join(text(audit, findings).splitlines()[:8])
    assert f" passed · {len(audit.gaps)} gaps" in first
    assert "gap" not in text(*audits.clean())


def test_no_line_is_wider_than_its_terminal_but_for_what_must_stay_whole() -> None:
    for width in (60, 100):
        lines = text(*audits.small(), width=width).splitlines()
        assert all(
            len(line) <= width or len(line.split()) == 1 for line in lines if not line.startswith(("Next", "  "))
        ), width
