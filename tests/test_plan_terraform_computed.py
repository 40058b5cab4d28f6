"""Attributes that azurerm computes where nobody writes them: the documented default counts, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.model.resource import MISSING, Unknown
from tests.terraform_plans import Tree, body, item, read, written

LINUX = ("azurerm_linux_virtual_machine.m", "disable_password_authentication", "linuxConfiguration")
WINDOWS = ("azurerm_windows_virtual_machine.m", "automatic_updates_enabled", "windowsConfiguration")
PROPERTY = {"linuxConfiguration": "disablePasswordAuthentication", "windowsConfiguration": "enableAutomaticUpdates"}
MACHINE = {"name": "m", "resource_group_name": "rg", "location": "x"}


def setting(address: str, attribute: str, place: str, after: Tree, unknown: Tree, **expressions: Any) -> Any:
    """The ARM property of a planned machine whose configuration has these expressions."""
    resources = [written(address, name="m", **expressions)]
    made = body(read([item(address, {**MACHINE, **after}, unknown=unknown)], resources), "virtualMachines")
    return made["properties"].get("osProfile", {}).get(place, {}).get(PROPERTY[place], MISSING)


@pytest.mark.parametrize("machine", [LINUX, WINDOWS], ids=lambda machine: machine[0])
def test_the_default_of_a_machine_counts_where_nothing_is_written(machine: tuple[str, str, str]) -> None:
    computed = {machine[1]: True, "os_managed_disk_id": True}
    assert setting(*machine, {}, computed) is True
    assert setting(*machine, {machine[1]: False}, {}, **{machine[1]: False}) is False
    assert isinstance(setting(*machine, {}, computed, **{machine[1]: ["var.x"]}), Unknown)


@pytest.mark.parametrize("machine", [LINUX, WINDOWS], ids=lambda machine: machine[0])
def test_a_machine_of_an_existing_disk_brings_its_own_settings(machine: tuple[str, str, str]) -> None:
    given = {"os_managed_disk_id": ["azurerm_managed_disk.d.id"]}
    assert isinstance(setting(*machine, {}, {machine[1]: True, "os_managed_disk_id": True}, **given), Unknown)


@pytest.mark.parametrize(("kind", "curve"), [("EC", True), ("RSA", True)])
def test_a_key_without_a_curve_has_none(kind: str, curve: bool) -> None:
    key = {"name": "k", "key_vault_id": "/v", "key_type": kind}
    changes = read(
        [item("azurerm_key_vault_key.k", key, unknown={"curve": curve})],
        [written("azurerm_key_vault_key.k", name="k", key_type=kind)],
    )
    assert "curveName" not in body(changes, "vaults/keys")["properties"]
