"""No field that a rule reads is taken for a secret, but those that hold one: a rule that loses its field says less."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.demo.estate_inventory import AS_OF
from auditor.evaluate.bound_rule import bind
from auditor.evaluate.conditions.index_fields import read_paths
from auditor.model.resource import Origin, Resource
from auditor.ruleset.loader import load_rules
from auditor.sanitize.resources import searched

GUID: Final = "00000000-1111-2222-3333-444444444444"
VALUES: Final = (
    "Enabled", "TLS1_2", "Standard_v2", "10.0.0.0/16", "kv-prod-weu", "*", "SystemAssigned", "app.contoso.com", GUID,
    f"/subscriptions/{GUID}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s", "/healthz",
    "https://kv1.vault.azure.net/secrets/tls", "https://kv1.vault.azure.net/keys/k/0123456789abcdef0123456789abcdef",
    "https://api.contoso.com/v1", "2027-01-01T00:00:00.1234567Z", "P90D", "{{named-value}}", "[parameters('x')]",
    "contoso.azurecr.io/app@sha256:" + "0a" * 32, "0123456789ABCDEF0123456789ABCDEF01234567", 65535, True,
)  # fmt: skip
"""What settings look like."""
PLAIN: Final = ("Enabled", "2027-01-01T00:00:00.1234567Z", "{{named-value}}", True, None)
SECRETS: Final = {
    ("Microsoft.ApiManagement/service/backends", "credentials.authorization.parameter"),
    ("Microsoft.ApiManagement/service/backends", "credentials.header.[*]"),
    ("Microsoft.ApiManagement/service/backends", "credentials.query.[*]"),
    ("Microsoft.ApiManagement/service/namedValues", "secret"),
    ("Microsoft.ApiManagement/service/namedValues", "value"),
    ("Microsoft.ApiManagement/service/workspaces/namedValues", "secret"),
    ("Microsoft.ApiManagement/service/workspaces/namedValues", "value"),
    ("Microsoft.ContainerRegistry/registries/tokens", "credentials.passwords.[*]"),
    ("Microsoft.Storage/storageAccounts", "keyCreationTime.key1"),
    ("Microsoft.Storage/storageAccounts", "keyCreationTime.key2"),
}
"""Fields of secrets, which rules ask whether there is one, how old it is, or whether it is a reference."""


def test_fields_of_rules_are_kept() -> None:
    lost, fields = set(), set(_read())
    for kind, path in fields:
        for value in VALUES:
            body = _body(kind, path, value)
            if body and searched(Resource(kind, body, Origin())).body != body:
                lost.add((kind, ".".join(path[1:])))
    assert len(fields) > 1500
    assert lost == SECRETS


def test_that_a_secret_is_a_switch_a_date_or_a_reference_is_kept() -> None:
    for kind, path in SECRETS:
        if not path.endswith("value"):
            for value in PLAIN:
                body = _body(kind, ("properties", *path.split(".")), value)
                assert searched(Resource(kind, body, Origin())).body == body, (kind, path, value)


def _read() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The types and paths that rules read."""
    for rule in load_rules():
        bound = bind(rule, AS_OF)
        each = (*map(str, bound.each.segments), "[*]") if bound.each is not None else ()
        paths = [*read_paths(bound.when)] if bound.when is not None else []
        paths += read_paths(bound.condition, each)
        for kind in [rule.resource] if isinstance(rule.resource, str) else rule.resource:
            yield from ((kind, path) for path in paths)
        for relation in bound.relations:
            if relation.where is not None:
                yield from ((kind, path) for kind in relation.types for path in read_paths(relation.where))


def _body(kind: str, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A resource with a value at a path; nothing where the path does not lead into its body."""
    group, _slash, name = kind.partition("/")
    if not path or group == "auditor" or path[0] in ("[*]", ""):
        return {}
    if group.casefold().startswith("microsoft."):
        own: dict[str, Any] = {"id": f"/subscriptions/{GUID}/providers/{kind}/n", "name": "n", "type": kind}
    else:
        version = "v1" if group == "core" else f"{group}/v1"
        own = {"apiVersion": version, "kind": name, "metadata": {"name": "n", "namespace": "x"}}
    for key in reversed(path):
        value = [value] if key == "[*]" else {key: value} if key else value
    return {**own, **value}
