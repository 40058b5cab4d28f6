"""Elements in members that no reader takes are gaps: misspelled keys, and lists under another name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.ingest.diagnostics import Log
from auditor.ingest.inventory import open_inventory
from auditor.ingest.sources import FileSource
from auditor.ingest.type_counts import Census
from auditor.ingest.type_filter import Wanted
from tests.conservation.inputs import changed, declared, deployment, in_values, planned, pod, template, vault

NETWORK = {"type": "Microsoft.Network/virtualNetworks", "name": "net", "id": "/n", "properties": {}}
FLAT = {key: value for key, value in NETWORK.items() if key != "properties"}
"""As the Azure CLI flattens resources."""
OTHER = {**NETWORK, "type": "Contoso.Other/things"}
SUBNET = {"type": "Microsoft.Network/virtualNetworks/subnets", "name": "s", "id": "/n/subnets/s"}
PLANNED = {"format_version": "1.2", "terraform_version": "1.9.0"}
WHAT_IF = {"status": "Succeeded", "changes": [changed("alpha")]}


def values(**module: Any) -> dict[str, Any]:
    return {**PLANNED, "planned_values": {"root_module": module}}


def linked(inner: Any) -> dict[str, Any]:
    properties = {"mode": "Incremental", "template": inner}
    kind = "Microsoft.Resources/deployments"
    return template([{"type": kind, "apiVersion": "2022-09-01", "name": "inner", "properties": properties}])


CASES: dict[str, tuple[str, Any, str]] = {
    "a page with a second list": ("scan", {"value": [vault("alpha")], "results": [vault("bravo")]}, "results"),
    "a table with a list beside it": (
        "scan", {"columns": [{"name": "id"}], "rows": [], "rest": [vault("bravo")]}, "rest",
    ),
    "recorded pages and more": ("scan", {"pages": [{"value": []}], "page": {"value": vault("bravo")}}, "page"),
    "children in another casing": ("scan", [{**NETWORK, "Resources": [{"type": "subnets", "name": "s"}]}], "Resources"),
    "children under another name": ("scan", [{**NETWORK, "children": [vault("bravo")]}], "children"),
    "rows without a type beside those that are read": (
        "scan", {"value": [], "values": [{**NETWORK, "id": vault("a")["id"], "type": None}]}, "values",
    ),
    "rows with neither a type nor an id": (
        "scan", {"value": [vault("a")], "more": [{"name": "b", "properties": {}}]}, "more",
    ),
    "children without a type": ("scan", [{**NETWORK, "children": [{"name": "b", "properties": {}}]}], "children"),
    "children of a resource without properties": (
        "scan", [{**NETWORK, "properties": None, "resources": [], "children": [vault("bravo")]}], "children",
    ),
    "children of a resource with properties in another casing": (
        "scan", [{**FLAT, "Properties": {}, "children": [{**SUBNET, "properties": {}}]}], "children",
    ),
    "resources of another provider in a flattened resource": ("scan", [{**FLAT, "vaults": [vault("a")]}], "vaults"),
    "lines with children in another casing": ("scan-lines", {**NETWORK, "Resources": [{"a": 1}]}, "Resources"),
    "a list with objects beside its items": (
        "scan", {"apiVersion": "v1", "kind": "List", "items": [], "more": [pod("alpha")]}, "more",
    ),
    "a plan without the right key": ("gate", {**PLANNED, "resource_changes": [], "changes": [planned("a")]}, "changes"),
    "resources of a module": ("gate", values(resources=[], **{"resources ": [in_values("a")]}), "resources "),
    "a module under another name": (
        "gate", values(resources=[], modules=[{"address": "module.m", "resources": [in_values("a")]}]), "modules",
    ),
    "a what-if": ("gate", {**WHAT_IF, "pending": [changed("bravo")]}, "pending"),
    "changes beside properties": ("gate", {**WHAT_IF, "properties": {"changes": [changed("bravo")]}}, "changes"),
    "a template": ("gate", {**template([]), "Resources": [declared("a")]}, "Resources"),
    "a template with another list": ("gate", template([], more=[declared("a")]), "more"),
    "a nested template": ("gate", linked({**template([]), " resources": [declared("a")]}), " resources"),
    "a resource in a resource": ("gate", template([{**declared("a"), "children": [declared("b")]}]), "children"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_elements_in_members_that_are_not_read_are_a_gap(command: Any, tmp_path: Path, name: str) -> None:
    verb, content, member = CASES[name]
    file = "in.ndjson" if verb == "scan-lines" else "in.json"
    (tmp_path / file).write_text(json.dumps(content))
    source = [file] if verb == "gate" else ["--from", file]
    done = command(verb.partition("-")[0], *source, "-f", "json", "-o", "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    assert done.returncode == 3
    reasons = [gap["reason"] for gap in document["gaps"] if f"`{member}` is not known" in gap["reason"]]
    assert sum("1 element in it cannot be evaluated" in reason for reason in reasons) == 1
    elements = document["summary"]["elements"]
    left_out = sum(entry["count"] for entry in elements["notEvaluated"].values())
    assert elements["total"] == elements["resources"] + elements["gaps"] + elements["duplicates"] + left_out


@pytest.mark.parametrize("others", [None, Census()])
def test_lines_of_a_type_that_no_rule_evaluates_may_have_children(tmp_path: Path, others: Census | None) -> None:
    """The first pass over a large file asks for some types alone."""
    file = tmp_path / "in.ndjson"
    line = json.dumps({**OTHER, "children": [vault("bravo")]}, separators=(",", ":"))
    file.write_text(f"{line}\n{' ' * 1000}\n" * 3000)
    log = Log()
    wanted = Wanted(frozenset({"microsoft.keyvault/vaults"}), others)
    assert list(FileSource(str(file), "in.ndjson").resources(log, wanted)) == []
    assert (log.accounting.gaps, log.accounting.total) == (3000, 6000)


@pytest.mark.parametrize("children", ["x", 1, True, {"a": 1}])
@pytest.mark.parametrize("file", ["in.json", "in.ndjson"])
@pytest.mark.parametrize("size", [0, 1 << 20])
def test_resources_that_are_no_list_are_a_gap(tmp_path: Path, file: str, size: int, children: Any) -> None:
    text = json.dumps({**NETWORK, "resources": children})
    (tmp_path / file).write_text((f"[{text}]" if file == "in.json" else text) + " " * size + "\n")
    inventory = open_inventory([str(tmp_path / file)])
    assert len(list(inventory.resources())) == 1
    assert ["`resources`" in gap.reason for gap in inventory.gaps] == [True]


@pytest.mark.parametrize(
    "content",
    [
        {**PLANNED, "planned_values": None},
        {**PLANNED, "planned_values": {"root_module": [1]}},
        {**PLANNED, "planned_values": {"Root_Module": {"resources": [in_values("a")]}}},
        values(resources=[{"address": "azurerm_key_vault.a", "type": "azurerm_key_vault", "values": None}]),
        linked({"$schema": "x"}),
        linked({"resources": None}),
    ],
)
def test_a_plan_or_template_without_what_it_must_have_is_a_gap(command: Any, tmp_path: Path, content: Any) -> None:
    (tmp_path / "in.json").write_text(json.dumps(content))
    done = command("gate", "in.json", "-f", "json", "-o", "out.json")
    assert done.returncode == 3
    assert json.loads((tmp_path / "out.json").read_text())["gaps"]


def test_what_other_members_hold_is_no_gap(command: Any, tmp_path: Path) -> None:
    """Members that resources, answers and plans have, and lists that the Azure CLI puts in the place of properties."""
    rows = [
        {**NETWORK, "zones": ["1"], "identity": {"type": "SystemAssigned"}},
        {**FLAT, "id": "/m", "subnets": [SUBNET]},
    ]
    scope = {"subscription": {"id": "/subscriptions/s", "name": "s"}, "columns": [{"name": "id", "type": "string"}]}
    (tmp_path / "a.json").write_text(json.dumps({"value": rows, "facets": [], "count": 2, **scope}))
    plan = {
        **PLANNED,
        "resource_changes": [planned("a")],
        "planned_values": {"root_module": {"resources": [in_values("a")]}},
        "resource_drift": [planned("a")],
        "prior_state": {"values": {"root_module": {"resources": [in_values("a")]}}},
        "configuration": {"root_module": {"resources": [in_values("a")]}},
    }
    (tmp_path / "b.json").write_text(json.dumps(plan))
    (tmp_path / "c.json").write_text(json.dumps(deployment("a")))
    command("scan", "--from", "a.json", "-f", "json", "-o", "out.json")
    assert not [gap for gap in json.loads((tmp_path / "out.json").read_text())["gaps"] if "member" in gap["reason"]]
    command("gate", "b.json", "c.json", "-f", "json", "-o", "out.json")
    assert json.loads((tmp_path / "out.json").read_text())["gaps"] == []
