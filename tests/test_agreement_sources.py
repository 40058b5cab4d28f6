"""The demo estate gives the same findings as live answers, as a plan of a real Terraform and as an ARM template."""

from __future__ import annotations

import pytest

from tests.agreement_sources import PAGE, WHY, compare, page
from tests.tools import terraform


@pytest.mark.slow
def test_the_three_sources_agree() -> None:
    found = compare(terraform())
    print(f"{found.rules} rules, {found.answers} answers, {found.share:.2%} the same")
    assert found.share >= 0.99
    assert {row.key[0] for row in found.rows} <= set(WHY), "a new difference: mend it, or say why it must be"
    assert page(found) == PAGE.read_text(), "run python -m tests.agreement_sources --write"
