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
from tests.clusters.objects import CANARY, allow
from tests.clusters.server import ADMIN, LIMITED, Server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]

DEMO = "3f1e6b7a-5c2d-4e8f-9a10-b2c3d4e5f601"
RIGHT = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"


def run(estate: Estate, folder: Path, command: str, *options: str) -> tuple[str, list[str]]:
    """A command for the demo subscription with its cluster: what it prints, and what Azure calls a violation."""
    with local_azure(estate) as azure:
        near = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        environment = {**os.environ, **azure.environment(), **near}
        words = [sys.executable, "-m", "auditor", command, "--subscription", DEMO, "--aks", "--select", "kubernetes.*"]
        done = subprocess.run(
            [*words, *options], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode in (1, 3), done.stderr
        return done.stdout, list(map(str, azure.violations))


def scan(estate: Estate, folder: Path) -> tuple[dict[str, object], list[str]]:
    """The audit, and what Azure calls a violation."""
    _, violations = run(estate, folder, "scan", "-o", "audit.json", "-q")
    return json.loads((folder / "audit.json").read_text()), violations


def cluster_of(estate: Estate) -> dict[str, object]:
    kind = "microsoft.containerservice/managedclusters"
    return next(body for body in estate.bodies if str(body.get("type", "")).casefold() == kind)


def tell(estate: Estate, cluster: Server, url: str) -> dict[str, object]:
    """Let Azure say where the cluster is: gives its resource."""
    aks = cluster_of(estate)
    authority = base64.b64encode(cluster.ca.read_bytes()).decode()
    where = {"server": url, "certificate-authority-data": authority}
    user = {"name": "clusterUser", "user": {"token": CANARY}}  # which must not be used
    kubeconfig = {"clusters": [{"name": "c", "cluster": where}], "users": [user]}
    estate.kubeconfigs[str(aks["id"]).casefold()] = yaml.safe_dump(kubeconfig)
    return aks


def test_an_aks_cluster_is_read_with_a_token_of_its_own(cluster: Server, tmp_path: Path) -> None:
    estate = demo_estate()
    with before(cluster, lambda _path, _number: None, token=ADMIN) as proxy:
        aks = tell(estate, cluster, proxy.url)
        audit, violations = scan(estate, tmp_path)
    assert violations == []
    assert not [gap for gap in audit["gaps"] if gap["what"].startswith("/clusters/")], audit["gaps"]  # type: ignore[attr-defined]
    assert audit["scope"]["clusters"] == [aks["name"]]  # type: ignore[index]
    claims = {shown.removeprefix("Bearer ").split(".")[1] for shown in proxy.shown}
    audiences = {json.loads(base64.urlsafe_b64decode(part + "==="))["aud"] for part in claims}
    assert audiences == {KUBERNETES}


def test_what_lacks_in_an_aks_cluster_is_said_before(cluster: Server, tmp_path: Path) -> None:
    allow(cluster, "limited", [{"apiGroups": [""], "resources": ["namespaces", "pods"], "verbs": ["list"]}])
    estate = demo_estate()
    with before(cluster, lambda _path, _number: None, token=LIMITED) as proxy:
        aks = tell(estate, cluster, proxy.url)
        said, violations = run(estate, tmp_path, "preflight", "-f", "json")
    assert violations == []
    here = [right for right in json.loads(said)["rights"] if right["place"] == f"/clusters/{aks['name']}"]
    allowed = {right["right"]: right["allowed"] for right in here}
    assert allowed["list pods"] is True
    assert allowed["list deployments.apps"] is False


def test_a_cluster_that_may_not_be_asked_for_is_a_gap_with_the_right(tmp_path: Path) -> None:
    estate = demo_estate()
    audit, violations = scan(estate, tmp_path)
    assert violations == []
    gaps = [gap for gap in audit["gaps"] if gap["what"] == f"/clusters/{cluster_of(estate)['name']}"]  # type: ignore[attr-defined]
    assert gaps
    assert all(RIGHT in gap["reason"] and gap["kind"] == "forbidden" for gap in gaps)
