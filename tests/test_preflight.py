"""Which rights lack, asked of a real API server and of a local Azure; and that the shipped ones are enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from commands import Command

from auditor.cli import root
from auditor.collect.azure.permissions import is_granted
from auditor.collect.kubernetes.role import plural_of
from auditor.collect.permission_report import Right, suffering
from tests.azure.estate import demo_estate
from tests.azure.local import local_azure
from tests.azure.product import run
from tests.azure.rights import Rights
from tests.clusters.objects import allow
from tests.clusters.server import LIMITED, READER, Server

ROOT = Path(__file__).resolve().parent.parent
SHIPPED: dict[str, Any] = yaml.safe_load((ROOT / "deploy/kubernetes/cluster-role.yaml").read_text())


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_the_shipped_role_is_enough_and_no_more_than_lists(command: Command, cluster: Server, tmp_path: Path) -> None:
    assert all(rule["verbs"] == ["list"] for rule in SHIPPED["rules"])
    assert not [rule for rule in SHIPPED["rules"] if "secrets" in rule["resources"] or "*" in rule["resources"]]
    allow(cluster, "reader", SHIPPED["rules"])
    kubeconfig = str(cluster.kubeconfig(tmp_path / "kubeconfig", ("prod", READER)))
    done = command("preflight", "--kube-context", "prod", "--kubeconfig", kubeconfig)
    assert done.returncode == 0, done.stdout
    assert "0 of" in done.stdout and "would answer in part." in done.stdout
    seen = len(cluster.requests())
    collected = command("collect", "--kube-context", "prod", "--kubeconfig", kubeconfig, "--output", "snap")
    assert collected.returncode == 0, collected.stderr
    mine = [event for event in cluster.requests()[seen:] if event["user"]["username"] == "reader"]
    assert {event["verb"] for event in mine} == {"get", "list"}


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_what_lacks_in_a_cluster_is_said_by_rule(command: Command, cluster: Server, tmp_path: Path) -> None:
    rules = [rule for rule in SHIPPED["rules"] if rule["apiGroups"] != ["networking.k8s.io"]]
    allow(cluster, "limited", rules)
    kubeconfig = str(cluster.kubeconfig(tmp_path / "kubeconfig", ("prod", LIMITED), ("wrong", "wrong-token")))
    seen = len(cluster.requests())
    done = command("preflight", "--kube-context", "all", "--kubeconfig", kubeconfig, "-f", "json")
    assert done.returncode == 3
    mine = [event for event in cluster.requests()[seen:] if event["user"].get("username") == "limited"]
    assert {(event["verb"], event.get("objectRef", {}).get("resource")) for event in mine} == {
        ("get", None),
        ("create", "selfsubjectaccessreviews"),  # which stores nothing
    }
    answer = json.loads(done.stdout)
    lacking = {
        right["right"] for right in answer["rights"] if right["place"] == "/clusters/prod" and not right["allowed"]
    }
    assert lacking >= {"list ingresses.networking.k8s.io", "list networkpolicies.networking.k8s.io"}
    assert all(right.endswith(".networking.k8s.io") for right in lacking)
    assert {right["allowed"] for right in answer["rights"] if right["place"] == "/clusters/wrong"} == {None}
    told = {one["ruleId"]: {right["place"] for right in one["lacking"]} for one in answer["rules"]}
    assert "/clusters/prod" in told["kubernetes.ingress.explicit-hosts"]
    assert "/clusters/prod" not in told.get("kubernetes.workload.not-privileged", set())


def azure_preflight(rights: Rights, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of a preflight for the demo subscription, and that nothing else was asked of it."""
    with local_azure(demo_estate(), rights=rights) as azure:
        done = run(azure, "preflight", "--all", "-f", "json", *options)
        assert not azure.violations
        reads = {served.call.path.rpartition("/")[2].casefold() for served in azure.asked("GET management")}
    assert reads == {"subscriptions", "permissions"}
    return done.code, json.loads(done.out)


def test_reader_and_key_vault_reader_lack_nothing_but_the_vaults_word() -> None:
    code, answer = azure_preflight(Rights())
    assert code == 3  # who may read certificates is for each vault to say
    doubtful = {right["right"] for right in answer["rights"] if right["allowed"] is not True}
    assert doubtful == {"microsoft.keyvault/vaults/certificates/read"}


@pytest.mark.parametrize(
    ("denied", "suffers", "well"),
    [
        ("Microsoft.ApiManagement/service/read", "azure.api-management.api-https-only", "azure.sql.tde-on"),
        (
            "Microsoft.OperationalInsights/workspaces/query/read",
            "azure.log-evidence.key-vault-audit-logs",
            "azure.sql.tde-on",
        ),
        ("Microsoft.Sql/servers/databases/read", "azure.sql.tde-on", "azure.sql.min-tls"),
    ],
)
def test_a_rule_suffers_from_what_lacks_anywhere_on_its_way(denied: str, suffers: str, well: str) -> None:
    code, answer = azure_preflight(Rights(denied=[(denied, "/subscriptions/")]))
    assert code == 3
    lacking = {right["right"].casefold() for right in answer["rights"] if right["allowed"] is False}
    assert lacking == {denied.casefold()}
    told = [one["ruleId"] for one in answer["rules"] if any(right["allowed"] is False for right in one["lacking"])]
    assert suffers in told
    assert well not in told


def test_what_needs_more_than_reader_is_said_when_it_is_asked_for() -> None:
    _, answer = azure_preflight(Rights(), "--with", "backend-health", "--select", "azure.application-gateway.*")
    lacking = [right["right"] for right in answer["rights"] if right["allowed"] is False]
    assert lacking == ["Microsoft.Network/applicationGateways/backendhealth/action"]


def test_rules_suffer_from_what_they_need() -> None:
    lacks = Right(place="/clusters/a", type="core/pod", right="list pods", allowed=False)
    doubt = Right(place="/clusters/b", type="core/node", right="list nodes", allowed=None, reason="away")
    given = Right(place="/clusters/a", type="core/service", right="list services", allowed=True)
    found = suffering(
        {"x": frozenset({"core/pod", "core/node"}), "y": frozenset({"core/service"})}, [lacks, doubt, given]
    )
    assert [(one.rule_id, one.lacking) for one in found] == [("x", (lacks, doubt))]


@pytest.mark.parametrize(
    ("permissions", "granted"),
    [
        ([{"actions": ["*/read"]}], True),
        ([{"actions": ["*"], "notActions": ["Microsoft.Sql/*"]}], False),
        ([{"actions": ["*"], "notActions": ["Microsoft.Sql/*"]}, {"actions": ["microsoft.sql/servers/READ"]}], True),
        ([{"actions": ["Microsoft.Network/*/read"]}], False),
        ([{"dataActions": ["*"]}], False),
        ([{}], False),
        ([], False),
    ],
)
def test_permissions_are_read_as_azure_does(permissions: list[dict[str, Any]], granted: bool) -> None:
    assert is_granted("Microsoft.Sql/servers/read", permissions) is granted


def test_kinds_have_the_plurals_of_their_definitions() -> None:
    said = {
        "Ingress": "ingresses",
        "NetworkPolicy": "networkpolicies",
        "Gateway": "gateways",
        "Endpoints": "endpoints",
        "HTTPProxy": "httpproxies",
        "PeerAuthentication": "peerauthentications",
        "IngressClass": "ingressclasses",
        "BackendTLSPolicy": "backendtlspolicies",
    }
    assert {kind: plural_of(kind) for kind in said} == said


def test_the_role_grows_with_what_is_asked_for() -> None:
    done = CliRunner().invoke(root, ["preflight", "--cluster-role", "--read-tls-secrets", "--select", "certificates.*"])
    resources = [name for rule in yaml.safe_load(done.stdout)["rules"] for name in rule["resources"]]
    assert "secrets" in resources
    assert "pods" not in resources
