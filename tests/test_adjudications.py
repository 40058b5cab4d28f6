"""Each adjudication is about one resource and exact outcomes, and explains nothing else."""

from __future__ import annotations

from tests.verdicts import adjudications, explained


def test_entries_are_about_one_row_each() -> None:
    entries = adjudications()
    rows = [(entry.source_rule, entry.resource_name) for entry in entries]
    assert len(entries) > 50
    assert len(set(rows)) == len(rows)


def test_an_entry_hides_no_other_outcome() -> None:
    entries = adjudications()
    entry = next(entry for entry in entries if entry.ours == ("fail",) and entry.theirs == ("pass",))
    assert explained(entries, entry.source_rule, entry.resource_name, "fail", "pass") == entry
    assert explained(entries, entry.source_rule, entry.resource_name, "unknown", "pass") is None
    assert explained(entries, entry.source_rule, entry.resource_name, "fail", "fail") is None
    assert explained(entries, entry.source_rule, "another", "fail", "pass") is None
