"""What fails in a sound input does not disappear from a damaged one (`tests/conservation.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conservation import run


def test_damaged_inputs_lose_nothing(tmp_path: Path) -> None:
    ends, lost = run(400, 0, tmp_path)
    assert lost == []
    assert ends.total() == 400


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_many_damaged_inputs_lose_nothing(part: int, tmp_path: Path) -> None:
    _, lost = run(5_000, 1, tmp_path, first=part * 5_000)
    assert lost == []
