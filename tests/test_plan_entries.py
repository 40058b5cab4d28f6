"""No entry of a plan, a template or a what-if vanishes: each is evaluated, or a gap that names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PURGE = "azure.key-vault.purge-protection"
AFTER = {"name": "kv", "resource_group_name": "rg", "location": "x", "purge_protection_enabled": False}


def entry(name: str = "a", **change: Any) -> dict[str, Any]:
    whole = {"actions": ["create"], "before": None, "after": AFTER, "after_unknown": {"id": True}, **change}
    made = {"address": f"azurerm_key_vault.{name}", "mode": "managed", "type": "azurerm_key_vault", "name": name}
    return {**made, "change": {key: value for key, value in whole.items() if value != "absent"}}


def gate(command: Any, tmp_path: Path, *changes: Any, **plan: Any) -> tuple[int, list[str]]:
    """The exit code of a gate of these entries, and what its gaps name."""
    whole = {"format_version": "1.2", "terraform_version": "1.14.0", "resource_changes": list(changes), **plan}
    (tmp_path / "plan.json").write_text(json.dumps(whole))
    done = command("gate", "plan.json", "--select", PURGE, "-f", "json", "-o", "out.json")
    return done.returncode, [gap["what"] for gap in json.loads((tmp_path / "out.json").read_text())["gaps"]]


NAMED = "azurerm_key_vault.a"
NUMBERED = "plan.json: resource_changes[0]"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (entry(after=None, after_unknown=True), NAMED),
        (entry(after={}, after_unknown=True), NAMED),
        (entry(after_sensitive=True), NAMED),
        (entry(after=None), NAMED),
        (entry(after="x"), NAMED),
        (entry(after="absent"), NAMED),
        (entry(actions=["transmogrify"]), NAMED),
        (entry(actions=[]), NAMED),
        (entry(actions="create"), NAMED),
        (entry(actions="absent"), NAMED),
        ({**entry(), "change": None}, NAMED),
        ({key: value for key, value in entry().items() if key != "change"}, NAMED),
        ({key: value for key, value in entry().items() if key != "type"}, NAMED),
        ({key: value for key, value in entry().items() if key != "address"}, NUMBERED),
        ("azurerm_key_vault.a", NUMBERED),
        (None, NUMBERED),
        ([entry()], NUMBERED),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_an_entry_that_says_too_little_is_a_gap(command: Any, tmp_path: Path, change: Any, what: str) -> None:
    code, gaps = gate(command, tmp_path, change)
    assert code == 3
    assert what in gaps


def test_two_changes_of_one_address_are_a_gap(command: Any, tmp_path: Path) -> None:
    good = entry(after={**AFTER, "purge_protection_enabled": True})
    code, gaps = gate(command, tmp_path, entry(), good)
    assert (code, gaps[0]) == (3, NAMED), "the second gap says that both make one resource"
    deposed = {**entry(actions=["delete"], before=AFTER, after=None), "deposed": "abc"}
    assert gate(command, tmp_path, good, deposed) == (0, []), "an old object of the address goes"


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"complete": False}, 0),
        ({"action_invocations": [{"address": "action.x"}]}, 0),
        ({"deferred_changes": [{"reason": "x", "resource_change": entry("b")}]}, 0),
        ({"errored": True}, 3),
        ({"applyable": False}, 3),
        ({"Resource_Changes": [entry("b")]}, 3),
        ({"resource_changes": {"0": entry()}}, 3),
    ],
    ids=str,
)
def test_what_a_plan_says_about_itself_is_reported(
    command: Any, tmp_path: Path, plan: dict[str, Any], code: int
) -> None:
    good = entry(after={**AFTER, "purge_protection_enabled": True})
    found, gaps = gate(command, tmp_path, good, **plan)
    assert found == code
    assert gaps


def test_a_plan_without_changes_cannot_be_applied_and_is_well(command: Any, tmp_path: Path) -> None:
    good = {**AFTER, "purge_protection_enabled": True}
    assert gate(command, tmp_path, entry(actions=["no-op"], before=good, after=good), applyable=False) == (0, [])


GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
GOOD = {"type": "Microsoft.KeyVault/vaults", "name": "kv", "apiVersion": "2023-07-01", "location": "x",
        "properties": {"enablePurgeProtection": True}}  # fmt: skip


@pytest.mark.parametrize(
    ("resources", "what"),
    [
        ([GOOD, "x"], "resources.1"),
        ([GOOD, None], "resources.1"),
        ([GOOD, [GOOD]], "resources.1"),
        ([{**GOOD, "resources": ["x"]}], "resources.0.resources.0"),
        ([{**GOOD, "resources": "x"}], "resources.0.resources"),
        ({"vault": GOOD, "other": "x"}, "resources.other"),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_part_of_a_template_that_is_no_resource_is_a_gap(
    command: Any, tmp_path: Path, resources: Any, what: str
) -> None:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    version = {"languageVersion": "2.0"} if isinstance(resources, dict) else {}
    template = {"$schema": schema, "contentVersion": "1.0.0.0", **version, "resources": resources}
    (tmp_path / "main.json").write_text(json.dumps(template))
    done = command("gate", "main.json", "--select", PURGE, "-f", "json", "-o", "out.json")
    assert done.returncode == 3
    assert any(what in gap["what"] for gap in json.loads((tmp_path / "out.json").read_text())["gaps"])


@pytest.mark.parametrize(
    "more",
    [
        {"changes": ["x"]}, {"changes": [None]}, {"potentialChanges": ["x"]}, {"potentialChanges": {"a": 1}},
        {"error": {"code": "Broken"}}, {"diagnostics": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_an_entry_of_a_what_if_that_is_no_change_is_a_gap(command: Any, tmp_path: Path, more: dict[str, Any]) -> None:
    body = {**GOOD, "id": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"}
    change = {"resourceId": body["id"], "changeType": "Create", "after": body}
    answer = {"status": "Succeeded", **more, "changes": [change, *more.get("changes", [])]}
    (tmp_path / "what-if.json").write_text(json.dumps(answer))
    done = command("gate", "what-if.json", "--select", PURGE, "-f", "json", "-o", "out.json")
    assert done.returncode == 3
    assert json.loads((tmp_path / "out.json").read_text())["gaps"]


def outcomes(command: Any, tmp_path: Path, *changes: Any) -> tuple[int, set[str], list[str]]:
    """The exit code of a gate of these entries, the outcomes of its findings, and what its gaps name."""
    whole = {"format_version": "1.2", "terraform_version": "1.14.0", "resource_changes": list(changes)}
    (tmp_path / "plan.json").write_text(json.dumps(whole))
    done = command(
        "gate", "plan.json", "--select", PURGE, "-f", "json", "-o", "out.json", "--outcomes", "pass,fail,unknown"
    )
    audit = json.loads((tmp_path / "out.json").read_text())
    return done.returncode, {one["outcome"] for one in audit["findings"]}, [gap["what"] for gap in audit["gaps"]]


GOOD_AFTER = {**AFTER, "purge_protection_enabled": True}


@pytest.mark.parametrize("turned", [False, True])
def test_what_two_entries_of_one_address_say_differently_is_unknown(command: Any, tmp_path: Path, turned: bool) -> None:
    first, second = (AFTER, GOOD_AFTER) if turned else (GOOD_AFTER, AFTER)
    assert outcomes(command, tmp_path, entry(after=first), entry(after=second)) == (3, {"unknown"}, [NAMED])


def test_two_addresses_of_one_id_are_evaluated_each_and_a_gap(command: Any, tmp_path: Path) -> None:
    for first, second in ((AFTER, GOOD_AFTER), (GOOD_AFTER, AFTER)):
        code, found, gaps = outcomes(command, tmp_path, entry("a", after=first), entry("b", after=second))
        assert (code, found) == (3, {"pass", "fail"})
        assert NAMED in gaps


def test_a_delete_beside_a_create_of_one_address_is_unknown(command: Any, tmp_path: Path) -> None:
    gone = entry(actions=["delete"], before=GOOD_AFTER, after=None)
    for changes in ([entry(after=GOOD_AFTER), gone], [gone, entry(after=GOOD_AFTER)]):
        assert outcomes(command, tmp_path, *changes)[:2] == (3, {"unknown"})


def test_an_address_that_takes_over_what_another_forgets_is_no_gap(command: Any, tmp_path: Path) -> None:
    forgets = entry("old", actions=["forget"], before=GOOD_AFTER, after=None)
    takes = entry("new", actions=["no-op"], before=GOOD_AFTER, after=GOOD_AFTER, importing={"id": "x"})
    assert outcomes(command, tmp_path, forgets, takes) == (0, {"pass"}, [])
