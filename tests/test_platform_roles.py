"""What of roles, bindings and workloads is taken for the platform's: the content decides, beside the name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Command

from auditor.kubernetes.platform_roles import bound_to, grants_of
from auditor.model.resource import Origin, Resource
from tests.clusters.server import ADMIN, Server

API = "/apis/rbac.authorization.k8s.io/v1/clusterroles"


def givers(name: str, *rules: dict[str, Any], namespace: str | None = None) -> dict[str, str | None]:
    kind = "Role" if namespace else "ClusterRole"
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    body = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": [*rules]}
    found = grants_of(Resource(f"rbac.authorization.k8s.io/{kind}", body, Origin()))
    return {grant["name"]: grant.get("givenBy") for grant in found}


def rule(resources: list[str], verbs: list[str], groups: list[str] | None = None) -> dict[str, Any]:
    return {"apiGroups": [""] if groups is None else groups, "resources": resources, "verbs": verbs}


def test_each_right_of_a_role_is_judged_by_itself() -> None:
    node = givers("system:node", rule(["configmaps", "secrets"], ["get", "list"]), rule(["secrets"], ["delete", "*"]))
    assert node == {"get, list configmaps": None, "get, list secrets": "kubernetes", "delete, * secrets": None}


def test_the_same_right_in_another_role_or_namespace_is_not_the_platforms() -> None:
    reading = rule(["secrets"], ["get", "list", "watch"])
    assert set(givers("system:nodes", reading).values()) == {None}
    assert set(givers("system:controller:token-cleaner", reading, namespace="kube-system").values()) == {"kubernetes"}
    assert set(givers("system:controller:token-cleaner", reading, namespace="shop").values()) == {None}


def test_another_group_of_the_api_is_another_right() -> None:
    assert set(givers("system:node", rule(["secrets"], ["get"], ["", "example.com"])).values()) == {None}


def test_a_star_is_given_by_a_star_alone() -> None:
    assert givers("cluster-admin", rule(["*"], ["*"], ["*"])) == {"* *": "kubernetes"}
    assert givers("system:controller:resourcequota-controller", rule(["*"], ["*"], ["*"])) == {"* *": None}


def test_rules_of_another_shape_are_kept() -> None:
    body = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": ["x", {"verbs": ["get"]}]}
    assert grants_of(Resource("rbac.authorization.k8s.io/ClusterRole", body, Origin())) == ["x", {"verbs": ["get"]}]
    body = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "subjects": ["x"]}
    assert bound_to(Resource("rbac.authorization.k8s.io/ClusterRoleBinding", body, Origin())) == ["x"]


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_the_default_roles_of_a_real_server_are_its_own_until_somebody_adds_to_them(
    command: Command, cluster: Server, tmp_path: Path
) -> None:
    """`system:aggregate-to-edit` may write endpoints in Kubernetes 1.20, which is a finding (CVE-2021-25740)."""
    view = cluster.ask("GET", f"{API}/system:volume-scheduler").body
    view["rules"].append({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]})
    assert cluster.ask("PUT", f"{API}/system:volume-scheduler", view).status == 200
    kubeconfig = str(cluster.kubeconfig(tmp_path / "kubeconfig", ("prod", ADMIN)))
    select = ("--select", "kubernetes.rbac.no-*", "--select", "kubernetes.rbac.cluster-admin-*")
    command("scan", "--kube-context", "prod", "--kubeconfig", kubeconfig, *select, "-o", "audit.json")
    findings = json.loads((tmp_path / "audit.json").read_text())["findings"]
    failed = {
        (one["ruleId"], one["resource"]["name"])
        for one in findings
        if one["outcome"] != "pass"
        and (one["resource"]["name"].startswith("system:") or ":" in one["resource"]["name"])
    }
    assert failed == {
        ("kubernetes.rbac.no-endpoint-changes", "system:aggregate-to-edit"),
        ("kubernetes.rbac.no-secret-reading", "system:volume-scheduler"),
    }
