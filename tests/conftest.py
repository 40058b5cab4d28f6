"""Fixtures that several files of tests use."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Command


@pytest.fixture
def command(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]) -> Command:
    """`auditor` in the folder of the test; the rules are cached for all tests of this process."""
    return Command(tmp_path, tmp_path_factory.getbasetemp() / "rule-cache", capfd)
