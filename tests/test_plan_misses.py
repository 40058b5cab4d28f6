"""What users of other tools report as missed: each a case here, seen in a plan or a template.

The numbers are those of the public reports: `kics#7719` is issue 7719 of Checkmarx/kics.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Command

from auditor.plans.change import Changes
from tests.terraform_plans import item, read, written
from tests.test_plan_false_alarms import PLACE, answers

Tree = dict[str, Any]
SITE: Tree = {"min_tls_version": "1.1", "ftps_state": "AllAllowed"}


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("azurerm_logic_app_standard", {"site_config": [SITE], "client_certificate_mode": "Required"}),
        ("azurerm_function_app", {"site_config": [SITE], "client_cert_mode": "Required"}),
        (
            "azurerm_function_app_flex_consumption",
            {
                "site_config": [{"minimum_tls_version": "1.1"}],
                "client_certificate_enabled": True,
                "client_certificate_mode": "Required",
            },
        ),
    ],
)
def test_newer_and_older_types_of_sites(kind: str, attributes: Tree) -> None:
    """kics#7719, checkov#6143: a check that knows one of the types of App Service alone."""
    changes = read([item(f"{kind}.it", {**PLACE, "name": "it", "https_only": False, **attributes})])
    assert answers("azure.app-service.min-tls", changes) == ["fail"]
    assert answers("azure.app-service.https-only", changes) == ["fail"]
    assert answers("azure.app-service.client-certificates", changes) == ["pass"]


@pytest.mark.parametrize(
    ("attributes", "unknown", "expected"),
    [
        ({"public_network_access": "Disabled"}, {}, "pass"),
        ({"public_network_access": "Enabled"}, {}, "fail"),
        ({"site_config": [{"public_network_access_enabled": False}]}, {"public_network_access": True}, "pass"),
        ({"client_certificate_mode": None}, {"site_config": True}, "fail"),
    ],
)
def test_public_access_of_logic_apps(attributes: Tree, unknown: Tree, expected: str) -> None:
    """azure-policy#949: two attributes say it, and what azurerm computes says nothing."""
    after = {**PLACE, "name": "it", **attributes}
    address = "azurerm_logic_app_standard.it"
    changes = read([item(address, after, unknown=unknown)], [written(address, name="it")])
    assert answers("azure.app-service.public-access-off", changes) == [expected]


def machine(kind: str, attributes: Tree) -> Changes:
    return read([item(f"{kind}.it", {**PLACE, "name": "it", **attributes})])


@pytest.mark.parametrize(
    ("kind", "passwords"),
    [
        (
            "azurerm_orchestrated_virtual_machine_scale_set",
            lambda keys: {"os_profile": [{"linux_configuration": [{"disable_password_authentication": keys}]}]},
        ),
        (
            "azurerm_virtual_machine",
            lambda keys: {"os_profile_linux_config": [{"disable_password_authentication": keys}]},
        ),
        (
            "azurerm_virtual_machine_scale_set",
            lambda keys: {"os_profile_linux_config": [{"disable_password_authentication": keys}]},
        ),
    ],
)
def test_flexible_scale_sets_and_classic_machines(kind: str, passwords: Callable[[bool], Tree]) -> None:
    """azurerm#28926: a type of machines that nobody had read."""
    assert answers("azure.virtual-machine.ssh-keys-only", machine(kind, passwords(False))) == ["fail"]
    assert answers("azure.virtual-machine.ssh-keys-only", machine(kind, passwords(True))) == ["pass"]
    assert answers("azure.virtual-machine.encryption-at-host", machine(kind, passwords(True))) == ["fail"]


def test_flexible_scale_sets() -> None:
    """One without a profile holds machines that are made one by one."""
    kind = "azurerm_orchestrated_virtual_machine_scale_set"
    windows = {"os_profile": [{"windows_configuration": [{"enable_automatic_updates": False}]}]}
    assert answers("azure.virtual-machine.windows-updates", machine(kind, windows)) == ["fail"]
    encrypted = machine(kind, {**windows, "encryption_at_host_enabled": True})
    assert answers("azure.virtual-machine.encryption-at-host", encrypted) == ["pass"]
    empty = machine(kind, {"platform_fault_domain_count": 1, "encryption_at_host_enabled": None, "os_profile": []})
    assert answers("azure.virtual-machine.encryption-at-host", empty) == []


@pytest.mark.parametrize(
    ("disks", "expected"),
    [
        ({"storage_os_disk": [{"vhd_uri": "https://s.blob.core.windows.net/v/os.vhd"}]}, "fail"),
        ({"storage_os_disk": [{"vhd_uri": "", "managed_disk_type": "Premium_LRS"}]}, "pass"),
        ({"storage_os_disk": [{"vhd_uri": None}], "storage_data_disk": [{"vhd_uri": "https://s/v/d.vhd"}]}, "fail"),
    ],
)
def test_disks_of_classic_machines(disks: Tree, expected: str) -> None:
    windows = {"os_profile_windows_config": [{"enable_automatic_upgrades": None}]}
    changes = machine("azurerm_virtual_machine", {**disks, **windows})
    assert answers("azure.virtual-machine.managed-disks", changes) == [expected]
    assert answers("azure.virtual-machine.windows-updates", changes) == ["fail"]


def test_automatic_clusters() -> None:
    """azurerm#27446: what is written is judged; what AKS Automatic decides is unknown, not absent."""
    address = "azurerm_kubernetes_automatic_cluster.it"
    after = {**PLACE, "name": "it", "identity": [{"type": "SystemAssigned"}]}
    open_to_all = read([item(address, after)])
    assert answers("azure.kubernetes-service.private-cluster", open_to_all) == ["fail"]
    assert answers("azure.kubernetes-service.authorized-ip-ranges", open_to_all) == ["fail"]
    assert answers("azure.kubernetes-service.managed-identity", open_to_all) == ["pass"]
    assert answers("azure.kubernetes-service.image-cleaner", open_to_all) == ["pass"]
    for name in ("local-accounts-disabled", "azure-policy-addon", "defender-profile", "run-command-disabled"):
        assert answers(f"azure.kubernetes-service.{name}", open_to_all) == ["unknown"]
    ranges = read([item(address, {**after, "api_server_access": [{"authorized_ip_ranges": ["198.51.100.0/24"]}]})])
    assert answers("azure.kubernetes-service.authorized-ip-ranges", ranges) == ["pass"]
    private = read([item(address, {**after, "private_cluster": [{"private_dns_zone_id": "System"}]})])
    assert answers("azure.kubernetes-service.private-cluster", private) == ["pass"]


def test_slots_of_functions() -> None:
    """checkov#6143: a slot answers as the app does."""
    after = {"resource_group_name": "rg", "function_app_name": "app", "name": "slot", "https_only": False}
    changes = read([item("azurerm_function_app_slot.it", {**after, "site_config": [SITE]})])
    assert answers("azure.app-service.min-tls", changes) == ["fail"]
    assert answers("azure.app-service.https-only", changes) == ["fail"]
    assert answers("azure.app-service.ftp-off", changes) == ["fail"]


@pytest.mark.parametrize(
    ("kind", "site"),
    [
        ("azurerm_linux_web_app", {"minimum_tls_version": "1.2", "scm_minimum_tls_version": "1.0"}),
        ("azurerm_logic_app_standard", {"min_tls_version": "1.2", "scm_min_tls_version": "1.0"}),
    ],
)
def test_the_site_that_an_app_is_deployed_by(kind: str, site: Tree) -> None:
    """checkov#6283: the site beside the app has a lowest version of its own."""
    changes = read([item(f"{kind}.it", {**PLACE, "name": "it", "site_config": [site]})])
    assert answers("azure.app-service.min-tls", changes) == ["fail"]


def test_what_is_not_read_is_told(command: Command, tmp_path: Path) -> None:
    """A type without a table was passed over in silence as soon as the plan held one that is read."""
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            item("azurerm_storage_account.it", {**PLACE, "name": "it"}),
            item("azurerm_batch_account.one", {**PLACE, "name": "one"}),
            item("azurerm_batch_account.two", {**PLACE, "name": "two"}),
            item("kubernetes_env.it", {"api_version": "apps/v1", "kind": "Deployment"}),
            item("data.azurerm_batch_account.read", {"name": "read"}),
            item("random_id.it", {"byte_length": 4}),
        ],
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    code, out, _ = command("gate", "plan.json", "-f", "json", "--fail-on", "never")
    assert (code, json.loads(out)["scope"]["unjudged"]) == (0, {"azurerm_batch_account": 2, "kubernetes_env": 1})
    told = "3 resources of 2 types that no rule of this audit asks about"
    _, out, _ = command("gate", "plan.json", "-f", "html", "--fail-on", "never")
    assert f"<h3>{told}</h3>" in out
    told += ": azurerm_batch_account (2), kubernetes_env (1)"
    _, out, _ = command("gate", "plan.json", "-f", "text", "--fail-on", "never")
    assert told in " ".join(out.split())
    _, out, _ = command("gate", "plan.json", "-f", "markdown", "--fail-on", "never")
    assert told in out.replace("\\", "")
