"""The form of rule titles: each states the required condition, and reads right next to the badge of a failed rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from auditor.model.rule import Rule
from tests.bundled import SOURCES

RULES: list[Rule] = [source.rule for source in SOURCES]
LONGEST = 80  # characters that fit on one line of the reports


def test_title_states_the_required_condition() -> None:
    assert _titles(lambda title: len(re.findall(r"\bmust\b", title, re.IGNORECASE)) != 1) == {}


def test_title_is_a_heading() -> None:
    assert _titles(lambda title: not re.match(r"[A-Z0-9]", title)) == {}
    assert _titles(lambda title: title.endswith((".", "!", "?", ":")) or title != " ".join(title.split())) == {}


def test_title_fits_on_one_line() -> None:
    assert _titles(lambda title: len(title) > LONGEST) == {}


def test_no_two_rules_share_a_title() -> None:
    uses = Counter(rule.title.casefold() for rule in RULES)
    assert _titles(lambda title: uses[title.casefold()] > 1) == {}


def _titles(wrong: Callable[[str], bool]) -> dict[str, str]:
    """The titles that are `wrong`, by rule id."""
    return {rule.id: rule.title for rule in RULES if wrong(rule.title)}
