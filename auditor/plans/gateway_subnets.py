"""What a change says of the subnets that its Application Gateways fill. Pure.

Azure shows in a subnet which gateways use it; a change says so in the gateway alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from auditor.model.case_insensitive import get
from auditor.model.child_arrays import SUBNET
from auditor.model.resource import Unknown

GATEWAY: Final = "microsoft.network/applicationgateways"
_NETWORK: Final = "microsoft.network/virtualnetworks"


def tell_subnets(made: Iterable[tuple[str, Any, dict[str, Any]]]) -> None:
    """Put into each subnet the configurations of the gateways in it. `made`: type, id and body of every resource; to be
    called before children are put into their parents."""
    made = [(kind.casefold(), id, body) for kind, id, body in made]
    used: dict[str, list[dict[str, Any]]] = {}
    doubt: Unknown | None = None
    for kind, _id, body in made:
        for configuration in _inside(body, "gatewayIPConfigurations") if kind == GATEWAY else ():
            subnet = get(configuration, "properties", "subnet", "id")
            if isinstance(subnet, Unknown):
                doubt = subnet
            elif isinstance(subnet, str):
                used.setdefault(subnet.casefold(), []).append({"id": get(configuration, "id")})
    if not used and doubt is None:
        return
    for kind, id, body in made:
        for own, subnet in _subnets(kind, id, body):
            properties = subnet.get("properties")
            told = used.get(own.casefold()) if isinstance(own, str) else None
            if isinstance(properties, dict) and (told or doubt):
                properties["applicationGatewayIPConfigurations"] = told or doubt


def _subnets(kind: str, id: Any, body: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    if kind == SUBNET:
        yield id, body
    elif kind == _NETWORK:
        yield from ((f"{id}/subnets/{get(subnet, 'name')}", subnet) for subnet in _inside(body, "subnets"))


def _inside(body: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    listed = get(body, "properties", name)
    yield from (item for item in (listed if isinstance(listed, list) else ()) if isinstance(item, dict))
