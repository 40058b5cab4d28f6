"""What Azure leaves out without a word, or refuses in its own way: each is a gap, or no loss, never an empty answer."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from tests.azure.collected import DEMO, OTHER, Collected, azure_of, copies
from tests.azure.estate import Estate, demo_estate
from tests.azure.fault_plan import Fault
from tests.azure.product import scan
from tests.azure.rights import Rights

pytestmark = pytest.mark.slow

NETWORK = f"/subscriptions/{DEMO}/resourceGroups/rg-network-prod-weu"


def another_subscription(estate: Estate, name: str = OTHER) -> Estate:
    """The same estate and an empty subscription beside it, below the same management group."""
    first = estate.of_type("Microsoft.Resources/subscriptions")[0]
    body = {**copy.deepcopy(first), "id": f"/subscriptions/{name}", "name": "other", "subscriptionId": name}
    return Estate([*estate.bodies, body], {"contoso": [*estate.subscriptions, name]})


def test_rows_too_large_for_a_page_come_in_smaller_pages(tmp_path: Path) -> None:
    estate = demo_estate()
    large = copies(estate, "Microsoft.Network/networkSecurityGroups", 1500, note="x" * 20_000)
    with azure_of(Estate([*estate.bodies, *large], estate.groups)) as azure:
        found = Collected(azure, tmp_path, "--select", "azure.network-security-group.any-*")
        asked = len(azure.asked("ResourceGraph"))
    assert len([id_ for id_ in found.ids if "/copy-" in id_]) == 1500
    assert len(set(found.ids)) == len(found.ids)
    assert asked < 10  # it does not begin with pages that are too large again and again


@pytest.mark.parametrize(("times", "exit_code"), [(1, 0), (None, 3)])
def test_what_is_deleted_while_pages_are_read_hides_nothing_else(
    tmp_path: Path, times: int | None, exit_code: int
) -> None:
    estate = demo_estate()
    many = copies(estate, "Microsoft.Network/networkSecurityGroups", 2500)
    change = Fault("POST .*ResourceGraph", "vanish", times=times, skip=2)  # the scope, then the first page
    with azure_of(Estate([*estate.bodies, *many], estate.groups), change) as azure:
        found = Collected(azure, tmp_path, "--select", "azure.network-security-group.any-*", code=exit_code)
    assert len(set(found.ids)) == len(found.ids)
    if times:
        there = len(estate.of_type("Microsoft.Network/networkSecurityGroups")) + 2500
        assert len(found.of("networkSecurityGroups")) == there - 1
        assert not found.gaps
    else:
        assert ["changed whenever it was read" in gap.reason for gap in found.gaps] == [True]


def test_a_row_that_no_page_can_hold_is_a_gap(tmp_path: Path) -> None:
    estate = demo_estate()
    (huge,) = copies(estate, "Microsoft.Network/networkSecurityGroups", 1, note="x" * 17_000_000)
    with azure_of(Estate([*estate.bodies, huge], estate.groups)) as azure:
        found = Collected(azure, tmp_path, "--select", "azure.network-security-group.any-*", code=3)
    assert {gap.type for gap in found.gaps} == {"microsoft.network/networksecuritygroups"}
    assert "ResponsePayloadTooLarge" in found.gaps[0].reason


def test_who_reads_a_part_of_a_subscription_is_told_so(tmp_path: Path) -> None:
    with azure_of(rights=Rights(only={NETWORK, f"/subscriptions/{DEMO}/resourceGroups/rg-data-prod-weu"})) as azure:
        found = Collected(azure, tmp_path, "--subscription", DEMO, "--select", "azure.virtual-network.*", code=3)
        assert not found.ids
        assert "Reader" in found.done.err  # Resource Graph does not give the subscription


def test_a_type_that_may_not_be_read_is_a_gap_for_the_type_alone(tmp_path: Path) -> None:
    rights = Rights(denied=[("Microsoft.Sql/*", "/subscriptions/")])
    rules = ("--select", "azure.sql.*", "--select", "azure.key-vault.*")
    with azure_of(rights=rights) as azure:
        found = Collected(azure, tmp_path, *rules, code=3)
    assert not found.of("Microsoft.Sql/servers")
    assert all((gap.type or "").casefold().startswith("microsoft.sql/") for gap in found.gaps)
    told = {(gap.type or "").casefold(): gap.reason for gap in found.gaps}
    assert "needs microsoft.sql/servers/read" in told["microsoft.sql/servers"]
    assert "microsoft.sql/servers/auditingsettings" in told


def test_reader_at_a_resource_group_suffices_for_that_group(tmp_path: Path) -> None:
    scope = ("--subscription", DEMO, "--resource-group", "rg-network-prod-weu")
    with azure_of(rights=Rights(only={NETWORK})) as azure:
        found = Collected(azure, tmp_path, *scope, "--select", "azure.network-security-group.any-*")
    assert found.of("networkSecurityGroups")
    assert not found.gaps


def test_deployments_of_a_resource_group_are_part_of_it(tmp_path: Path) -> None:
    scope = ("--subscription", DEMO, "--resource-group", "rg-data-prod-weu", "--select", "azure.deployment.*")
    asked = ("--with", "deployment-history")
    with azure_of() as azure:
        found = Collected(azure, tmp_path, *scope, *asked)
        whole = Collected(azure, tmp_path / "whole", *scope[-2:], *asked)
        unasked = Collected(azure, tmp_path / "unasked", *scope)
    assert [name.rpartition("/")[2] for name in found.of("deployments")] == ["sql-20261014.2"]
    assert sorted(name.rpartition("/")[2] for name in whole.of("deployments")) == ["landing-zone", "sql-20261014.2"]
    assert not found.gaps and not whole.gaps
    assert not unasked.of("deployments") and not unasked.gaps


def test_a_resource_group_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    scope = ("--subscription", DEMO, "--resource-group", "rg-network-prod-weu", "--resource-group", "rg-typo")
    with azure_of() as azure:
        found = Collected(azure, tmp_path, *scope, "--select", "azure.network-security-group.any-*", code=3)
    assert [(gap.what, gap.kind) for gap in found.gaps] == [("resource group rg-typo", "not-found")]
    with azure_of() as azure:
        found = Collected(azure, tmp_path / "none", *scope[:2], "--resource-group", "rg-typo", code=3)
    assert "No resource group" in found.done.err
    assert not found.ids


@pytest.mark.parametrize("scope", [("--management-group", "contoso"), ("--all",), ("--subscription", DEMO)])
def test_a_subscription_that_is_left_out_in_silence_is_a_gap(tmp_path: Path, scope: tuple[str, ...]) -> None:
    """The identity has a role at one resource group of it: Resource Manager names it, Resource Graph does not."""
    group = "/providers/Microsoft.Management/managementGroups/contoso"
    rights = Rights(only={group, f"/subscriptions/{DEMO}", f"/subscriptions/{OTHER}/resourceGroups/x"})
    named = ("--subscription", OTHER) if scope[0] == "--subscription" else ()
    with azure_of(another_subscription(demo_estate()), rights=rights) as azure:
        found = Collected(azure, tmp_path, *scope, *named, "--select", "azure.bastion.*", code=3)
    assert [gap.what for gap in found.gaps if not gap.what.startswith("GET ")] == [f"/subscriptions/{OTHER}"]
    assert found.of("bastionHosts")


def test_a_management_group_that_cannot_be_listed_leaves_a_doubt(tmp_path: Path) -> None:
    rights = Rights(denied=[("Microsoft.Management/managementGroups/*", "/providers/")])
    with azure_of(rights=rights) as azure:
        found = Collected(azure, tmp_path, "--management-group", "contoso", "--select", "azure.bastion.*", code=3)
    (gap,) = found.gaps
    assert "descendants/read" in gap.reason and gap.type is None
    assert found.of("bastionHosts")


def test_what_may_lie_in_another_subscription_is_not_denied(tmp_path: Path) -> None:
    """Sentinel is often in a subscription of its own: who reads one alone cannot say that it has no connector."""
    estate = demo_estate()
    exports = ("microsoft.security/automations", "microsoft.securityinsights/dataconnectors")
    kept = Estate(body for body in estate.bodies if body["type"].casefold() not in exports)
    rule = ("--select", "azure.defender.alerts-exported")
    with azure_of(kept) as azure:
        one = scan(azure, tmp_path, "--subscription", DEMO, *rule)
        every = scan(azure, tmp_path, *rule)
    assert one.audit and every.audit
    assert [found["outcome"] for found in one.audit["findings"]] == ["unknown"]
    assert [found["outcome"] for found in every.audit["findings"]] == ["fail"]


@pytest.mark.parametrize("why", ["firewall", "connection"])
def test_a_vault_that_lets_nobody_in_does_not_ask_for_a_role(tmp_path: Path, why: str) -> None:
    with azure_of(rights=Rights(vaults={"kv-apiplatform-prod-weu": why})) as azure:
        found = Collected(azure, tmp_path, "--select", "certificates.key-vault*", code=3)
    assert found.gaps
    assert all(gap.kind == "unreachable" and "network" in gap.reason for gap in found.gaps)
    assert not any("Reader" in gap.reason for gap in found.gaps)


@pytest.mark.parametrize(("code", "exit_code"), [("CertificateNotFound", 0), ("VaultNotFound", 3)])
def test_a_certificate_that_is_gone_since_it_was_listed_is_no_loss(tmp_path: Path, code: str, exit_code: int) -> None:
    with azure_of(None, Fault("/certificates/aks-ingress", 404, code=code)) as azure:
        found = Collected(azure, tmp_path, "--select", "certificates.key-vault*", code=exit_code)
    assert not any("/certificates/aks-ingress" in id_ for id_ in found.ids)
    assert len(found.of("certificates")) > 2


def test_a_tenant_without_privileged_identity_management_is_neither_a_gap_nor_a_pass(tmp_path: Path) -> None:
    without = Fault("roleAssignmentScheduleInstances", 400, code="AadPremiumLicenseRequired")
    with azure_of(None, without) as azure:
        done = scan(azure, tmp_path, "--select", "azure.identity.privileged-roles-not-permanent")
    assert done.audit is not None
    assert (done.audit["findings"], done.audit["gaps"]) == ([], [])
    with azure_of(None, Fault("roleAssignmentScheduleInstances", 403)) as azure:
        done = scan(azure, tmp_path, "--select", "azure.identity.privileged-roles-not-permanent")
    assert done.audit is not None
    assert [found["outcome"] for found in done.audit["findings"]] == ["unknown"]


def test_a_workspace_without_sentinel_has_no_children_of_it(tmp_path: Path) -> None:
    estate = demo_estate()
    plain = Estate(b for b in estate.bodies if not b["type"].casefold().startswith("microsoft.securityinsights/"))
    with azure_of(plain) as azure:
        assert not Collected(azure, tmp_path, "--select", "azure.sentinel.*").gaps
    with azure_of(plain, Fault("/dataConnectors$", 400)) as azure:  # another error with the same code
        found = Collected(azure, tmp_path, "--select", "azure.defender.alerts-exported", code=3)
    assert {gap.type for gap in found.gaps} == {"Microsoft.SecurityInsights/dataConnectors"}


def test_an_account_for_files_has_no_blobs_and_that_is_no_loss(tmp_path: Path) -> None:
    estate = demo_estate()
    (files,) = copies(estate, "Microsoft.Storage/storageAccounts", 1)
    with azure_of(Estate([*estate.bodies, files | {"kind": "FileStorage"}], estate.groups)) as azure:
        found = Collected(azure, tmp_path, "--select", "azure.storage.*")
    assert found.of("storageAccounts")
    assert not found.gaps


def test_names_with_signs_are_asked_for_as_they_are(tmp_path: Path) -> None:
    estate = demo_estate()
    name = "orders #1 (größer)"
    (odd,) = copies(estate, "Microsoft.Sql/servers/databases", 1)
    odd = odd | {"id": odd["id"].replace(odd["name"], name), "name": name}
    state = {
        "id": f"{odd['id']}/transparentDataEncryption/current",
        "name": "current",
        "type": "Microsoft.Sql/servers/databases/transparentDataEncryption",
        "properties": {"state": "Disabled"},
    }
    with azure_of(Estate([*estate.bodies, odd, state], estate.groups)) as azure:
        done = scan(azure, tmp_path, "--select", "azure.sql.tde-on")
    assert done.audit
    told = {found["resource"]["id"].split("/")[-3]: found["outcome"] for found in done.audit["findings"]}
    assert told[name] == "fail", told
    assert not done.audit["gaps"]


def test_the_name_of_a_subscription_is_no_id(tmp_path: Path) -> None:
    with azure_of() as azure:
        found = Collected(azure, tmp_path, "--subscription", "Production", code=2)
        assert not azure.calls
    assert "no id of a subscription" in found.done.err
