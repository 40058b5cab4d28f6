"""How often Azure is asked before a call is given up."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure.core.exceptions import ServiceRequestTimeoutError

from auditor.collect.azure.calls import CallFailed, Gate, ask
from auditor.collect.azure.clouds import CLOUDS
from auditor.collect.azure.sign_in import credential
from auditor.collect.book import Book


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
