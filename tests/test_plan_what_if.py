"""Answers of an ARM what-if, in both shapes, with deltas applied."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.model.errors import InputError
from auditor.model.resource import Unknown
from auditor.plans.what_if.changes import read_what_if
from auditor.plans.what_if.delta import applied

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
ID = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"


def vault(**properties: Any) -> dict[str, Any]:
    return {"id": ID, "name": "kv", "type": "Microsoft.KeyVault/vaults", "properties": properties}


def change(kind: str, **more: Any) -> dict[str, Any]:
    return {"changeType": kind, "resourceId": ID, **more}


@pytest.mark.parametrize("shape", ["rest", "cli"])
def test_both_shapes(shape: str) -> None:
    body = {"changes": [change("Create", after=vault(a=1))]}
    found = read_what_if({"status": "Succeeded", "properties": body} if shape == "rest" else body, "whatif.json")
    (made,) = found.changes
    assert made.action == "create"
    assert made.before is None
    assert made.after
    assert made.after.body == vault(a=1)
    assert (made.after.origin.source, made.after.origin.address) == ("plan", ID)
    assert found.covers == {"microsoft.keyvault/vaults"}


@pytest.mark.parametrize(
    ("kind", "sides", "action", "has"),
    [
        ("Create", {"after": vault()}, "create", (False, True)),
        ("Modify", {"before": vault(a=1), "after": vault(a=2)}, "update", (True, True)),
        ("Deploy", {"after": vault()}, "update", (False, True)),
        ("Delete", {"before": vault()}, "delete", (True, False)),
        ("Ignore", {"before": vault()}, "no-op", (True, True)),
        ("NoChange", {"after": vault()}, "no-op", (True, True)),
    ],
)
def test_kinds_of_change(kind: str, sides: dict[str, Any], action: str, has: tuple[bool, bool]) -> None:
    (made,) = read_what_if({"changes": [change(kind, **sides)]}, "whatif.json").changes
    assert made.action == action
    assert (made.before is not None, made.after is not None) == has


@pytest.mark.parametrize(
    ("given", "reason", "kind"),
    [
        (change("Unsupported", unsupportedReason="a reference"), "a reference", "Microsoft.KeyVault/vaults"),
        (change("Deploy"), "FullResourcePayloads", "Microsoft.KeyVault/vaults"),
        (change("Create"), "FullResourcePayloads", "Microsoft.KeyVault/vaults"),
        (change("Modify", delta=[{"path": "properties.a", "after": 1}]), "FullResource", "Microsoft.KeyVault/vaults"),
        (change("Novel", after=vault()), "Novel", "Microsoft.KeyVault/vaults"),
        ({"changeType": "Create", "after": {"name": "x"}}, "says no type", None),
        ({"changeType": "Deploy", "resourceId": GROUP}, "FullResource", "Microsoft.Resources/resourceGroups"),
    ],
)
def test_what_is_not_told_is_a_gap(given: dict[str, Any], reason: str, kind: str | None) -> None:
    found = read_what_if({"changes": [given]}, "whatif.json")
    assert not found.changes
    (gap,) = found.gaps
    assert reason in gap.reason
    assert gap.type == kind


def test_potential_changes_and_diagnostics() -> None:
    answer = {
        "changes": [],
        "potentialChanges": [change("Create", after=vault(a=1))],
        "diagnostics": [
            {"level": "Warning", "code": "ShortCircuited", "message": "skipped", "target": "/x"},
            {"level": "Info", "code": "Fine"},
        ],
    }
    found = read_what_if(answer, "whatif.json")
    (made,) = found.changes
    assert made.after
    assert isinstance(made.after.body["id"], Unknown)
    assert made.after.id == ID
    assert [(gap.what, gap.kind) for gap in found.gaps] == [(ID, "unknown-until-apply"), ("/x", "unreadable")]


def test_expressions_are_unknown() -> None:
    after = vault(
        uri="[reference('x').uri]", text="[not an expression", list='["a", "b"]', literal="[[x]", nested=["[a()]"]
    )
    (made,) = read_what_if({"changes": [change("Modify", before=vault(old="[a()]"), after=after)]}, "w.json").changes
    assert made.after
    assert made.before
    properties = made.after.body["properties"]
    assert made.after.partial
    assert "[reference('x').uri]" in properties["uri"].reason
    assert isinstance(properties["nested"][0], Unknown)
    assert (properties["text"], properties["list"], properties["literal"]) == (
        "[not an expression",
        '["a", "b"]',
        "[x]",
    )
    assert made.before.body["properties"]["old"] == "[a()]"


def test_what_no_template_can_set_stays() -> None:
    before, after = vault(privateEndpointConnections=[1], acl={}), vault()
    delta = [{"path": "properties.privateEndpointConnections", "propertyChangeType": "Delete", "before": [1]}]
    (made,) = read_what_if({"changes": [change("Modify", before=before, after=after, delta=delta)]}, "w.json").changes
    assert made.after
    assert made.after.body["properties"] == {"privateEndpointConnections": [1]}


def test_a_delta_alone_is_applied() -> None:
    delta = [{"path": "properties.a", "propertyChangeType": "Modify", "before": 1, "after": 2}]
    (made,) = read_what_if({"changes": [change("Modify", before=vault(a=1, b=1), delta=delta)]}, "w.json").changes
    assert made.after
    assert made.after.body == vault(a=2, b=1)


BEFORE = {"a": {"b": 1, "x.y": 1}, "list": ["p", {"q": 1}, "r"]}


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ([{"path": "a.c", "propertyChangeType": "Create", "after": 2}], {"a": {"b": 1, "x.y": 1, "c": 2}}),
        ([{"path": "A.B", "propertyChangeType": "Modify", "after": 2}], {"a": {"b": 2, "x.y": 1}}),
        ([{"path": "a.b", "propertyChangeType": "Delete", "before": 1}], {"a": {"x.y": 1}}),
        ([{"path": "a['x.y']", "propertyChangeType": "Modify", "after": 2}], {"a": {"b": 1, "x.y": 2}}),
        ([{"path": "a.b", "propertyChangeType": "NoEffect", "after": 2}], {}),
        (
            [
                {
                    "path": "list",
                    "propertyChangeType": "Array",
                    "children": [
                        {"path": "0", "propertyChangeType": "Delete", "before": "p"},
                        {
                            "path": "1",
                            "propertyChangeType": "Modify",
                            "children": [{"path": "q", "propertyChangeType": "Modify", "after": 2}],
                        },
                        {"path": "2", "propertyChangeType": "Delete", "before": "r"},
                        {"path": "3", "propertyChangeType": "Create", "after": "new"},
                    ],
                }
            ],
            {"list": [{"q": 2}, "new"]},
        ),
        (
            [
                {
                    "path": "more",
                    "propertyChangeType": "Array",
                    "children": [{"path": "0", "propertyChangeType": "Create", "after": 1}],
                }
            ],
            {"more": [1]},
        ),
    ],
)
def test_deltas(delta: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    assert applied(BEFORE, delta) == {**BEFORE, **expected}
    assert BEFORE == {"a": {"b": 1, "x.y": 1}, "list": ["p", {"q": 1}, "r"]}


@pytest.mark.parametrize(
    "delta",
    [
        [{"path": "list.word", "propertyChangeType": "Modify", "after": 1}],
        [{"path": "list.99999999", "propertyChangeType": "Modify", "after": 1}],
        [{"path": "a.b.c", "propertyChangeType": "Create", "after": 1}],
        [{"path": ".".join("a" * 900), "propertyChangeType": "Create", "after": 1}],
    ],
)
def test_deltas_that_do_not_fit_are_unknown(delta: list[dict[str, Any]]) -> None:
    assert "unknown" in repr(applied({"a": {"b": 1}, "list": [1]}, delta))


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"changes": 1},
        {"properties": {}},
        {"error": {"code": "X", "message": "no"}, "status": "Failed"},
        {"properties": None},
    ],
)
def test_what_is_no_answer(raw: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read_what_if(raw, "whatif.json")


NETWORK = f"{GROUP}/providers/Microsoft.Network"


def made(kind: str, name: str, **properties: Any) -> dict[str, Any]:
    resource_id = f"{NETWORK}/{kind}/{name}"
    body = {"id": resource_id, "name": name.rpartition("/")[2], "type": f"Microsoft.Network/{kind.partition('/')[0]}"}
    return {"changeType": "Create", "resourceId": resource_id, "after": {**body, "properties": properties}}


def test_what_a_deployment_makes_apart_is_put_together() -> None:
    """A rule without its group is judged as a group of its own, a lone subnet lists itself, an endpoint is told of."""
    rule = made("networkSecurityGroups", "nsg/securityRules/ssh", access="Allow", direction="Inbound")
    rule["resourceId"] = rule["after"]["id"] = f"{NETWORK}/networkSecurityGroups/nsg/securityRules/ssh"
    rule["after"]["type"] = "Microsoft.Network/networkSecurityGroups/securityRules"
    subnet = made("virtualNetworks", "hub/subnets/app")
    subnet["after"]["type"] = "Microsoft.Network/virtualNetworks/subnets"
    connection = {"properties": {"privateLinkServiceId": ID, "groupIds": ["vault"]}}
    endpoint = made("privateEndpoints", "pe", privateLinkServiceConnections=[connection])
    service = change("Create", after=vault(publicNetworkAccess="Disabled"))
    found = read_what_if({"changes": [rule, subnet, endpoint, service]}, "whatif.json")
    bodies = {one.after.type: one.after.body for one in found.changes if one.after}
    (group_rule,) = bodies["Microsoft.Network/networkSecurityGroups"]["properties"]["securityRules"]
    assert group_rule["properties"]["access"] == "Allow"
    assert [one["name"] for one in bodies["Microsoft.Network/virtualNetworks/subnets"]["properties"]["subnets"]] == [
        "app"
    ]
    (told,) = bodies["Microsoft.KeyVault/vaults"]["properties"]["privateEndpointConnections"]
    assert told["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


def test_a_closed_service_may_have_its_endpoint_from_elsewhere() -> None:
    (only,) = read_what_if({"changes": [change("Create", after=vault(publicNetworkAccess="Disabled"))]}, "w").changes
    assert only.after
    assert only.after.partial
    assert isinstance(only.after.body["properties"]["privateEndpointConnections"], Unknown)
