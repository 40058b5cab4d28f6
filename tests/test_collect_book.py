"""The journal of a collection: what it keeps, what it refuses, and how many gaps it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.collect.collection_journal import Book
from auditor.model.errors import ConfigError, InputError
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown

HEAD = {"scope": ["subscription a"]}


def resource(name: str, **properties: object) -> Resource:
    body = {"id": f"/subscriptions/a/{name}", "type": "T/t", "properties": properties}
    return Resource(
        "T/t", body, Origin(source="live"), partial=any(isinstance(v, Unknown) for v in properties.values())
    )


def test_resources_come_in_the_order_of_their_calls(tmp_path: Path) -> None:
    with Book(tmp_path / "j", HEAD) as book:
        book.keep("b page 00001", [resource("3")])
        book.keep("a", [resource("1"), resource("2")], "more")
        for _ in range(2):
            assert [found.id for found in book] == [f"/subscriptions/a/{number}" for number in "123"]
        assert book.kept("a").more == "more"  # type: ignore[union-attr]
        assert book.kept("c") is None


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with Book(tmp_path / "j", HEAD) as book:
        assert book.note("begun", "monday") == "monday"
        book.keep("a", [resource("1", managed=Unknown("why"), plain={"$unknown": "x"})])
    with Book(tmp_path / "j", HEAD) as again:
        assert again.note("begun", "tuesday") == "monday"
        (found,) = again
        assert isinstance(found.body["properties"]["managed"], Unknown)
        assert found.body["properties"]["plain"] == {"$unknown": "x"}
        again.forget("a")
        assert not list(again)


def test_another_collection_is_refused(tmp_path: Path) -> None:
    Book(tmp_path / "j", HEAD).close()
    with pytest.raises(ConfigError, match="another collection"):
        Book(tmp_path / "j", {"scope": ["subscription b"]})


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with Book(tmp_path / "j", HEAD) as first:
        first.keep("a", [resource("1")])
        for fresh in (False, True):
            with pytest.raises(InputError, match="Another auditor") as failed:
                Book(tmp_path / "j", HEAD, fresh=fresh)
            assert "remove" not in failed.value.hint
        assert first.kept("a")


def test_a_fresh_one_begins_anew(tmp_path: Path) -> None:
    with Book(tmp_path / "j", HEAD) as book:
        book.keep("a", [resource("1")])
    with Book(tmp_path / "j", {"scope": ["subscription b"]}, fresh=True) as again:
        assert not list(again)
    (tmp_path / "j").write_text("something else, long enough to be a page of a data base" * 99)
    with Book(tmp_path / "j", HEAD, fresh=True) as again:
        assert not list(again)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "j").write_text("something else, long enough to be a page of a data base" * 99)
    with pytest.raises(InputError, match="cannot be used"):
        Book(tmp_path / "j", HEAD)


def test_very_many_gaps_of_a_type_are_one_for_each_subscription(tmp_path: Path) -> None:
    with Book(tmp_path / "j", HEAD) as book:
        for number in range(600):
            book.gap(Gap(what=f"/subscriptions/A/r/{number}", reason="it answered 503", type="T/t", kind="unreachable"))
        book.gap(Gap(what="/subscriptions/b", reason="gone", type="T/u"))
        assert [(gap.what, gap.type) for gap in book.every_gap()] == [
            ("/subscriptions/a", "T/t"),
            ("/subscriptions/b", "T/u"),
        ]


def test_what_comes_after_the_end_is_dropped(tmp_path: Path) -> None:
    book = Book(tmp_path / "j", HEAD)
    book.close()
    book.keep("late", [resource("1")])
    assert book.kept("late") is None
