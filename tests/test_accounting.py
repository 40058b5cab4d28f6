"""What became of each element of an input is counted, and an element without an outcome is a difference."""

from __future__ import annotations

from auditor.accounting import MOST_EXAMPLES, Accounting, sum_of


def test_elements_that_end_somewhere_leave_no_difference() -> None:
    accounting = Accounting()
    accounting.expect(5)
    accounting.open()
    accounting.expect(2)
    accounting.resource(3)
    accounting.duplicate()
    accounting.gap()
    accounting.leave_out("data source", "data.azurerm_client_config.x")
    accounting.leave_out("data source", "data.azurerm_client_config.y")
    assert accounting.total == 6
    assert (accounting.resources, accounting.gaps, accounting.duplicates, accounting.left_out) == (2, 1, 1, 2)
    assert accounting.difference == 0
    accounting.expect()
    assert accounting.difference == 1


def test_parts_add_up_and_keep_some_names() -> None:
    parts = []
    for number in range(3):
        part = Accounting()
        part.expect(100)
        for index in range(100):
            part.leave_out("no-op", f"{number}.{index}")
        parts.append(part)
    total = sum_of(parts)
    assert (total.total, total.left_out, total.difference) == (300, 300, 0)
    assert total.not_evaluated["no-op"].examples == [f"0.{index}" for index in range(MOST_EXAMPLES)]
    assert parts[0].not_evaluated["no-op"].count == 100
