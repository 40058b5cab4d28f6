"""How often Azure is asked before a call is given up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from azure.core.exceptions import ServiceRequestTimeoutError

from auditor.collect.azure.calls import Gate, ask
from auditor.collect.azure.clouds import CLOUDS
from auditor.collect.azure.graph import Quota
from auditor.collect.azure.replies import CallFailed
from auditor.collect.azure.sign_in import credential
from auditor.collect.collection_journal import Book


def test_a_place_that_never_answers_is_soon_known_for_it(tmp_path: Path) -> None:
    """A private vault out of reach takes the whole time-out for each call: two are enough, and later one."""
    gate = Gate(credential(CLOUDS["AzureCloud"], ["cli"]))
    calls: list[int] = []

    def send() -> tuple[int, dict[str, str], bytes]:
        calls[-1] += 1
        raise ServiceRequestTimeoutError("")

    with Book(tmp_path / "journal", {}) as book:
        for _ in range(6):
            calls.append(0)
            with pytest.raises(CallFailed) as failed:
                ask(send, gate, book, "Key Vault")
            assert failed.value.kind == "unreachable"
    assert calls == [2, 2, 2, 2, 1, 1]


def told(remaining: int, seconds: int) -> dict[str, str]:
    return {"x-ms-user-quota-remaining": str(remaining), "x-ms-user-quota-resets-after": f"00:00:{seconds:02}"}


def test_an_answer_that_comes_late_does_not_speak_of_the_window_that_is(tmp_path: Path) -> None:
    """On a busy machine an answer is read when the window that it counts is over: one query too many is a 429."""
    hasty = Book(tmp_path / "hasty", {}, until=time.monotonic() + 0.1)
    quota, book = Quota(), Book(tmp_path / "patient", {}, until=time.monotonic() + 30)
    first = quota.take(hasty)
    assert first is not None and quota.take(hasty) is None  # until it is known how many
    quota.learn(first, told(1, 1))
    late = quota.take(book)
    time.sleep(1.1)
    second = quota.take(book)  # the first of the next window; `late` may count in it, and is two then
    assert late == first and second is not None and second != first
    quota.learn(second, told(0, 9))
    quota.learn(late, told(1, 1))
    less = Book(tmp_path / "less", {}, until=time.monotonic() + 0.3)
    assert quota.take(less) is None
    for one in (hasty, book, less):
        one.close()


def test_calls_under_way_are_counted_before_a_limit(tmp_path: Path) -> None:
    gate, book = Gate(credential(CLOUDS["AzureCloud"], ["cli"])), Book(tmp_path / "journal", {})
    for _ in range(4):
        assert gate.enter(book)
    gate.leaves(30, reserve=25, refill=25.0)  # enough for all that may enter
    assert not gate.held
    gate.leaves(20, reserve=25, refill=25.0)  # the other three may have taken it to 17
    begun = time.monotonic()
    assert gate.enter(book)
    assert time.monotonic() - begun >= (25 - 17) / 25
    book.close()
