"""A small load; `python -m tests.azure.load` is the large one."""

from __future__ import annotations

import pytest

from tests.azure.load import load


@pytest.mark.slow
def test_a_larger_estate_is_read_without_one_call_too_early() -> None:
    measured = load(30, 100, 100, "--select", "azure.api-management.*", "--select", "azure.network-security-group.*")
    assert measured.code == 0, measured.said
    assert measured.resources > 500 and measured.queries and measured.reads > 250
    assert measured.throttled == 0 and not measured.violations
