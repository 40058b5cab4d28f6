"""Fixtures that several files of tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tools
from commands import Command

if TYPE_CHECKING:
    from tests.clusters.server import Server


@pytest.fixture
def command(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]) -> Command:
    """`auditor` in the folder of the test; the rules are cached for all tests of this process."""
    return Command(tmp_path, tmp_path_factory.getbasetemp() / "rule-cache", capfd)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real Kubernetes API server with some objects, one for all tests of the group `cluster`."""
    from tests.clusters.objects import fill
    from tests.clusters.server import running

    with running(tools.kube_apiserver(), tmp_path_factory.mktemp("cluster")) as server:
        fill(server)
        yield server
