"""Many small subscriptions: what goes wrong in each differs, and one audit meets it all.

What a call waits for before it is made again (seconds) then passes for all of them at once, and each has a gate, a
token and a server of its own: none is spared because another one failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import orjson

from tests.azure.estate import Body, Estate, demo_estate

TYPES: Final = (
    "Microsoft.Resources/subscriptions",
    "Microsoft.Sql/servers",
    "Microsoft.Sql/servers/firewallRules",
    "Microsoft.KeyVault/vaults",
    "Microsoft.KeyVault/vaults/certificates",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Authorization/policyAssignments",
    "Microsoft.Security/assessments",
)
"""Each subscription has the first of the demo of each."""
RULES: Final = (
    *("--select", "azure.sql.firewall-not-open"),
    *("--select", "certificates.key-vault-validity"),
    *("--select", "azure.policy.default-initiative-enforced"),
    *("--select", "azure.identity.service-principal-owner"),
    *("--select", "azure.defender.vulnerabilities-resolved"),
    *("--select", "azure.defender.key-vault"),
)
"""Rules that make an audit read all of it: from five tables of Resource Graph, Resource Manager and the vaults."""
TABLES: Final = {
    "'microsoft.sql/servers'": "microsoft.sql/servers",
    "'microsoft.keyvault/vaults'": "microsoft.keyvault/vaults",
    "authorizationresources": "microsoft.authorization/roleassignments",
    "policyresources": "microsoft.authorization/policyassignments",
}
"""What queries of `RULES` name, and a casefolded type that each is about."""
BATCH: Final = 7
"""Subscriptions that one query is about, where there are 28 of them."""


class Query(NamedTuple):
    """A query of an audit of 28 subscriptions: the first it is about, its casefolded type, what is in its body."""

    first: int
    kind: str
    asks: str


def subscription(number: int) -> str:
    """The id of a subscription, in the order of the numbers."""
    return f"00000000-0000-4000-8000-{number:012}"


def vault(number: int) -> str:
    return f"kv-{number:02}"


def many_subscriptions(count: int) -> Estate:
    """So many of them, all alike but for their ids and the names of their vaults."""
    demo = demo_estate()
    first = [demo.of_type(kind)[0] for kind in TYPES]
    server, held = first[1]["id"], first[3]
    below = {"Microsoft.Sql/servers/firewallRules": server, "Microsoft.KeyVault/vaults/certificates": held["id"]}
    for place, kind in enumerate(TYPES):
        if kind in below:
            first[place] = next(body for body in demo.of_type(kind) if body["id"].startswith(below[kind]))
    text = orjson.dumps(first).decode()
    old = demo.subscriptions[0]
    bodies: list[Body] = []
    for number in range(count):
        moved = text.replace(old, subscription(number)).replace(held["name"], vault(number))
        bodies += orjson.loads(moved)
    return Estate(bodies)


def queries(count: int) -> Iterator[Query]:
    """So many queries, 16 at most."""
    for number in range(count):
        first, (named, kind) = number // len(TABLES) * BATCH, list(TABLES.items())[number % len(TABLES)]
        yield Query(first, kind, f"{subscription(first)}.*{named}|{named}.*{subscription(first)}")
