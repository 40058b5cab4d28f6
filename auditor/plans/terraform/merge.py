"""Puts together what Terraform keeps apart: rules into their security group, subnets into their network. Pure."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from auditor.model.child_arrays import ARRAYS, FLAT, RULE, SUBNET
from auditor.model.resource import Unknown, parent_of
from auditor.plans.body_writer import merge, put
from auditor.plans.gateway_subnets import GATEWAY, tell_subnets
from auditor.plans.orphan_nsg_rules import GROUP, with_denials
from auditor.plans.orphan_subnets import list_itself
from auditor.plans.private_endpoints import ENDPOINT, asked, connection, leave_open, owners, tell

_SEVERAL: Final = Unknown("several addresses of the plan make this resource: which of them is meant is not known")


class Made(Struct, eq=False):
    """A resource in its ARM or Kubernetes shape, on one side of the change. `onto`: it only adds to another one."""

    kind: str
    id: str | Unknown
    body: dict[str, Any]
    address: str
    onto: bool = False


def join(made: list[Made]) -> list[Made]:
    """The resources of one side, complete. What adds to a resource outside of the plan is left out, except the rules of
    a security group: each of these is judged as a group of its own, together with the denials beside it."""
    kinds = {item.kind.casefold() for item in made}
    if GATEWAY in kinds:
        tell_subnets((item.kind, item.id, item.body) for item in made if not item.onto)
    parts = _parts(made)
    by_id = _by_id(made) if parts or ENDPOINT in kinds else {}
    kept = _joined(made, parts, by_id) if parts else made
    if ENDPOINT in kinds:
        _connect(made, by_id)
    for item in kept:
        leave_open(item.kind, item.body)
    return _groups(kept) if parts else kept


def _parts(made: list[Made]) -> list[Made]:
    """What belongs to another resource: what only adds to it, and what ARM lists inside it."""
    return [item for item in made if item.onto or item.kind.casefold() in ARRAYS]


def _by_id(made: list[Made]) -> dict[str, list[Made]]:
    """The resources by their casefolded ids: several addresses may make one."""
    found: dict[str, list[Made]] = {}
    for item in made:
        if isinstance(item.id, str) and not item.onto:
            found.setdefault(item.id.casefold().rstrip("/"), []).append(item)
    return found


def _joined(made: list[Made], parts: list[Made], by_id: dict[str, list[Made]]) -> list[Made]:
    """The resources, with their parts put into them; parts that stay resources of their own come last."""
    apart = set(parts)
    kept = [item for item in made if item not in apart]
    for item in parts:
        if item.onto:
            _add(made, by_id, item)
    for item in parts:
        if item.onto:
            continue
        kind = item.kind.casefold()
        parents = by_id.get((parent_of(item.id) or "").casefold(), []) if isinstance(item.id, str) else []
        for parent in parents:
            _fold(parent, _place_of(kind), _element(item) if len(parents) == 1 else _SEVERAL)
        if kind == SUBNET and len(parents) != 1:
            list_itself(item.body)
        if kind != RULE or len(parents) != 1:
            kept.append(item)
    return kept


def additions(made: list[Made]) -> list[tuple[str, Made]]:
    """What adds to resources that are not made here, as that part of the resource: associations, rules, subnets. Each
    with the id of the resource that it adds to, empty where that is not known and none of its type is made here. To be
    called after `join`."""
    parts = _parts(made)
    if not parts:
        return []
    there = _by_id(made)
    kinds = {item.kind.casefold() for item in made if not item.onto}
    found: list[tuple[str, Made]] = []
    for item in parts:
        if not isinstance(item.id, str):
            if item.onto and item.kind.casefold() not in kinds:
                found.append(("", item))
        elif item.onto:
            if item.id.casefold().rstrip("/") not in there:
                body = {key: value for key, value in item.body.items() if key != "type"}
                found.append(_inside_network(item.id.rstrip("/"), Made(item.kind, item.id, body, item.address)))
        else:
            parent = parent_of(item.id)
            if parent is not None and parent.casefold() not in there:
                body = {}
                put(body, _place_of(item.kind.casefold()), [_element(item)])
                found.append((parent, Made(item.kind, item.id, body, item.address)))
    return found


def _inside_network(target: str, part: Made) -> tuple[str, Made]:
    """A part of a subnet as a part of its network, where estates have it."""
    network = parent_of(target) if part.kind.casefold() == SUBNET else None
    if network is None:
        return target, part
    element = {"name": target.rpartition("/")[2], **part.body}
    return network, Made(part.kind, part.id, {"properties": {"subnets": [element]}}, part.address)


def _add(made: list[Made], by_id: dict[str, list[Made]], item: Made) -> None:
    """Add to the resource that is meant. Where that is not known, any of its type may have what is added; where it is
    not there, any whose id is not known."""
    added = {key: value for key, value in item.body.items() if key != "type"}
    targets = by_id.get(item.id.casefold().rstrip("/"), []) if isinstance(item.id, str) else []
    for target in targets:
        target.body = merge(target.body, added) if len(targets) == 1 else merge(_vague(added, _SEVERAL), target.body)
    if targets:
        return
    for one in made:
        if not one.onto and one.kind.casefold() == item.kind.casefold():
            unknown = next((id for id in (item.id, one.id) if isinstance(id, Unknown)), None)
            if unknown is not None:
                one.body = merge(_vague(added, unknown), one.body)


def _vague(value: Any, why: Unknown) -> Any:
    """The same objects, with values that are not known."""
    return {key: _vague(inner, why) for key, inner in value.items()} if isinstance(value, dict) else why


def _element(item: Made) -> dict[str, Any]:
    body = item.body
    properties = body.get("properties")
    if item.kind.casefold() in FLAT and isinstance(properties, dict):
        return {"name": body.get("name"), **properties}
    element: dict[str, Any] = {key: body[key] for key in ("id", "name", "properties") if key in body}
    if item.kind.casefold() == SUBNET and isinstance(properties, dict):  # without the list of a lone one
        element["properties"] = {key: value for key, value in properties.items() if key != "subnets"}
    return element


def _fold(parent: Made, path: str, element: Any) -> None:
    """Add an element to an array of the parent, or complete the one of the same name."""
    node: Any = parent.body
    for key in path.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    items = list(node) if isinstance(node, list) else []  # an unknown list is what these elements make of it
    for index, old in enumerate(items):
        if isinstance(old, dict) and isinstance(element, dict) and _same(old.get("name"), element.get("name")):
            items[index] = merge(old, element)
            break
    else:
        items.append(element)
    put(parent.body, path, items)


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.casefold() == other.casefold()


def _connect(made: list[Made], by_id: dict[str, list[Made]]) -> None:
    """Tell the services of their private endpoints."""
    for item in made:
        for wanted in asked(item.body) if item.kind.casefold() == ENDPOINT else ():
            if isinstance(wanted.target, Unknown):
                kinds = owners(wanted.groups)
                for service in made:
                    if service.kind.casefold() in kinds:
                        tell(service.body, wanted.target)
            elif isinstance(wanted.target, str):
                services = by_id.get(wanted.target.casefold().rstrip("/"), [])
                for service in services:
                    tell(service.body, connection(wanted, item.id) if len(services) == 1 else _SEVERAL)


def _place_of(kind: str) -> str:
    """Where the children of a casefolded type stand in their parent."""
    return f"properties.{ARRAYS[kind]}"


def _groups(kept: list[Made]) -> list[Made]:
    """Security rules whose group is not in the plan, each as a group that holds it and the denials beside it."""
    lone = [item for item in kept if item.kind.casefold() == RULE]
    if not lone:
        return kept
    found = [item for item in kept if item.kind.casefold() != RULE]
    for item, rules in with_denials(lone):
        properties = {"securityRules": [_element(rule) for rule in rules]}
        body = {"type": GROUP, "id": item.id, "name": item.body.get("name"), "properties": properties}
        found.append(Made(GROUP, item.id, body, item.address))
    return found
