"""What fails in a sound input does not disappear from a damaged one (`tests/conservation`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.model.finding import Outcome
from tests.conservation.files import INPUTS
from tests.conservation.inputs import NAMES
from tests.conservation.runs import World, run


def test_the_resources_of_every_sound_input_fail(tmp_path: Path) -> None:
    world = World(tmp_path)
    for kind in INPUTS:
        failing = {item.resource.name for item in world.sound[kind].findings if item.outcome is Outcome.FAIL}
        assert failing >= set(NAMES), kind


def test_damaged_inputs_lose_nothing(tmp_path: Path) -> None:
    result = run(400, 0, tmp_path)
    assert result.lost == []
    assert result.kinds.total() == 400


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_many_damaged_inputs_lose_nothing(part: int, tmp_path: Path) -> None:
    result = run(5_000, 1, tmp_path, first=part * 5_000)
    assert result.lost == []
    assert result.kinds.keys() == INPUTS.keys()
