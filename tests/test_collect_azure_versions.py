"""In which API version Azure is asked, and what is unknown where a cloud refuses it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from auditor.collect.azure.api_versions import PREVIEWS
from auditor.collect.collection_journal import Book
from auditor.model.resource import Origin, Resource
from tests.azure import api_versions
from tests.azure.collected import DEMO, Collected, azure_of, copies
from tests.azure.estate import Body, Estate, demo_estate
from tests.azure.fault_plan import Fault
from tests.azure.product import scan

RECEIVERS: Final = [
    f"{kind}Receivers"
    for kind in ("email", "sms", "voice", "azureAppPush", "armRole", "webhook", "itsm", "logicApp", "azureFunction")
]
AKS: Final = "Microsoft.ContainerService/managedClusters"
REGISTRY: Final = "Microsoft.ContainerRegistry/registries"
WORKSPACE: Final = "Microsoft.OperationalInsights/workspaces"


# ── what only a preview returns ──


def asked_in(azure: Any, part: str) -> set[str]:
    """The API versions of the calls with this in their name."""
    return {served.call.query["api-version"] for served in azure.asked(part)}


def changed(kind: str, **properties: Any) -> Estate:
    """The demo; the first resource of a type has these properties."""
    estate = demo_estate()
    first = estate.of_type(kind)[0]
    first["properties"] = {**first["properties"], **properties}
    return estate


def outcomes(done: Any, rule: str) -> dict[str, str]:
    assert done.audit, done.err
    return {f["resource"]["name"]: f["outcome"] for f in done.audit["findings"] if f["ruleId"] == rule}


OBJECTS: Final = {"kubernetesResourceObjectEncryptionProfile": {"infrastructureEncryption": "Enabled"}}
LEFT_OUT: Final = (
    (AKS, {"securityProfile": OBJECTS}, "azure.kubernetes-service.etcd-encryption"),
    (
        AKS,
        {"addonProfiles": {}, "azureMonitorProfile": {"containerInsights": {"enabled": True}}},
        "azure.kubernetes-service.container-logs",
    ),
    (
        AKS,
        {"addonProfiles": {}, "azureMonitorProfile": {"containerInsights": {"enabled": True}}},
        "azure.kubernetes-service.monitoring",
    ),
    (
        "Microsoft.Insights/actionGroups",
        {"enabled": True, "incidentReceivers": [{"name": "a"}]} | {name: [] for name in RECEIVERS},
        "azure.monitor.action-group-notifies",
    ),
)
"""Type, properties of which a preview alone returns some, and the rule that they satisfy."""


@pytest.mark.slow
def test_what_resource_graph_leaves_out_is_asked_for(tmp_path: Path) -> None:
    failures = ((400, "NoRegisteredProviderFound"), (403, ""), (503, ""))
    estate, faults, expected = demo_estate(), [], {}
    made: list[Body] = []
    for number, (kind, properties, rule) in enumerate(LEFT_OUT):
        found = copies(estate, kind, 1 + len(failures), **properties)
        for body, outcome in zip(found, ("pass", *["unknown"] * len(failures)), strict=True):
            body["name"] = f"{number}-{body['name']}"
            body["id"] = f"{body['id'].rpartition('/')[0]}/{body['name']}"
            expected[rule, body["name"]] = outcome
        for body, (status, code) in zip(found[1:], failures, strict=True):
            faults.append(Fault(f"{kind}/{body['name']}$", status, code=code))
        made += found
    rules = (word for _, _, rule in LEFT_OUT for word in ("--select", rule))
    with azure_of(Estate([*estate.bodies, *made], estate.groups), *faults) as azure:
        done = scan(azure, tmp_path, *rules, "--time-limit", "1")
        for kind in (AKS, "Microsoft.Insights/actionGroups"):
            assert asked_in(azure, f"{kind}/") == {PREVIEWS[kind].asked}
    assert done.code == 3
    answers = {(rule, name): outcome for _, _, rule in LEFT_OUT for name, outcome in outcomes(done, rule).items()}
    assert {key: answers.get(key) for key in expected} == expected


@pytest.mark.slow
def test_soft_delete_is_asked_for_before_retention_is_demanded(tmp_path: Path) -> None:
    rule = "azure.container-registry.retention-policy"
    policies = {"softDeletePolicy": {"status": "enabled"}, "retentionPolicy": {"status": "disabled"}}
    estate = changed(REGISTRY, policies=policies)
    first = estate.of_type(REGISTRY)[0]
    first["sku"] = {"name": "Premium"}
    with azure_of(estate) as azure:
        assert first["name"] not in outcomes(scan(azure, tmp_path, "--select", rule), rule)
    with azure_of(estate, Fault(f"registries/{first['name']}$", 400, code="InvalidApiVersionParameter")) as azure:
        assert outcomes(scan(azure, tmp_path, "--select", rule), rule)[first["name"]] == "unknown"


@pytest.mark.slow
def test_what_failed_in_the_preview_is_asked_for_again(tmp_path: Path) -> None:
    estate = changed(AKS, addonProfiles={}, azureMonitorProfile={"containerInsights": {"enabled": True}})
    rules = ("--select", "azure.kubernetes-service.container-logs")
    with azure_of(estate, Fault(f"{AKS}/[^/]+$", 403, times=1)) as azure:
        first = Collected(azure, tmp_path, *rules, code=3)
        assert [gap.type for gap in first.gaps] == [None]
        again = Collected(azure, tmp_path, *rules, resume=True)
    assert not again.gaps
    assert len(set(again.ids)) == len(again.ids)


# ── what falls back to the generally available version ──


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes the local Azure know the generally available versions of a type alone."""

    def refuse(kind: str) -> None:
        versions = api_versions.accepted(kind)
        assert versions
        stable = [version for version in versions if "preview" not in version]
        monkeypatch.setitem(api_versions.ACCEPTED, kind.casefold(), " ".join(stable))

    return refuse


def credential(estate: Estate, name: str, **properties: Any) -> Body:
    identity = estate.of_type("Microsoft.ManagedIdentity/userAssignedIdentities")[0]["id"]
    kind = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    issuer = {"issuer": "https://token.actions.githubusercontent.com"}
    return {
        "id": f"{identity}/federatedIdentityCredentials/{name}",
        "name": name,
        "type": kind,
        "properties": {**issuer, **properties},
    }


FLEXIBLE: Final = {"value": "claims['sub'] matches 'repo:contoso/*'", "languageVersion": 1}


@pytest.mark.slow
def test_flexible_credentials_are_unknown_where_only_the_old_version_is_known(tmp_path: Path, refusing: Any) -> None:
    rule, kind = "azure.identity.federated-credential-subject", "federatedIdentityCredentials"
    plain = demo_estate()
    named = credential(plain, "named", subject="system:serviceaccount:payments:api")
    wild = credential(plain, "wild", subject="repo:contoso/*:ref:refs/heads/main")
    flexible = credential(plain, "flexible", claimsMatchingExpression=FLEXIBLE)
    with azure_of(Estate([*plain.bodies, named, wild, flexible], plain.groups)) as azure:
        found = outcomes(scan(azure, tmp_path, "--select", rule), rule)
        assert asked_in(azure, kind) == {"2025-05-31-preview"}
    assert (found["named"], found["wild"], found["flexible"]) == ("pass", "fail", "fail")
    refusing(f"Microsoft.ManagedIdentity/userAssignedIdentities/{kind}")
    cut = copy.deepcopy(flexible)
    del cut["properties"]["claimsMatchingExpression"]  # which the old version does not return
    with azure_of(Estate([*plain.bodies, named, wild, cut], plain.groups)) as azure:
        found = outcomes(scan(azure, tmp_path, "--select", rule), rule)
        assert asked_in(azure, kind) == {"2025-05-31-preview", "2024-11-30"}
        refused = [served for served in azure.asked(kind) if served.status == 400]
        assert len(refused) <= 24  # once, and those that were under way
    assert (found["named"], found["wild"], found["flexible"]) == ("pass", "fail", "unknown")


@pytest.mark.slow
def test_pools_are_read_where_only_the_old_version_is_known(tmp_path: Path, refusing: Any) -> None:
    rule, pools = "azure.kubernetes-service.agent-pool-ssh-disabled", f"{AKS}/agentPools"
    estate = demo_estate()
    for pool in estate.of_type(pools):
        pool["properties"] |= {"osType": "Linux", "securityProfile": {"sshAccess": "Disabled"}}
    refusing(pools)
    with azure_of(estate) as azure:
        done = scan(azure, tmp_path, "--select", rule)
        assert asked_in(azure, "/agentPools") == {"2026-05-02-preview", "2026-05-01"}
    assert set(outcomes(done, rule).values()) == {"pass"}


@pytest.mark.slow
@pytest.mark.parametrize("code", ["InvalidApiVersionParameter", "NoRegisteredProviderFound", "UnsupportedApiVersion"])
def test_connectors_of_a_tenant_may_be_missing_in_the_old_version(tmp_path: Path, code: str, refusing: Any) -> None:
    rule, kind = "azure.defender.alerts-exported", "Microsoft.SecurityInsights/dataConnectors"
    estate = demo_estate()
    exports = ("microsoft.security/automations", kind.casefold())
    kept = Estate([body for body in estate.bodies if body["type"].casefold() not in exports], estate.groups)
    with azure_of(kept) as azure:
        done = scan(azure, tmp_path, "--select", rule)
    assert set(outcomes(done, rule).values()) == {"fail"}
    with azure_of(kept, Fault("/dataConnectors$", 400, code=code, times=1)) as azure:
        done = scan(azure, tmp_path, "--select", rule)
        assert asked_in(azure, "/dataConnectors") == {"2025-07-01-preview", "2025-09-01"}
    assert set(outcomes(done, rule).values()) == {"unknown"}
    assert done.audit
    assert {gap["type"] for gap in done.audit["gaps"]} == {kind}


@pytest.mark.slow
def test_what_the_old_version_may_leave_out_is_still_said_after_a_resumption(tmp_path: Path, refusing: Any) -> None:
    kind = "Microsoft.SecurityInsights/alertRules"
    refusing(kind)
    rules = ("--subscription", DEMO, "--select", "azure.sentinel.*")
    with azure_of(demo_estate()) as azure:
        first = Collected(azure, tmp_path, *rules, code=3)
        again = Collected(azure, tmp_path, *rules, code=3, resume=True)
    assert {gap.type for gap in first.gaps} == {gap.type for gap in again.gaps} == {kind}


# ── the journal ──


def resource(id_: str, **properties: object) -> Resource:
    return Resource("T/t", {"id": id_, "type": "T/t", "properties": properties}, Origin(source="live"))


def test_a_resource_stands_in_place_of_what_resource_graph_gave(tmp_path: Path) -> None:
    with Book(tmp_path / "j", {}) as book:
        book.keep("graph page 0", [resource("/A", more=0), resource("/b")])
        book.replace(resource("/a", more=1), again=True)
        assert not book.is_replaced("/A")
        book.replace(resource("/a", more=2))
        assert book.is_replaced("/A")
        assert [(one.id, one.body["properties"]) for one in book] == [("/b", {}), ("/a", {"more": 2})]
        book.forget("graph ")
        book.keep("graph page 0", [resource("/b")])  # it was deleted meanwhile
        assert [one.id for one in book] == ["/b"]
