"""Many damaged inputs, and what was lost."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.conservation.files import INPUTS, Case, case_of, write_sound
from tests.conservation.witness import Auditor, Heard, lost
from tests.damage import Random


class Result(NamedTuple):
    """How many inputs were made of each kind, how often each kind of damage was done, and what was lost."""

    kinds: Counter[str]
    damages: Counter[str]
    lost: list[str]


class World:
    """The auditor, what it says of the sound inputs, and a folder for one input at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "conservation"
        self.auditor = Auditor()
        self.sound = {kind: self._sound(kind) for kind in INPUTS}

    def _sound(self, kind: str) -> Heard:
        self._clear()
        return self.auditor.heard(INPUTS[kind].command, write_sound(kind, self.folder))

    def case(self, seed: int, number: int) -> Case:
        """The damaged input with a number, which is always the same."""
        rng = Random(f"{seed} {number}")
        kind = rng.choice(list(INPUTS))
        self._clear()
        return case_of(kind, rng, self.folder)

    def lost(self, case: Case) -> list[str]:
        heard = self.auditor.heard(case.sound.command, case.path, large=case.large)
        return lost(case, heard, self.sound[case.kind])

    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()


def run(count: int, seed: int, folder: Path, first: int = 0) -> Result:
    """Damage so many inputs, from a number on."""
    world, result = World(folder), Result(Counter(), Counter(), [])
    for number in range(first, first + count):
        case = world.case(seed, number)
        result.kinds[case.kind] += 1
        result.damages.update(damage.partition(" ")[0] for damage in case.damage)
        for name in world.lost(case):
            result.lost.append(f"{number}: {name} of {case.kind} ({case.path.name}): {', '.join(case.damage)}")
    return result
