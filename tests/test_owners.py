"""Whose a finding is: tags, labels, and what holds a resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from auditor.cli import root
from auditor.evaluate.ownership import OWNER_TAGS, owner_of
from auditor.model.resource import Origin, Resource

SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-data"


def vault(name: str, group: str = GROUP, **more: Any) -> dict[str, Any]:
    kind = "Microsoft.KeyVault/vaults"
    return {"id": f"{group}/providers/{kind}/{name}", "type": kind, "name": name, "properties": {}, **more}


def group_of(tags: dict[str, str]) -> dict[str, Any]:
    return {"id": GROUP, "type": "microsoft.resources/subscriptions/resourcegroups", "name": "rg-data", "tags": tags}


def owners(tmp_path: Path, bodies: list[dict[str, Any]], *options: str) -> dict[str, Any]:
    """Resource name → owner, as the JSON report says it."""
    estate = tmp_path / "estate.json"
    estate.write_text(json.dumps(bodies), "utf-8")
    done = CliRunner().invoke(root, ["scan", "--from", str(estate), "-q", "-f", "json", *options])
    found = json.loads(done.stdout)["findings"]
    return {finding["resource"]["name"]: finding.get("owner") for finding in found}


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({"Owner": "data"}, "data"),
        ({"team": "b", "OWNER": "a"}, "a"),
        ({"owner": " ", "OpsTeam": "ops"}, "ops"),
        ({"owner": 7}, None),
        ({"cost": "x"}, None),
        (None, None),
        ("odd", None),
    ],
)
def test_by_tag(tags: Any, owner: str | None) -> None:
    assert owner_of(Resource("Microsoft.X/y", {"tags": tags}, Origin()), OWNER_TAGS) == owner


def test_by_label_or_annotation() -> None:
    metadata = {"labels": {"app": "x"}, "annotations": {"example.org/Team": "shop"}}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
    assert owner_of(Resource("apps/Deployment", body, Origin()), OWNER_TAGS) == "shop"


def test_a_group_owns_what_says_no_owner(tmp_path: Path) -> None:
    bodies = [vault("kv-1", tags={"owner": "own"}), vault("kv-2"), group_of({"Owner": "group"})]
    assert owners(tmp_path, bodies) | {"rg-data": None} == {"kv-1": "own", "kv-2": "group", "rg-data": None}


def test_a_child_belongs_to_the_owner_of_its_parent(tmp_path: Path) -> None:
    kind = "Microsoft.KeyVault/vaults/certificates"
    child = {
        "id": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-1/certificates/web",
        "type": kind,
        "name": "kv-1/web",
        "properties": {"attributes": {"enabled": True, "exp": 1}},
    }
    found = owners(tmp_path, [child, vault("kv-1", tags={"owner": "vault"}), group_of({"owner": "group"})])
    assert found["web"] == "vault"


def test_a_namespace_owns_its_workloads(tmp_path: Path) -> None:
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"containers": [{"name": "c", "image": "x"}]},
    }
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "shop-team"}}}
    assert owners(tmp_path, [pod, space])["cart"] == "shop-team"


def test_the_tag_can_be_named(tmp_path: Path) -> None:
    bodies = [vault("kv-1", tags={"owner": "own", "Responsible": "other"})]
    assert owners(tmp_path, bodies, "--owner-tag", "responsible") == {"kv-1": "other"}


def test_several_jobs_find_the_same(tmp_path: Path) -> None:
    estate = tmp_path / "estate.ndjson"
    bodies = [vault(f"kv-{n}") for n in range(3000)] + [group_of({"owner": "group"})]
    estate.write_text("".join(json.dumps(body) + "\n" for body in bodies), "utf-8")
    once, twice = (
        CliRunner().invoke(root, ["scan", "--from", str(estate), "-q", "-f", "json", "--as-of", "2026-01-01", *jobs])
        for jobs in ([], ["--jobs", "2"])
    )
    assert once.stdout == twice.stdout and '"owner":"group"' in once.stdout
