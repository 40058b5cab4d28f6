"""A subnet whose network is not in the change, so that rules on the subnets of a network find it. Pure.

A network lists its subnets, and rules judge each of the list. A change that makes a subnet alone (the network belongs
to another team, or to an earlier deployment) has no such list: the subnet then carries one that holds itself. Rules
that judge subnets name both types.
"""

from __future__ import annotations

from typing import Any


def list_itself(body: dict[str, Any]) -> None:
    """Put a list of subnets into the body of a subnet, with the subnet in it."""
    properties = body.get("properties")
    name = body.get("name")
    if isinstance(properties, dict):
        own = name.rpartition("/")[2] if isinstance(name, str) else name
        element = {"id": body.get("id"), "name": own, "properties": properties}
        body["properties"] = {**properties, "subnets": [element]}
