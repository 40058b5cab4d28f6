"""What a plan declares more than once: one address, or one id in Azure, with several descriptions. Pure.

Which of the changes of one address Azure ends with is not known, so that a value in which they differ is unknown. Of
several addresses that make one resource each is evaluated, and what is joined to that resource is unknown
(`terraform_join`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from auditor.model.gap import Gap
from auditor.model.resource import Unknown
from auditor.plans.terraform.merge import Made
from auditor.plans.terraform.nodes import Node

_ADDRESS: Final = Unknown("the plan has several changes of this address, which differ")


def one_of_each_address(nodes: Iterable[Node]) -> list[Node]:
    """The nodes, those of one address made one."""
    found: dict[str, Node] = {}
    for node in nodes:
        earlier = found.get(node.address)
        found[node.address] = node if earlier is None else _together(earlier, node)
    return list(found.values())


def _together(one: Node, other: Node) -> Node:
    return replace(
        one,
        action=one.action if one.action == other.action else "update",
        before=_side(one.before, other.before),
        after=_side(one.after, other.after),
        sensitive=one.sensitive or other.sensitive,
    )


def _side(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    """One side of two changes; where only one of them leaves the resource there, none of its values is known."""
    found: dict[str, Any] | None = either(one or {}, other or {})
    return found if one is not None or other is not None else None


def either(one: Any, other: Any) -> Any:
    """What two descriptions agree on; what they do not is unknown. An absent value is null."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: either(one.get(key), other.get(key)) for key in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [either(*pair) for pair in zip(one, other, strict=True)]
    return one if one == other and type(one) is type(other) else _ADDRESS


def of_one_id(made: Iterable[Made]) -> Iterator[list[Made]]:
    """The resources that several addresses make, by their type and id."""
    groups: dict[tuple[str, str], list[Made]] = defaultdict(list)
    for item in made:
        if isinstance(item.id, str) and not item.onto:
            groups[item.kind.casefold(), item.id.casefold()].append(item)
    yield from (items for items in groups.values() if len({item.address for item in items}) > 1)


def gaps_of_ids(made: Iterable[Made]) -> Iterator[Gap]:
    """A gap for each resource that several addresses make."""
    for items in of_one_id(made):
        addresses = sorted({item.address for item in items})
        reason = f"several addresses of the plan make the resource {items[0].id}: {', '.join(addresses)}"
        yield Gap(what=addresses[0], reason=reason, type=items[0].kind)
