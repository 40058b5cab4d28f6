"""What became of each element of an input is counted, and an element without an outcome is a difference."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.evaluate.bound_rule import bind
from auditor.ingest.diagnostics import Log
from auditor.ingest.inventory import Inventory
from auditor.ingest.type_filter import Wanted
from auditor.model.accounting import MOST_EXAMPLES, Accounting, sum_of
from auditor.model.resource import Origin, Resource
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules, select

CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)


def test_elements_that_end_somewhere_leave_no_difference() -> None:
    accounting = Accounting()
    accounting.expect(5)
    accounting.open()
    accounting.expect(2)
    accounting.resource(3)
    accounting.duplicate()
    accounting.gap()
    accounting.leave_out("data source", "data.azurerm_client_config.x")
    accounting.leave_out("data source", "data.azurerm_client_config.y")
    assert accounting.total == 6
    assert (accounting.resources, accounting.gaps, accounting.duplicates, accounting.left_out) == (2, 1, 1, 2)
    assert accounting.difference == 0
    accounting.expect()
    assert accounting.difference == 1


def test_parts_add_up_and_keep_some_names() -> None:
    parts = []
    for number in range(3):
        part = Accounting()
        part.expect(100)
        for index in range(100):
            part.leave_out("no-op", f"{number}.{index}")
        parts.append(part)
    total = sum_of(parts)
    assert (total.total, total.left_out, total.difference) == (300, 300, 0)
    assert total.not_evaluated["no-op"].examples == [f"0.{index}" for index in range(MOST_EXAMPLES)]
    assert parts[0].not_evaluated["no-op"].count == 100


# ── whole commands: the JSON summary says what became of each element ──

VAULT: dict[str, Any] = {
    "type": "Microsoft.KeyVault/vaults", "name": "kv",
    "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv", "properties": {},
}  # fmt: skip
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": {"containers": []}}


def named(number: int) -> dict[str, Any]:
    return {**VAULT, "name": f"kv{number}", "id": f"{VAULT['id']}{number}"}


def planned(address: str, actions: list[str], mode: str = "managed", **more: Any) -> dict[str, Any]:
    kind = address.removeprefix("data.").partition(".")[0]
    after = None if actions == ["delete"] else {"name": "x", "resource_group_name": "rg", "location": "x"}
    change = {"actions": actions, "before": {"name": "x"}, "after": after, "after_unknown": {"id": True}}
    return {"address": address, "mode": mode, "type": kind, "name": "x", "change": change, **more}


PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "resource_changes": [
        planned("azurerm_key_vault.a", ["create"]),
        planned("azurerm_key_vault.b", ["delete"]),
        planned("azurerm_key_vault.c", ["no-op"]),
        planned("azurerm_key_vault.d", ["delete"], deposed="1"),
        planned("azurerm_nothing_known.a", ["create"]),
        planned("random_password.a", ["create"]),
        planned("data.azurerm_client_config.a", ["read"], "data"),
        "azurerm_key_vault.e",
    ],
}
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [
        {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "a", "properties": {}},
        {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "b", "condition": False},
        {
            "type": "Microsoft.KeyVault/vaults",
            "apiVersion": "2023-07-01",
            "name": "c",
            "copy": {"name": "n", "count": 0},
        },
        {
            "type": "Microsoft.KeyVault/vaults",
            "apiVersion": "2023-07-01",
            "name": "[concat('d', copyIndex())]",
            "copy": {"name": "m", "count": 3},
        },
        {
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": "nested",
            "properties": {
                "mode": "Incremental",
                "template": {"resources": [{"type": "Microsoft.KeyVault/vaults", "apiVersion": "x", "name": "e"}, 1]},
            },
        },
        {
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": "linked",
            "properties": {"mode": "Incremental", "templateLink": {"uri": "https://example.org"}},
        },
    ],
}
WHAT_IF = {
    "status": "Succeeded",
    "changes": [
        {"resourceId": named(1)["id"], "changeType": "Create", "after": named(1)},
        {"resourceId": named(2)["id"], "changeType": "Delete", "before": named(2)},
        {"resourceId": named(3)["id"], "changeType": "Ignore", "before": named(3)},
        {"resourceId": named(4)["id"], "changeType": "Unsupported"},
        "x",
    ],
    "potentialChanges": [{"resourceId": named(5)["id"], "changeType": "Create", "after": named(5)}],
}
INPUTS: dict[str, tuple[str, str, Any, dict[str, Any]]] = {
    "an export": (
        "scan", "in.json", [VAULT, VAULT, named(1), 7], {"total": 4, "resources": 2, "gaps": 1, "duplicates": 1},
    ),
    "a page": ("scan", "in.json", {"value": [VAULT], "nextLink": "https://x"}, {"total": 2, "resources": 1, "gaps": 1}),
    "lines": (
        "scan", "in.ndjson", f"{json.dumps(VAULT)}\n\n{{\n{json.dumps(POD)}\n",
        {"total": 3, "resources": 2, "gaps": 1},
    ),
    "children": (
        "scan", "in.json", {**VAULT, "resources": [{"type": "secrets", "name": "s"}, {"name": "t"}]},
        {"total": 3, "resources": 2, "gaps": 1},
    ),
    "a list of Kubernetes": (
        "scan", "in.json", {"apiVersion": "v1", "kind": "List", "items": [POD, {"kind": "Pod"}]},
        {"total": 2, "resources": 1, "gaps": 1},
    ),
    "YAML": ("scan", "in.yaml", f"{json.dumps(POD)}\n---\na: [\n---\n", {"total": 2, "resources": 1, "gaps": 1}),
    "a Terraform plan": ("gate", "in.json", PLAN, {
        "total": 8, "resources": 1, "gaps": 1, "notEvaluated": {
            "data source": ["data.azurerm_client_config.a"],
            "object that was replaced before and is deleted now": ["azurerm_key_vault.d"],
            "resource of a type that is not read": ["azurerm_nothing_known.a"],
            "resource of another provider": ["random_password.a"],
            "resource that is deleted": ["azurerm_key_vault.b"],
            "unchanged resource": ["azurerm_key_vault.c"],
        },
    }),
    "a template": ("gate", "in.json", TEMPLATE, {
        "total": 9, "resources": 5, "gaps": 2, "notEvaluated": {
            "resource of a loop without rounds": ["resources.2"],
            "resource whose condition is false": ["Microsoft.KeyVault/vaults b"],
        },
    }),
    "a what-if": ("gate", "in.json", WHAT_IF, {
        "total": 6, "resources": 2, "gaps": 2, "notEvaluated": {
            "resource that is deleted": [named(2)["id"]], "unchanged resource": [named(3)["id"]],
        },
    }),
    "manifests": ("gate", "in.yaml", json.dumps(POD), {"total": 1, "resources": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_the_summary_says_what_became_of_each_element(command: Any, tmp_path: Path, name: str) -> None:
    verb, file, content, expected = INPUTS[name]
    (tmp_path / file).write_text(content if isinstance(content, str) else json.dumps(content))
    source = ["--from", file] if verb == "scan" else [file]
    done = command(verb, *source, "-f", "json", "-o", "out.json", "-f", "text")
    document = json.loads((tmp_path / "out.json").read_text())
    elements = document["summary"]["elements"]
    reasons = {reason: entry["examples"] for reason, entry in elements.pop("notEvaluated").items()}
    assert elements == {"gaps": 0, "duplicates": 0, **{key: expected[key] for key in expected if key != "notEvaluated"}}
    assert reasons == expected.get("notEvaluated", {})
    assert elements["total"] == sum(elements[key] for key in ("resources", "gaps", "duplicates")) + len(reasons)
    assert f"Input: {elements['total']} element" in done.stdout
    assert all(names[0] in " ".join(done.stdout.split()) for names in reasons.values())


def test_a_snapshot_says_the_same_as_what_it_was_made_of(command: Any, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps([VAULT, VAULT, 7, POD]))
    command("scan", "--from", "in.json", "--save-snapshot", "snap", "-f", "json", "-o", "one.json")
    command("scan", "--from", "snap", "-f", "json", "-o", "two.json")
    one, two = (json.loads((tmp_path / name).read_text())["summary"] for name in ("one.json", "two.json"))
    assert one == two
    assert one["elements"] == {"total": 4, "resources": 2, "gaps": 1, "duplicates": 1, "notEvaluated": {}}


def test_an_element_that_a_reader_loses_is_a_gap() -> None:
    """A reader that drops a line, and one that counts a resource which it never gives."""

    class Losing:
        def __init__(self, given: int, counted: int, expected: int) -> None:
            self.given, self.counted, self.expected = given, counted, expected

        def resources(self, log: Log, wanted: Wanted | None) -> Iterator[Resource]:
            log.accounting.expect(self.expected)
            log.accounting.resource(self.counted)
            for number in range(self.given):
                resource = Resource(VAULT["type"], named(number), Origin())
                if wanted is None or wanted.takes(resource):
                    yield resource

    rules = [bind(rule, CLOCK) for rule in select(load_rules(), ["azure.key-vault.purge-protection"], ())]
    for source, number in ((Losing(2, 2, 2), 0), (Losing(2, 2, 3), 1), (Losing(1, 2, 2), 1)):
        made, findings = audit(rules, Inventory(["x"], [source]), clock=CLOCK)
        findings.close()
        assert [gap.reason.partition(" ")[0] for gap in made.gaps] == [str(number)] * bool(number)
