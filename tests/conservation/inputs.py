"""Sound inputs of every kind. Each holds two resources that fail, named as in `NAMES`, which occur nowhere else."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

CLOCK: Final = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
NAMES: Final = ("alpha", "bravo")
RULES: Final = (
    "azure.key-vault.purge-protection",
    "azure.storage.shared-key-off",
    "kubernetes.workload.no-privileged-containers",
)
KEEP: Final = frozenset({"privileged", "securityContext", "containers", "spec", "image", "template"})
"""Keys of a workload that decide: without one of them it does not fail any more."""
GROUP: Final = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
SCHEMA: Final = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


class Input(NamedTuple):
    """`command`: that it is given to. `keep`: keys that damage leaves alone. `listed`: it may be written as lines of
    JSON and as documents of YAML, too. `together`: one element makes both resources."""

    command: str
    value: Any
    keep: frozenset[str] = frozenset()
    listed: bool = False
    together: bool = False


def both(make: Callable[[str], Any]) -> list[Any]:
    return [make(name) for name in NAMES]


def vault(name: str) -> dict[str, Any]:
    return {
        "type": "Microsoft.KeyVault/vaults", "name": name, "location": "westeurope",
        "id": f"{GROUP}/providers/Microsoft.KeyVault/vaults/{name}", "properties": {"sku": {"name": "standard"}},
    }  # fmt: skip


def account(name: str) -> dict[str, Any]:
    kind = "Microsoft.Storage/storageAccounts"
    return {
        "id": f"{GROUP}/providers/{kind}/{name}", "name": name, "type": kind, "kind": "StorageV2",
        "properties": {"supportsHttpsTrafficOnly": True},
    }  # fmt: skip


def pod(name: str) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "securityContext": {"privileged": True}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"containers": [container]}}  # fmt: skip


def deployment(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod(name)["spec"]}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"},
            "spec": spec}  # fmt: skip


def planned(name: str, kind: str = "azurerm_key_vault", module: str = "", /, **values: Any) -> dict[str, Any]:
    """An entry of `resource_changes`."""
    after = values or {"name": name, "resource_group_name": "rg", "location": "x", "purge_protection_enabled": False}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}}
    address = f"{module}.{kind}.{name}".lstrip(".")
    made = {"mode": "managed", "type": kind, "name": name, "provider_name": "registry.terraform.io/hashicorp/azurerm"}
    return {"address": address, **({"module_address": module} if module else {}), **made, "change": change}


def plan(entries: list[Any]) -> dict[str, Any]:
    return {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": entries, "complete": True}


def through_azapi(name: str) -> dict[str, Any]:
    kind = "Microsoft.KeyVault/vaults@2023-07-01"
    return planned(name, "azapi_resource", name=name, type=kind, parent_id=GROUP, body={"properties": {"x": 1}})


def in_values(name: str) -> dict[str, Any]:
    """A resource of `planned_values`."""
    entry = planned(name)
    return {**{key: entry[key] for key in ("address", "mode", "type", "name")}, "values": entry["change"]["after"]}


def template(resources: Any, **more: Any) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **more, "resources": resources}


def declared(name: str) -> dict[str, Any]:
    """A vault of a template."""
    return {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": name, "location": "x",
            "properties": {"sku": {"name": "standard"}}}  # fmt: skip


def nested(name: str) -> dict[str, Any]:
    """A deployment in a template with a vault of its own."""
    properties = {"mode": "Incremental", "template": template([declared(name)])}
    return {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": f"deploy-{name}",
            "properties": properties}  # fmt: skip


def changed(name: str) -> dict[str, Any]:
    """A change of a what-if."""
    return {"resourceId": vault(name)["id"], "changeType": "Create", "after": vault(name)}


def table(make: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    columns = [{"name": name, "type": "string"} for name in make(NAMES[0])]
    return {"columns": columns, "rows": [list(make(name).values()) for name in NAMES]}


def without_kind(name: str) -> dict[str, Any]:
    return {key: pod(name)[key] for key in ("metadata", "spec")}


NETWORK: Final = {
    "type": "Microsoft.Network/virtualNetworks",
    "name": "net",
    "id": f"{GROUP}/providers/n/net",
    "properties": {},
}
FILES: Final[dict[str, Input]] = {
    "az list": Input("scan", both(vault), listed=True),
    "storage accounts": Input("scan", both(account), listed=True),
    "az graph": Input("scan", {"count": 2, "data": both(vault), "skip_token": None, "total_records": 2}),
    "graph, REST": Input("scan", {"totalRecords": 2, "count": 2, "resultTruncated": "false", "data": both(account)}),
    "graph table": Input("scan", {"totalRecords": 2, "count": 2, "data": table(vault)}),
    "ARM page": Input("scan", {"value": both(vault), "nextLink": None}),
    "recorded pages": Input("scan", {"pages": [{"value": both(vault)[:1], "nextLink": "x"},
                                               {"value": both(vault)[1:]}]}),
    "recorded answer": Input("scan", {"response": {"status": 200, "body": {"value": both(vault)}}}),
    "children": Input("scan", [{**NETWORK, "resources": both(vault)}], listed=True),
    "kubectl list": Input("scan", {"apiVersion": "v1", "kind": "List", "items": both(pod)}, KEEP),
    "pod list": Input("scan", {"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "1"},
                               "items": both(without_kind)}, KEEP),
    "live objects": Input("scan", both(deployment), KEEP, listed=True),
    "both clouds": Input("scan", [vault("alpha"), pod("bravo")], KEEP, listed=True),
    "manifests": Input("gate", both(pod), KEEP, listed=True),
    "deployments": Input("gate", both(deployment), KEEP, listed=True),
    "manifest list": Input("gate", {"apiVersion": "v1", "kind": "List", "items": both(deployment)}, KEEP),
    "plan": Input("gate", plan(both(planned))),
    "plan with modules": Input("gate", plan([planned(name, "azurerm_key_vault", "module.m") for name in NAMES])),
    "plan, azapi": Input("gate", plan(both(through_azapi))),
    "plan, manifests": Input("gate", plan([planned(name, "kubernetes_manifest", manifest=pod(name)) for name in NAMES]),
                             KEEP),
    "plan, templates": Input("gate", plan([planned(
        name, "azurerm_resource_group_template_deployment", name=name, resource_group_name="rg",
        deployment_mode="Incremental", template_content=json.dumps(template([declared(name)]))) for name in NAMES])),
    "planned values": Input("gate", {"format_version": "1.2", "planned_values": {"root_module": {
        "resources": [in_values("alpha")], "child_modules": [{"address": "module.m",
                                                              "resources": [in_values("bravo")]}]}}}),
    "template": Input("gate", template(both(declared))),
    "symbolic names": Input("gate", template({name: declared(name) for name in NAMES}, languageVersion="2.0")),
    "loop": Input("gate", template([{**declared("[parameters('names')[copyIndex()]]"),
                                     "copy": {"name": "l", "count": "[length(parameters('names'))]"}}],
                                   parameters={"names": {"type": "array", "defaultValue": [*NAMES]}}),
                  frozenset({"count"}), together=True),
    "nested deployments": Input("gate", template(both(nested))),
    "what-if": Input("gate", {"status": "Succeeded", "changes": both(changed)}),
    "what-if, REST": Input("gate", {"status": "Succeeded", "properties": {
        "correlationId": "x", "changes": both(changed)[:1], "potentialChanges": both(changed)[1:]}}),
}  # fmt: skip
