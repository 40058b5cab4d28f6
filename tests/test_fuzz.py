"""Short fuzz runs; `make fuzz` has the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fuzz, fuzz_lenses


@pytest.mark.slow
def test_damaged_inputs_end_in_answers_or_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path / "cache"))
    outcome = fuzz.run(300, seed=20260709, work=tmp_path)
    assert not outcome.failures, outcome.failures[0]
    assert set(outcome.codes) == {0, 1, 2, 3}


@pytest.mark.slow
def test_no_damaged_body_breaks_a_lens() -> None:
    assert sum(fuzz_lenses.follows(*given) for given in fuzz_lenses.rounds(60, seed=20260709))
