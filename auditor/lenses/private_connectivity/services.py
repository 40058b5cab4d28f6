"""Data services that private endpoints lead to: the zones of their names, and whether their public side is off.

Names per sub-resource and cloud: https://learn.microsoft.com/azure/private-link/private-endpoint-dns
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from auditor.lenses.truth import Truth, truth_and
from auditor.model.case_insensitive import get
from auditor.model.resource import Unknown


class Service(NamedTuple):
    """A kind of service: the zones that each sub-resource (`groupId`) needs, one set of names for each: the names that
    one zone has in the clouds. `named`: its record is its own name.
    """

    kind: str
    zones: dict[str, tuple[frozenset[str], ...]]
    named: bool = True


def _zones(**names: str) -> dict[str, tuple[frozenset[str], ...]]:
    """Zones by sub-resource: `a|b` is one in two clouds, `a c` are two."""
    return {
        group: tuple(frozenset(f"privatelink.{name}" for name in zone.split("|")) for zone in text.split())
        for group, text in names.items()
    }


def _storage(kind: str) -> str:
    return "|".join(f"{kind}.core.{cloud}" for cloud in ("windows.net", "usgovcloudapi.net", "chinacloudapi.cn"))


def _cosmos(kind: str) -> str:
    return "|".join(f"{kind}.azure.{cloud}" for cloud in ("com", "us", "cn"))


_BUS: Final = "servicebus.windows.net|servicebus.usgovcloudapi.net|servicebus.chinacloudapi.cn"
SERVICES: Final = {
    "microsoft.sql/servers": Service(
        "sql", _zones(sqlserver="database.windows.net|database.usgovcloudapi.net|database.chinacloudapi.cn")
    ),
    "microsoft.documentdb/databaseaccounts": Service(
        "cosmosDb",
        _zones(
            sql=_cosmos("documents"),
            mongodb=_cosmos("mongo.cosmos"),
            cassandra=_cosmos("cassandra.cosmos"),
            gremlin=_cosmos("gremlin.cosmos"),
            table=_cosmos("table.cosmos"),
            analytical=_cosmos("analytics.cosmos"),
        ),
    ),
    "microsoft.keyvault/vaults": Service(
        "keyVault", _zones(vault="vaultcore.azure.net|vaultcore.usgovcloudapi.net|vaultcore.azure.cn")
    ),
    "microsoft.containerregistry/registries": Service(
        "containerRegistry", _zones(registry="azurecr.io|azurecr.us|azurecr.cn")
    ),
    "microsoft.storage/storageaccounts": Service(
        "storage", _zones(**{kind: _storage(kind) for kind in ("blob", "queue", "table", "file", "web", "dfs")})
    ),
    "microsoft.apimanagement/service": Service(
        "apiManagement", _zones(gateway="azure-api.net|azure-api.us|azure-api.cn")
    ),
    "microsoft.insights/privatelinkscopes": Service(
        "monitor",
        _zones(
            azuremonitor="monitor.azure.com|monitor.azure.us|monitor.azure.cn"
            " oms.opinsights.azure.com|oms.opinsights.azure.us|oms.opinsights.azure.cn"
            " ods.opinsights.azure.com|ods.opinsights.azure.us|ods.opinsights.azure.cn"
            " agentsvc.azure-automation.net|agentsvc.azure-automation.us|agentsvc.azure-automation.cn "
            + _storage("blob")
        ),
        named=False,
    ),
    "microsoft.servicebus/namespaces": Service("serviceBus", _zones(namespace=_BUS)),
    "microsoft.eventhub/namespaces": Service("eventHubs", _zones(namespace=_BUS)),
    "microsoft.appconfiguration/configurationstores": Service(
        "appConfiguration", _zones(configurationstores="azconfig.io|azconfig.azure.us|azconfig.azure.cn")
    ),
}
"""Services by casefolded type."""
WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
"""Log Analytics: reached through the private link scope that it belongs to."""


def public_access_off(kind: str, properties: Any) -> Truth:
    """Whether nobody gets in from outside private networks. Absent: public."""
    if kind == "microsoft.insights/privatelinkscopes":
        modes = [get(properties, "accessModeSettings", key) for key in ("ingestionAccessMode", "queryAccessMode")]
        return _every(modes, {"privateonly"})
    if kind == WORKSPACE:
        keys = ("publicNetworkAccessForIngestion", "publicNetworkAccessForQuery")
        return _every([get(properties, key) for key in keys], {"disabled", "securedbyperimeter"})
    if (
        kind == "microsoft.apimanagement/service"
        and str(get(properties, "virtualNetworkType")).casefold() == "internal"
    ):
        return True
    return _every([get(properties, "publicNetworkAccess")], {"disabled", "securedbyperimeter"})


def _every(values: list[Any], good: set[str]) -> Truth:
    return truth_and(*(value if isinstance(value, Unknown) else str(value).casefold() in good for value in values))
