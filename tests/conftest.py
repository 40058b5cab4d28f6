"""Fixtures that several files of tests use."""

from __future__ import annotations

import json
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


@pytest.fixture
def command(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]) -> Command:
    """`auditor` in the folder of the test; the rules are cached for all tests of this process."""
    return Command(tmp_path, tmp_path_factory.getbasetemp() / "rule-cache", capfd)


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
