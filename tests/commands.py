"""Whole commands in the process of the tests: what starts Python anew for each would take most of the time."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import NamedTuple

import pytest

from auditor.cli import main


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class Command:
    """Runs `auditor` in a folder."""

    def __init__(self, folder: Path, cache: Path, streams: pytest.CaptureFixture[str]) -> None:
        self._folder, self._cache, self._streams = folder, cache, streams

    def __call__(self, *args: str) -> Done:
        kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
        self._streams.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self._folder)
            patch.setenv("AUDITOR_CACHE_DIR", str(self._cache))
            with pytest.raises(SystemExit) as ended:
                main(list(args))
        for number, handler in kept.items():
            signal.signal(number, handler)
        out, err = self._streams.readouterr()
        assert "Traceback" not in err and "has a defect" not in err, err
        return Done(int(ended.value.code or 0), out, err)
