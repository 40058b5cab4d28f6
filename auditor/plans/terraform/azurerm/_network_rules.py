"""The network rules of a storage account, inside the account or on their own."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, by_id, joined, objects

NETWORK_RULES: Final = (
    Attr("default_action", "defaultAction"),
    Attr("bypass", "bypass", joined, default="AzureServices", unset=True, otherwise="AzureServices"),
    Attr("ip_rules", "ipRules", objects("value"), unset=True),
    Attr("virtual_network_subnet_ids", "virtualNetworkRules", by_id, unset=True),
)
