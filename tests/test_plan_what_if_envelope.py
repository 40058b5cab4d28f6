"""A what-if that is not whole, is spelled otherwise or contradicts itself is a gap or an unknown answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PURGE = "azure.key-vault.purge-protection"
RDP = "azure.network-security-group.rdp-from-internet"
SCOPE = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers"
VAULT = f"{SCOPE}/Microsoft.KeyVault/vaults/kv"
GROUP = f"{SCOPE}/Microsoft.Network/networkSecurityGroups/n"


def vault(protected: bool = True, **more: Any) -> dict[str, Any]:
    properties = {"tenantId": "t", **({"enablePurgeProtection": True} if protected else {})}
    return {"id": VAULT, "type": "Microsoft.KeyVault/vaults", "name": "kv", "properties": properties, **more}


def change(kind: str = "Create", target: str = VAULT, **more: Any) -> dict[str, Any]:
    return {"resourceId": target, "changeType": kind, "before": None, "after": None, "delta": None, **more}


GOOD = change(after=vault())
BAD = change(after=vault(protected=False))
OFF = {"path": "properties.enablePurgeProtection", "propertyChangeType": "Modify", "before": True, "after": False}


def gate(command: Any, tmp_path: Path, answer: Any, select: str = PURGE) -> tuple[int, dict[str, Any]]:
    (tmp_path / "what-if.json").write_text(json.dumps(answer))
    done = command("gate", "what-if.json", "--select", select, "-f", "json", "-o", "out.json")
    report = tmp_path / "out.json"
    return done.returncode, json.loads(report.read_text()) if report.exists() else {}


def failing(audit: dict[str, Any]) -> list[str]:
    return [one["ruleId"] for one in audit["findings"] if one["outcome"] == "fail"]


def outcomes(audit: dict[str, Any]) -> set[str]:
    return {one["outcome"] for one in audit["findings"]}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "Succeeded", "changes": [GOOD], "nextLink": "https://x"},
        {"status": "Succeeded", "properties": {"changes": [GOOD], "nextLink": "https://x"}},
        {"status": "Failed", "changes": [GOOD]},
        {"status": "Failed", "changes": []},
        {"status": "Failed", "properties": {"changes": [GOOD]}},
        {"status": "Running", "changes": []},
        {"status": "Canceled", "changes": [GOOD]},
        {"status": 7, "changes": [GOOD]},
        {"status": "Succeeded", "changes": [GOOD], "properties": {"changes": [BAD]}},
        {"status": "Succeeded", "changes": [GOOD], "Changes": [BAD]},
        {"status": "Succeeded", "changes": [GOOD], "diagnostics": [{"code": "NestedDeploymentShortCircuited"}]},
        {"status": "Succeeded", "changes": [GOOD], "diagnostics": [{"level": "Fatal", "message": "x"}]},
    ],
    ids=lambda answer: json.dumps({key: value for key, value in answer.items() if key != "changes"})[:80],
)
def test_an_answer_that_is_not_whole_is_a_gap(command: Any, tmp_path: Path, answer: dict[str, Any]) -> None:
    code, audit = gate(command, tmp_path, answer)
    assert code == 3
    assert audit["gaps"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "Succeeded", "Changes": [BAD]},
        {"Status": "succeeded", "Properties": {"Changes": [BAD]}},
        {"status": "Succeeded", "changes": [{"resource_id": VAULT, "change_type": "create", "after": BAD["after"]}]},
        {"status": "Succeeded", "changes": [{"ResourceId": VAULT, "ChangeType": "Create", "After": BAD["after"]}]},
        {"status": "Succeeded", "changes": [], "PotentialChanges": [BAD]},
        {"status": "Succeeded", "changes": [], "potential_changes": [BAD]},
        {"changes": [change("modify", before=vault(), delta=[{**OFF, "path": "Properties.EnablePurgeProtection"}])]},
        {"changes": [change("Modify", before=vault(),
                            delta=[{"Path": OFF["path"], "property_change_type": "DELETE"}])]},
    ],
    ids=lambda answer: json.dumps(answer)[:100],
)  # fmt: skip
def test_an_answer_is_read_in_every_spelling(command: Any, tmp_path: Path, answer: dict[str, Any]) -> None:
    _code, audit = gate(command, tmp_path, answer)
    assert failing(audit) == [PURGE]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"delta": {"path": "properties.enablePurgeProtection", "propertyChangeType": "Delete"}},
        {"delta": ["properties.enablePurgeProtection"]},
        {"delta": [{"propertyChangeType": "Delete", "before": True}]},
        {"after": vault(), "delta": [OFF, "x"]},
    ],
    ids=lambda more: json.dumps(more)[:60],
)
def test_a_modification_that_does_not_say_what_becomes_is_a_gap(
    command: Any, tmp_path: Path, more: dict[str, Any]
) -> None:
    code, audit = gate(
        command, tmp_path, {"status": "Succeeded", "changes": [change("Modify", before=vault(), **more)]}
    )
    assert code == 3
    assert VAULT in [gap["what"] for gap in audit["gaps"]]


def test_a_property_change_of_an_unforeseen_kind_makes_the_property_unknown(command: Any, tmp_path: Path) -> None:
    odd = {"path": "properties.enablePurgeProtection", "propertyChangeType": "Frobnicate", "before": True}
    for delta in (odd, {**odd, "propertyChangeType": None}):
        changes = [change("Modify", before=vault(), delta=[delta])]
        assert outcomes(gate(command, tmp_path, {"status": "Succeeded", "changes": changes})[1]) == {"unknown"}


def test_an_array_that_changes_without_its_elements_is_unknown(command: Any, tmp_path: Path) -> None:
    before = {"id": GROUP, "type": "Microsoft.Network/networkSecurityGroups", "properties": {"securityRules": []}}
    for children in (None, [], "x"):
        delta = [{"path": "properties.securityRules", "propertyChangeType": "Array", "children": children}]
        changes = [change("Modify", GROUP, before=before, delta=delta)]
        assert "unknown" in outcomes(gate(command, tmp_path, {"status": "Succeeded", "changes": changes}, RDP)[1])


@pytest.mark.parametrize("kind", ["Microsoft.Foo/bars", "Microsoft.KeyVault/vaults "])
def test_a_payload_of_another_type_than_its_id_is_a_gap(command: Any, tmp_path: Path, kind: str) -> None:
    changes = [change(after=vault(protected=False, type=kind))]
    code, audit = gate(command, tmp_path, {"status": "Succeeded", "changes": changes})
    assert code == 3
    assert failing(audit) == [PURGE], "Azure goes by the id"


def stack(*changes: dict[str, Any]) -> dict[str, Any]:
    kind = "Microsoft.Resources/deploymentStacksWhatIfResults"
    properties = {"provisioningState": "succeeded", "changes": {"resourceChanges": list(changes)}}
    return {"id": f"{SCOPE}/{kind}/w", "type": kind, "name": "w", "properties": properties}


def stack_change(kind: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    ends = {"before": before, "after": after}
    return {"id": VAULT, "type": "Microsoft.KeyVault/vaults", "changeType": kind,
            "changeCertainty": "definite", "resourceConfigurationChanges": ends, **more}  # fmt: skip


def test_the_what_if_of_a_deployment_stack_is_read(command: Any, tmp_path: Path) -> None:
    bad = vault(protected=False)
    assert failing(gate(command, tmp_path, stack(stack_change("create", None, bad)))[1]) == [PURGE]
    assert failing(gate(command, tmp_path, stack(stack_change("modify", vault(), bad)))[1]) == [PURGE]
    code, audit = gate(command, tmp_path, stack(stack_change("create", None, bad, changeCertainty="potential")))
    assert failing(audit) == [PURGE]
    assert VAULT in [gap["what"] for gap in audit["gaps"]]
    code, audit = gate(command, tmp_path, stack(stack_change("detach", bad, None), stack_change("delete", bad, None)))
    assert (code, audit["findings"], audit["gaps"]) == (0, [], [])
    assert sum(one["count"] for one in audit["summary"]["elements"]["notEvaluated"].values()) == 2
    code, audit = gate(command, tmp_path, stack(stack_change("unsupported", None, None, unsupportedReason="x")))
    assert (code, [gap["what"] for gap in audit["gaps"]]) == (3, [VAULT])


def test_the_what_if_of_a_deployment_stack_that_failed_is_a_gap(command: Any, tmp_path: Path) -> None:
    failed = stack(stack_change("create", None, vault()))
    failed["properties"]["provisioningState"] = "failed"
    assert gate(command, tmp_path, failed)[0] == 3


UNPROTECTED = {**vault(), "properties": {"tenantId": "t", "enablePurgeProtection": False}}
TAGGED = {"path": "tags.a", "propertyChangeType": "Create", "after": "1"}
CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "the delta says more": change("Modify", before=vault(), after=vault(), delta=[OFF]),
    "in another spelling": change(
        "Modify", before=vault(), after=vault(), delta=[{**OFF, "path": "Properties.EnablePurgeProtection"}]
    ),
    "the delta says less": change(
        "Modify", before=vault(protected=False), after=vault(protected=False), delta=[{**OFF, "after": True}]
    ),
    "it is deleted": change(
        "Modify", before=vault(), after=vault(), delta=[{**OFF, "propertyChangeType": "Delete", "after": None}]
    ),
    "a child of an object": change(
        "Modify", before=vault(), after=vault(),
        delta=[{"path": "properties", "propertyChangeType": "Modify",
                "children": [{**OFF, "path": "enablePurgeProtection"}]}],
    ),
    "a whole object": change(
        "Modify", before=vault(), after=vault(),
        delta=[{"path": "properties", "propertyChangeType": "Create", "after": vault(protected=False)["properties"]}],
    ),
    "two changes of one path": change("Modify", before=vault(), delta=[OFF, {**OFF, "after": True}]),
    "a change and one of its parent": change(
        "Modify", before=vault(),
        delta=[OFF, {"path": "properties", "propertyChangeType": "Modify", "after": vault()["properties"]}],
    ),
    "no change that changes": change("NoChange", before=vault(), after=UNPROTECTED),
    "no change with a delta": change("NoChange", before=vault(), after=vault(), delta=[OFF]),
    "what is ignored changes": change("Ignore", before=UNPROTECTED, after=vault()),
    "a new one with a delta": change("Create", after=vault(), delta=[OFF]),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_change_that_contradicts_itself_is_unknown(command: Any, tmp_path: Path, name: str) -> None:
    answer = {"status": "Succeeded", "changes": [CONTRADICTIONS[name]]}
    _code, audit = gate(command, tmp_path, answer)
    assert outcomes(audit) == {"unknown"}
    assert "contradicts" in json.dumps(audit["findings"])


def test_a_deletion_that_leaves_something_is_a_gap(command: Any, tmp_path: Path) -> None:
    for after in (vault(), vault(protected=False)):
        answer = {"status": "Succeeded", "changes": [change("Delete", before=vault(), after=after)]}
        code, audit = gate(command, tmp_path, answer)
        assert (code, [gap["what"] for gap in audit["gaps"]]) == (3, [VAULT])


def rule(name: str, source: str) -> dict[str, Any]:
    rdp = {"protocol": "Tcp", "access": "Allow", "direction": "Inbound", "destinationPortRange": "3389"}
    other = {"priority": 100, "sourcePortRange": "*", "destinationAddressPrefix": "*"}
    return {"name": name, "properties": {**rdp, **other, "sourceAddressPrefix": source}}


def group(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"id": GROUP, "type": "Microsoft.Network/networkSecurityGroups", "name": "n",
            "properties": {"securityRules": list(rules)}}  # fmt: skip


def rules_change(*children: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"path": "properties.securityRules", "propertyChangeType": "Array", "children": list(children)}]


OPEN, CLOSED, DENIED = rule("a", "*"), rule("a", "10.0.0.0/8"), rule("b", "10.1.0.0/16")
WIDENED = {"path": "properties.sourceAddressPrefix", "propertyChangeType": "Modify", "before": "10.0.0.0/8"}
INSIDE: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (group(CLOSED), rules_change({"path": "0", "propertyChangeType": "Create", "after": OPEN})),
    (
        group(CLOSED),
        rules_change({"path": "0", "propertyChangeType": "Modify", "children": [{**WIDENED, "after": "*"}]}),
    ),
    (group(CLOSED, DENIED), rules_change({"path": "1", "propertyChangeType": "Delete", "before": DENIED})),
]


@pytest.mark.parametrize(("after", "delta"), INSIDE)
def test_an_array_that_contradicts_its_changes_is_unknown(
    command: Any, tmp_path: Path, after: dict[str, Any], delta: list[dict[str, Any]]
) -> None:
    answer = {"changes": [change("Modify", GROUP, before=group(CLOSED, DENIED), after=after, delta=delta)]}
    assert outcomes(gate(command, tmp_path, answer, RDP)[1]) == {"unknown"}


def test_changes_that_agree_with_the_payload_are_known(command: Any, tmp_path: Path) -> None:
    moved = [
        {"path": "0", "propertyChangeType": "Create", "after": OPEN},
        {"path": "0", "propertyChangeType": "Delete", "before": CLOSED},
    ]
    nothing = {"path": "properties.provisioningState", "propertyChangeType": "NoEffect", "before": "Succeeded"}
    delta = [*rules_change(*moved), nothing, TAGGED]
    after = {**group(OPEN, DENIED), "tags": {"a": "1", "b": None}}
    answer = {"changes": [change("Modify", GROUP, before=group(CLOSED, DENIED), after=after, delta=delta)]}
    assert outcomes(gate(command, tmp_path, answer, RDP)[1]) == {"fail", "pass"}  # one for each rule
    for kind in ("NoChange", "Ignore"):
        same = change(
            kind, before={**UNPROTECTED, "location": "West Europe"}, after=vault(False, location="westeurope")
        )
        code, audit = gate(command, tmp_path, {"status": "Succeeded", "changes": [same]})
        assert (code, audit["findings"], audit["gaps"]) == (0, [], [])
