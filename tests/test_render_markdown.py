"""Markdown: never too long, truthful about what it leaves out, and no name becomes markup."""

from __future__ import annotations

import io
import re
from typing import Any

import audits
import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor.history.compare import compare
from auditor.model.audit import Audit, Scope
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.diff import render_diff
from auditor.render.formats import Options, render
from auditor.render.markdown_text import code, prose
from auditor.render.reasons import reason_of

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# What sites make of plain text: mentions, references, addresses, mail addresses.
LINKED = re.compile(r"@\w|[#!~%$&^]\w|://|\bwww\.|\bGH-\d", re.IGNORECASE)
ALLOWED = {"text", "code_inline", "strong_open", "strong_close"}


def written(audit: Audit, findings: Findings, **options: Any) -> str:
    out = io.BytesIO()
    render(audit, findings, "markdown", out, Options(**options))
    return out.getvalue().decode()


def inline(text: str) -> list[Token]:
    tokens = PARSER.parse(text)
    assert {"html_block", "fence", "code_block", "hr", "blockquote_open"}.isdisjoint(t.type for t in tokens)
    return [child for token in tokens for child in token.children or ()]


def check_harmless(text: str) -> None:
    for token in inline(text):
        assert token.type in ALLOWED, token
        assert token.type != "text" or not LINKED.search(token.content), token.content


@pytest.mark.parametrize("make", [audits.small, audits.nothing, audits.clean, hostile.audit])
def test_no_name_becomes_markup(make: Any) -> None:
    audit, findings = make()
    check_harmless(written(audit, findings, outcomes=frozenset(Outcome)))
    changes = compare(hostile.earlier(), (audit, findings))
    check_harmless(written(audit, findings, changes=changes))
    out = io.BytesIO()
    render_diff(compare((audit, findings), hostile.earlier()), "markdown", out)
    check_harmless(out.getvalue().decode())


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    (token,) = inline(f"- x {code(text)}")[1:]
    assert token.type == "code_inline"
    check_harmless(f"- x {prose(text)} y")
    check_harmless(f"x\n\n{'a ' + prose(text)}")


@given(st.text(st.sampled_from("`@a#1[]()!<>&*_\\:/w.~$ \n|"), max_size=40))
def test_texts_made_of_markup_are_shown_as_they_are(text: str) -> None:
    (token,) = inline(f"- x {code(text)}")[1:]
    assert token.type == "code_inline"
    check_harmless(f"- x {prose(text)} y")


def test_it_is_short_enough_whatever_there_is() -> None:
    audit, findings = audits.many(3000, rules=1000)
    text = written(audit, findings)
    assert 50_000 < len(text) < 65_000
    shown = sum(int(number) for number in re.findall(r"`\): (\d+) of \d+$", text, re.MULTILINE))
    left_out = int(re.search(r"and ([\d,]+) more findings$", text, re.MULTILINE)[1].replace(",", ""))  # type: ignore[index]
    assert shown + left_out == 2700
    for made in (hostile.audit(), audits.many(60_000, rules=3)):
        changes = compare(hostile.earlier(), made)
        assert len(written(*made, outcomes=frozenset(Outcome), changes=changes)) < 65_000
    ticks = "`" * 5000
    rule = audits.rule(title="@" * 5000)
    made = audits.audit_of(
        [rule],
        [audits.finding(rule, audits.vault(ticks), outcome, message=ticks, fingerprint=str(n))
         for n in range(40) for outcome in Outcome],
        scope=Scope(inputs=(ticks, "&" * 5000)),
    )  # fmt: skip
    assert len(written(*made, outcomes=frozenset(Outcome))) < 65_000


def test_a_name_of_a_million_letters_is_a_reason_as_any_other() -> None:
    """It would take hours if each letter might begin a name."""
    assert reason_of("x" * 1_000_000 + " kv-123, z") == "x" * 1_000_000 + " …, z"


def test_worst_comes_first_and_changes_before_all() -> None:
    text = written(*audits.small())
    assert text.index("**CRITICAL**") < text.index("**HIGH**") < text.index("**MEDIUM**")
    assert "in `deploy/shop app.yaml:12`" in text
    changed = written(*audits.small(), changes=compare(audits.clean(), audits.small()))
    assert changed.index("### Changes") < changed.index("### Failures")
    assert "### Changes" not in text


def test_nothing_evaluated_is_said_first() -> None:
    assert written(*audits.nothing()).startswith("## Audit\n\nNothing was evaluated.")
