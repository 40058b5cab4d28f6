"""In which API version Azure is asked, and what is unknown where a cloud refuses it."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from click.testing import CliRunner

from auditor.bound import bind
from auditor.cli import root
from auditor.collect.azure.api_versions import PREVIEWS, VERSIONS, version_of
from auditor.collect.azure.version_report import asked_versions
from auditor.collect.book import Book
from auditor.conditions.kept import read_paths
from auditor.model import Origin, Resource
from auditor.rulebook import load_rules
from tests.azure import api_versions, published
from tests.azure.collected import DEMO, Collected, azure_of, copies
from tests.azure.estate import Body, Estate, demo_estate
from tests.azure.fault_plan import Fault
from tests.azure.product import scan

RECEIVERS: Final = [
    f"{kind}Receivers"
    for kind in ("email", "sms", "voice", "azureAppPush", "armRole", "webhook", "itsm", "logicApp", "azureFunction")
]
TODAY: Final = dt.date(2026, 12, 2)
AKS: Final = "Microsoft.ContainerService/managedClusters"
REGISTRY: Final = "Microsoft.ContainerRegistry/registries"
WORKSPACE: Final = "Microsoft.OperationalInsights/workspaces"


def test_no_version_is_older_than_two_years_unless_it_is_the_newest() -> None:
    for kind, version in {**VERSIONS, **PREVIEWS}.items():
        age = TODAY - dt.date.fromisoformat(version.asked[:10])
        assert age.days <= 730 or version.newest, f"{kind} {version.asked}"
    assert VERSIONS["Microsoft.KeyVault/vaults"].asked >= "2026-02-01", "older ones retire on 27 February 2027"


def test_every_preview_says_what_is_unknown_without_it() -> None:
    for kind, version in VERSIONS.items():
        if version.stable and "preview" in version.asked:
            assert version.lacks or version.hides or version.newest, kind


def read_by_rules() -> Iterator[tuple[str, str, str]]:
    """Rule, casefolded type and casefolded path of every field that a rule reads of a resource in `properties`."""
    for rule in load_rules():
        bound = bind(rule, dt.datetime(2026, 12, 2, tzinfo=dt.UTC))
        each = bound.each.segments if bound.each else ()
        nodes = [node for node in (bound.when, bound.condition) if node]
        found = [(kind, path) for kind in bound.types for node in nodes for path in read_paths(node, each)]
        for relation in bound.relations:
            where = read_paths(relation.where) if relation.where else ()
            found += [(kind, path) for path in where for kind in relation.types]
        for kind, path in found:
            text = ".".join(map(str, path)).replace(".[*]", "[*]").rstrip(".").casefold()
            if text.startswith("properties."):
                yield rule.id, kind.casefold(), text


ITEMS_READ_APART: Final = {
    ("microsoft.containerservice/managedclusters", "properties.agentpoolprofiles[*]."): (
        "microsoft.containerservice/managedclusters/agentpools"
    ),
}
"""Lists of a resource whose items a live audit also reads as resources, which rules of their own evaluate."""


def read_apart(kind: str, path: str, read: set[tuple[str, str]]) -> bool:
    """Whether a rule reads the same field of an item that is read as a resource, in a version that has it."""
    for (parent, prefix), child in ITEMS_READ_APART.items():
        field = "properties." + path.removeprefix(prefix)
        if kind == parent and path.startswith(prefix) and (child, field) in read:
            return not published.lacking(child, version_of(child).asked) & {field, field.removesuffix("[*]")}
    return False


def test_the_version_asked_for_has_every_property_that_rules_read() -> None:
    asked = {kind.casefold(): version for kind, version in asked_versions().items() if "#" not in kind}
    more = {kind.casefold(): {path.casefold() for path in found.lacks} for kind, found in PREVIEWS.items()}
    checked, missing = 0, []
    fields = list(read_by_rules())
    read = {(kind, path) for _, kind, path in fields}
    for rule, kind, path in fields:
        version = asked.get(kind) or published.newest_stable(kind)
        places = {path[:end] for end in range(len(path) + 1) if path[end : end + 1] in ("", ".", "[")}
        gone = places & published.lacking(kind, version) - published.outdated(kind)
        checked += bool(published.versions_of(kind))
        if gone and not places & more.get(kind, set()) and not read_apart(kind, path, read):
            missing.append(f"{rule}: {kind} {version} lacks {path}")
    assert checked > 1000
    assert not missing


def test_the_command_prints_type_and_version_and_asks_nobody() -> None:
    done = CliRunner().invoke(root, ["preflight", "--api-versions"])
    found = orjson.loads(done.stdout)
    assert found["Microsoft.ContainerService/managedClusters/maintenanceConfigurations"] == "2026-05-01"
    assert "Microsoft.Insights/actionGroups" not in found, "Resource Graph chooses the version of the whole"
    assert found["Microsoft.Insights/actionGroups#properties.incidentReceivers"] == "2024-10-01-preview"
    assert found["Microsoft.ApiManagement/service/apis/operations/policies"] == "2024-05-01"
    assert all(isinstance(version, str) for version in found.values())
    wrong = CliRunner().invoke(root, ["preflight", "--format", "markdown", "--all"])
    assert wrong.exit_code != 0


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
