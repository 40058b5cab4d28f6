"""A short fuzz run; `make fuzz` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fuzz


@pytest.mark.slow
def test_damaged_inputs_end_in_answers_or_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path / "cache"))
    outcome = fuzz.run(300, seed=20260709, work=tmp_path)
    assert not outcome.failures, outcome.failures[0]
    assert set(outcome.codes) == {0, 1, 2, 3}
