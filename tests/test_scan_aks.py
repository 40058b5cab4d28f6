"""AKS clusters of a subscription: a local Azure says where they are, a real API server answers."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.azure.clouds import KUBERNETES
from tests.azure.estate import Estate, demo_estate
from tests.azure.local import local_azure
from tests.clusters.faulty import before
from tests.clusters.objects import CANARY
from tests.clusters.server import ADMIN, Server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]

DEMO = "3f1e6b7a-5c2d-4e8f-9a10-b2c3d4e5f601"
RIGHT = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"


def scan(estate: Estate, folder: Path) -> tuple[dict[str, object], list[str]]:
    """The audit of the demo subscription with its cluster, and what Azure calls a violation."""
    with local_azure(estate) as azure:
        near = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        environment = {**os.environ, **azure.environment(), **near}
        command = [sys.executable, "-m", "auditor", "scan", "--subscription", DEMO, "--aks", "--select", "kubernetes.*"]
        done = subprocess.run(
            [*command, "-o", "audit.json", "-q"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (1, 3), done.stderr
        return json.loads((folder / "audit.json").read_text()), list(map(str, azure.violations))


def cluster_of(estate: Estate) -> dict[str, object]:
    kind = "microsoft.containerservice/managedclusters"
    return next(body for body in estate.bodies if str(body.get("type", "")).casefold() == kind)


def test_an_aks_cluster_is_read_with_a_token_of_its_own(cluster: Server, tmp_path: Path) -> None:
    estate = demo_estate()
    aks = cluster_of(estate)
    with before(cluster, lambda _path, _number: None, token=ADMIN) as proxy:
        authority = base64.b64encode(cluster.ca.read_bytes()).decode()
        where = {"server": proxy.url, "certificate-authority-data": authority}
        user = {"name": "clusterUser", "user": {"token": CANARY}}  # which must not be used
        kubeconfig = {"clusters": [{"name": "c", "cluster": where}], "users": [user]}
        estate.kubeconfigs[str(aks["id"]).casefold()] = yaml.safe_dump(kubeconfig)
        audit, violations = scan(estate, tmp_path)
    assert violations == []
    assert not [gap for gap in audit["gaps"] if gap["what"].startswith("/clusters/")], audit["gaps"]  # type: ignore[attr-defined]
    assert audit["scope"]["clusters"] == [aks["name"]]  # type: ignore[index]
    assert not [gap for gap in audit["gaps"] if gap["what"].startswith("/clusters/")]  # type: ignore[attr-defined]
    claims = {shown.removeprefix("Bearer ").split(".")[1] for shown in proxy.shown}
    audiences = {json.loads(base64.urlsafe_b64decode(part + "==="))["aud"] for part in claims}
    assert audiences == {KUBERNETES}


def test_a_cluster_that_may_not_be_asked_for_is_a_gap_with_the_right(tmp_path: Path) -> None:
    estate = demo_estate()
    audit, violations = scan(estate, tmp_path)
    assert violations == []
    gaps = [gap for gap in audit["gaps"] if gap["what"] == f"/clusters/{cluster_of(estate)['name']}"]  # type: ignore[attr-defined]
    assert gaps
    assert all(RIGHT in gap["reason"] and gap["kind"] == "forbidden" for gap in gaps)
