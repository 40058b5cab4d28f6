"""Fixtures that several files of tests use."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tools
from commands import Command
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.azure.command import Auditor, Meet
    from tests.azure.fault_plan import Fault
    from tests.clusters.server import Server

# A verdict on a change must not depend on chance or on how busy the machine is. Where all tests run (`make test`, CI)
# the examples are the same each time; `make unit` looks for new ones.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("patient"), derandomize=True)
settings.load_profile("repeatable" if tools.ALL else "patient")

SELECTED = (
    *("--select", "azure.key-vault.purge-protection"),
    *("--select", "kubernetes.workload.no-privileged-containers"),
)

_SHORT = 40
"""How many short tests of a file a worker takes at once: to assign each by itself takes as long as to run it."""


def pytest_configure(config: pytest.Config) -> None:
    """Commands, workers and the tests themselves share a cache of rules, which is not the user's."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = tempfile.mkdtemp(prefix="auditor-tests-")
        os.environ["AUDITOR_CACHE_DIR"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)  # before the workers look at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest group comes first, then tests that take or wait for seconds. Short ones fill the gaps."""
    items.sort(key=_order)
    for path, tests in itertools.groupby(items, lambda item: item.path if _order(item) == 2 else None):
        for number, item in enumerate(tests if path else ()):
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{number // _SHORT}"))


def _order(item: pytest.Item) -> int:
    if item.get_closest_marker("xdist_group"):
        return 0
    return 1 if item.get_closest_marker("slow") or item.get_closest_marker("browser") else 2


@pytest.fixture
def command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """`auditor` in the folder of the test; the rules are cached for all tests."""
    return Command(tmp_path, capfd)


@pytest.fixture(params=["scan", "gate"])
def audit_of(request: pytest.FixtureRequest, command: Command, tmp_path: Path) -> Any:
    """Audit a path by `scan` and by `gate`: the exit code, what the report holds, and stderr."""

    def run(path: str) -> tuple[int, dict[str, Any], str]:
        given = ["--from", path] if request.param == "scan" else [path]
        (tmp_path / "out.json").unlink(missing_ok=True)
        done = command(request.param, *given, *SELECTED, "-f", "json", "-o", "out.json")
        out = tmp_path / "out.json"
        return done.returncode, json.loads(out.read_text()) if out.exists() else {}, done.stderr

    return run


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real Kubernetes API server with some objects, one for all tests of the group `cluster`."""
    from tests.clusters.objects import fill
    from tests.clusters.server import running

    with running(tools.kube_apiserver(), tmp_path_factory.mktemp("cluster")) as server:
        fill(server)
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of its own."""
    return tmp_path


@pytest.fixture
def admin(cluster: Server, folder: Path) -> Path:
    """A kubeconfig that may do everything in the cluster."""
    from tests.clusters.server import ADMIN

    return cluster.kubeconfig(folder / "admin", ("prod", ADMIN))


@pytest.fixture
def meet(tmp_path: Path) -> Iterator[Meet]:
    """Makes a local Azure and the auditor that meets it. Whatever it asked must have been allowed."""
    from tests.azure.command import Auditor
    from tests.azure.estate import demo_estate
    from tests.azure.fault_plan import FaultPlan
    from tests.azure.local import local_azure

    running: list[Any] = []

    def make(*faults: Fault, **options: Any) -> Auditor:
        context = local_azure(options.pop("estate", None) or demo_estate(), faults=FaultPlan(faults), **options)
        running.append(context)
        running.append(azure := context.__enter__())
        return Auditor(azure, tmp_path)

    yield make
    for context, azure in zip(running[::2], running[1::2], strict=True):
        violations = azure.violations
        context.__exit__(None, None, None)
        assert not violations
