"""azurerm_public_ip → Microsoft.Network/publicIPAddresses."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Group, Since, Table

TABLE: Final = Table(
    "Microsoft.Network/publicIPAddresses",
    Group(),
    (
        Attr("sku", "sku.name", default=Since((((1, 0), "Basic"), ((4, 0), "Standard")))),
        Attr("allocation_method", "properties.publicIPAllocationMethod"),
        Attr("ddos_protection_mode", "properties.ddosSettings.protectionMode", default="VirtualNetworkInherited"),
        Attr("ddos_protection_plan_id", "properties.ddosSettings.ddosProtectionPlan.id"),
        Attr("domain_name_label", "properties.dnsSettings.domainNameLabel"),
    ),
)
