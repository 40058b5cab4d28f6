"""What there is in the local Azure: resources by id, collection and subscription, tables of Resource Graph, logs."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import orjson

from auditor.collect.azure.log_queries import EVIDENCE
from auditor.collect.azure.tenant import TENANT
from auditor.demo.estate_inventory import AS_OF, as_designed, is_kubernetes
from auditor.demo.faults import as_found, planted

Body = dict[str, Any]

COLUMNS: Final = ("resourceGroup", "subscriptionId", "tenantId")
"""Columns of Resource Graph that a body of Resource Manager does not have."""


class Estate:
    """Bodies in ARM or Resource Graph shape, and what else a tenant has.

    `groups` are management groups with the subscriptions below them; `logs` the rows of each table by the customer id
    of a workspace, `clock` what these logs take for now; `kubeconfigs` what is handed out for a cluster by its
    casefolded id.
    """

    def __init__(self, bodies: Iterable[Body], groups: dict[str, list[str]] | None = None) -> None:
        self.bodies = list(bodies)
        self.clock: dt.datetime | None = None
        self.kubeconfigs: dict[str, str] = {}
        self.logs: dict[str, dict[str, list[Body]]] = {}
        self.by_id: dict[str, Body] = {}
        self.by_type: dict[str, list[Body]] = defaultdict(list)
        self.collections: dict[str, list[Body]] = defaultdict(list)
        for body in self.bodies:
            place = body["id"].casefold()
            self.by_id[place] = body
            self.by_type[kind(body)].append(body)
            self.collections[place.rpartition("/")[0]].append(body)
        self.subscriptions = [
            body["id"].rpartition("/")[2] for body in self.bodies if kind(body) == "microsoft.resources/subscriptions"
        ]
        self.groups = groups or {"contoso": list(self.subscriptions)}

    def of_type(self, type_: str) -> list[Body]:
        return list(self.by_type.get(type_.casefold(), ()))

    def vault(self, name: str) -> Body | None:
        return next(
            (b for b in self.of_type("Microsoft.KeyVault/vaults") if b["name"].casefold() == name.casefold()), None
        )

    def workspace(self, customer_id: str) -> Body | None:
        found = self.of_type("Microsoft.OperationalInsights/workspaces")
        return next((b for b in found if b["properties"].get("customerId") == customer_id), None)


def kind(body: Body) -> str:
    """The type, casefolded."""
    return str(body["type"]).casefold()


def arm_shape(body: Body) -> Body:
    """A body as Resource Manager answers it: without the columns of Resource Graph."""
    return {key: value for key, value in body.items() if key not in COLUMNS and value not in ("", None)}


@cache
def _demo_bodies(designed: bool) -> bytes:
    """The bodies of the demo as JSON: many tests want one each, and reading the files takes half a second."""
    bodies = as_found(as_designed(), [] if designed else planted())
    return orjson.dumps([body for body in bodies if not is_kubernetes(body)])


def demo_estate(*, designed: bool = False) -> Estate:
    """The Azure half of the demo estate, as found or as designed, on the day of the demo."""
    azure = orjson.loads(_demo_bodies(designed))
    (tenant,) = (body for body in azure if body["type"] == TENANT)
    estate = Estate([*(body for body in azure if body["type"] not in (EVIDENCE, TENANT)), *settings_behind(tenant)])
    estate.clock = AS_OF
    for workspace in estate.of_type("Microsoft.OperationalInsights/workspaces"):
        evidence = [b for b in azure if b["type"] == EVIDENCE and b["id"].startswith(workspace["id"])]
        estate.logs[workspace["properties"]["customerId"]] = logs_behind(evidence)
    return estate


def settings_behind(tenant: Body) -> list[Body]:
    """The diagnostic settings of Entra ID as Resource Manager has them, beside all subscriptions."""
    return [
        {
            "id": f"{tenant['id']}/diagnosticSettings/{setting['name']}",
            "name": setting["name"],
            "type": "microsoft.aadiam/diagnosticSettings",
            "properties": {key: value for key, value in setting.items() if key != "name"},
        }
        for setting in tenant["properties"]["diagnosticSettings"]
    ]


def logs_behind(evidence: Iterable[Body]) -> dict[str, list[Body]]:
    """The youngest records of which this evidence tells."""
    tables: dict[str, list[Body]] = {}
    for body in evidence:
        table, column, more = RECORDS[body["name"]]
        for source in body["properties"]["sources"]:
            row = {
                "TimeGenerated": source["newest"],
                "_ResourceId": source["id"].lower(),
                "ClusterId": source["id"],
                **more,
            }
            if column:
                row[column] = source["protocol"]
            tables.setdefault(table, []).append(row)
    return tables


_SENSOR: Final = {"Namespace": "kube-system", "Name": "microsoft-defender-collector-ds-x7k2p", "PodStatus": "Running"}
RECORDS: Final[dict[str, tuple[str, str, Body]]] = {
    "application-gateway-access": ("AGWAccessLogs", "", {}),
    "application-gateway-firewall": ("AGWFirewallLogs", "", {"Action": "Matched"}),
    "application-gateway-tls": ("AGWAccessLogs", "SslProtocol", {}),
    "api-management-gateway": ("ApiManagementGatewayLogs", "", {}),
    "api-management-tls": ("ApiManagementGatewayLogs", "ClientTlsVersion", {}),
    "kubernetes-audit": ("AKSAudit", "", {"Verb": "get"}),
    "key-vault-audit": ("AZKVAuditLogs", "", {"OperationName": "SecretGet"}),
    "defender-sensor": ("KubePodInventory", "", _SENSOR),
}
"""Question → table, the column of the protocol, and what else is in a record."""
