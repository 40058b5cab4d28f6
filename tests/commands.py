"""Whole commands in the process of the tests: what starts Python anew for each would take most of the time."""

from __future__ import annotations

import functools
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from auditor.cli import main
from auditor.model.rule import Rule
from auditor.ruleset import loader

_rules_of = loader._rules_of


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@functools.cache
def _bundled_rules(root: Path, frameworks: tuple[str, ...]) -> tuple[Rule, ...]:
    return tuple(_rules_of(root, frameworks))


def _rules_of_folder(root: Path, frameworks: Sequence[str]) -> list[Rule]:
    """The rules of a folder. Those of the package do not change during a run: one process reads them once."""
    if root == loader.rules_folder():
        return list(_bundled_rules(root, tuple(frameworks)))
    return _rules_of(root, frameworks)


class Command:
    """Runs `auditor` in a folder."""

    def __init__(self, folder: Path, streams: pytest.CaptureFixture[str]) -> None:
        self._folder, self._streams = folder, streams

    def __call__(self, *args: str) -> Done:
        kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
        self._streams.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self._folder)
            patch.setattr(loader, "_rules_of", _rules_of_folder)
            with pytest.raises(SystemExit) as ended:
                main(list(args))
        for number, handler in kept.items():
            signal.signal(number, handler)
        out, err = self._streams.readouterr()
        assert "Traceback" not in err and "has a defect" not in err, err
        return Done(int(ended.value.code or 0), out, err)
