"""The planted secrets in every kind of input: exports, manifests, plan, template, what-if answer, damaged files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from tests.planted_places import PLANTED

GROUP: Final = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/planted"
_OUTSIDE: Final = ("id", "name", "type", "tags")
"""Fields of a resource that azapi does not have in its body."""


def bodies() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The resources of Azure and the objects of Kubernetes."""
    every = [planted.resource(number).body for number, planted in enumerate(PLANTED)]
    return [body for body in every if "id" in body], [body for body in every if "id" not in body]


def write(folder: Path) -> None:
    """Write the inputs: `estate` and `lines` to scan, the files of `changes` to gate, and `damaged` ones."""
    azure, cluster = bodies()
    listed = {"apiVersion": "v1", "kind": "List", "items": cluster}
    _save(folder / "estate/azure.json", json.dumps(azure))
    _save(folder / "estate/cluster.json", json.dumps(listed))
    _save(folder / "lines/azure.ndjson", "\n".join(map(json.dumps, azure)))
    _save(folder / "lines/page.json", json.dumps({"totalRecords": len(azure), "count": len(azure), "data": azure}))
    manifests = yaml.safe_dump_all(cluster)
    _save(folder / "changes/manifests.yaml", manifests)
    _save(folder / "changes/plan.json", json.dumps(_plan(azure, cluster)))
    _save(folder / "changes/template.json", json.dumps(_template(azure)))
    _save(folder / "changes/what-if.json", json.dumps(_what_if(azure)))
    for name, text in _damaged(azure, manifests):
        _save(folder / "damaged" / name, text)


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _plan(azure: list[dict[str, Any]], cluster: list[dict[str, Any]]) -> dict[str, Any]:
    values: list[tuple[str, str, dict[str, Any]]] = []
    for body in azure:
        inner = {key: value for key, value in body.items() if key not in _OUTSIDE}
        name = body["name"].rpartition("/")[2]
        given = {"type": f"{body['type']}@2024-01-01", "name": name, "parent_id": GROUP, "body": inner}
        values.append(("azapi_resource", "azure/azapi", {**given, "tags": body.get("tags")}))
    values += [("kubernetes_manifest", "hashicorp/kubernetes", {"manifest": body}) for body in cluster]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "resource_changes": [
            {
                "address": f"{kind}.r{number}",
                "mode": "managed",
                "type": kind,
                "name": f"r{number}",
                "provider_name": f"registry.terraform.io/{provider}",
                "change": {"actions": ["update"], "before": after, "after": after, "after_unknown": {}},
            }
            for number, (kind, provider, after) in enumerate(values)
        ],
    }


def _template(azure: list[dict[str, Any]]) -> dict[str, Any]:
    resources = [
        {"apiVersion": "2024-01-01", **{key: value for key, value in body.items() if key != "id"}} for body in azure
    ]
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources}


def _what_if(azure: list[dict[str, Any]]) -> dict[str, Any]:
    changes = [
        {"resourceId": body["id"], "changeType": "Modify", "before": body, "after": body, "delta": []} for body in azure
    ]
    return {"status": "Succeeded", "properties": {"changes": changes}}


def _damaged(azure: list[dict[str, Any]], manifests: str) -> Iterable[tuple[str, str]]:
    whole = json.dumps(azure)
    yield "ends-early.json", whole[: len(whole) // 2]
    yield "no-comma.json", whole.replace('", "', '" "', 3)
    yield "broken.ndjson", "\n".join(json.dumps(body)[:-9] for body in azure)
    yield "indented.yaml", manifests.replace("metadata:", " metadata:", 5)
    yield "tabs.yaml", manifests.replace("  ", "\t", 9)
    for number, body in enumerate(azure):
        if "properties" in body:  # a value where an object has to be
            yield f"odd-{number}.json", json.dumps({**body, "properties": json.dumps(body["properties"])})
