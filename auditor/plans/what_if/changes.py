"""The answer of an ARM what-if (REST or command line) → resources before and after, in their live shape. Pure.

What-if leaves what it cannot evaluate as the text of an expression (`[reference(…)]`): it is unknown here. Where it
gives no payload (Deploy, Unsupported) there is a gap of the type instead of a resource. A potential change is judged as
what the resource will be if it is made; but its id is unknown, so that no other resource is said to have it.
Source: learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if, and the operation Deployments_WhatIf
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.model.accounting import Accounting
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown, holds_unknown
from auditor.plans.agreement import both_given
from auditor.plans.arm.expressions import Call, ExpressionError, Member, is_expression, parse, unescaped
from auditor.plans.arm.merge import Item, join
from auditor.plans.change import DELETED, UNCHANGED, Action, Change, Changes
from auditor.plans.overlay.bodies import keep_read_only
from auditor.plans.what_if.agreement import CONTRADICTED, with_contradictions_unknown
from auditor.plans.what_if.answer import answer_of, said
from auditor.plans.what_if.delta import Delta, applied, problem_of, touches_properties

_ACTIONS: Final[Mapping[str, Action]] = {
    "create": "create",
    "modify": "update",
    "delete": "delete",
    "deploy": "update",
    "detach": "no-op",
    "ignore": "no-op",
    "nochange": "no-op",
}

_MAKING: Final = ("create", "modify", "deploy")
"""Kinds of change that leave a resource."""
_MAX_DEPTH: Final = 100
_GROUP: Final = "Microsoft.Resources/resourceGroups"
_GROUPS: Final = (_GROUP.casefold(), "microsoft.resources/subscriptions/resourcegroups")


def read_what_if(raw: dict[str, Any], file: str) -> Changes:
    """What a deployment would change. Raises InputError when it is no answer of a what-if, or that of a failed one."""
    answer = answer_of(raw, file)
    gaps = answer.gaps
    listed, potential = answer.changes, answer.potential
    for name, entries in (("changes", listed), ("potentialChanges", potential), ("diagnostics", answer.diagnostics)):
        gaps += _no_objects(entries, f"{file}: {name}")
    found = [_changed(change, file, gaps) for change in _dicts(listed)]
    for change in _dicts(potential):
        reason = "what-if cannot tell whether it will be changed"
        gaps.append(Gap(what=_place(change, file), reason=reason, kind="unknown-until-apply", type=type_in(change)))
        found.append(_changed(change, file, gaps, Unknown(reason)))
    accounting = _accounting(listed, potential, found)
    accounting.expect(answer.strays)
    accounting.gap(answer.strays)
    for diagnostic in _dicts(answer.diagnostics):
        if _text(diagnostic, "level").casefold() != "info":
            gaps.append(Gap(what=_text(diagnostic, "target") or file, reason=said(diagnostic)))
    changes = _joined([change for change in found if change is not None])
    types = {side.type.casefold() for change in changes for side in (change.after, change.before) if side}
    return Changes(changes, accounting, tuple(dict.fromkeys(gaps)), frozenset(types))


def _accounting(listed: list[Any], potential: Any, found: list[Change | None]) -> Accounting:
    """What became of each change: one that is not understood, or no object, has a gap."""
    entries = [*listed, *(potential if isinstance(potential, list) else [potential] * (potential is not None))]
    accounting = Accounting()
    accounting.expect(len(entries))
    accounting.gap(sum(not isinstance(entry, dict) for entry in entries))
    for change in found:
        end = None if change is None else change.after or change.before
        if change is None or end is None:
            accounting.gap()
        elif change.action == "no-op":
            accounting.leave_out(UNCHANGED, end.id)
        elif change.after is None:
            accounting.leave_out(DELETED, end.id)
        else:
            accounting.resource()
    return accounting


def _no_objects(listed: Any, place: str) -> list[Gap]:
    """A gap for each entry of a list that is not an object, and for what should be a list."""
    if listed is not None and not isinstance(listed, list):
        return [Gap(what=place, reason="it is not a list")]
    entries = enumerate(listed or ())
    return [
        Gap(what=f"{place}[{number}]", reason="the entry is not an object")
        for number, item in entries
        if not isinstance(item, dict)
    ]


def _joined(changes: list[Change]) -> tuple[Change, ...]:
    """The changes, with parents and services that know what a deployment makes apart from them; and for each security
    rule without its group a group of its own."""
    items: dict[Item, tuple[Action, Resource]] = {}
    for change in changes:
        if change.after is not None:
            known = change.after.body.get("id")
            own = known if isinstance(known, Unknown) else change.after.id
            items[Item(change.after.type, own, change.after.body)] = change.action, change.after
    lone = join(list(items))
    for _action, resource in items.values():
        resource.partial = holds_unknown(resource.body)
    for rule, group in lone:
        action, resource = items[rule]
        made = Resource(group.kind, group.body, resource.origin, partial=holds_unknown(group.body))
        changes.append(Change(action, made))
    return tuple(changes)


def _changed(change: dict[str, Any], file: str, gaps: list[Gap], doubt: Unknown | None = None) -> Change | None:
    kind = _text(change, "changeType").casefold()
    action = _ACTIONS.get(kind)
    before, after = _object(change.get("before")), _object(change.get("after"))
    delta = _dicts(change.get("delta"))
    if problem := problem_of(change.get("delta")):
        gaps.append(Gap(what=_place(change, file), reason=problem, type=type_in(change)))
    if kind in _MAKING:
        if touches_properties(delta) and (after is None or "properties" not in after):
            after = None if before is None else _object(applied(before, delta))
        after = None if after is None else _object(_evaluated(with_contradictions_unknown(after, delta)))
        if kind == "modify" and before and after:
            keep_read_only(before, after)
    elif action == "no-op":
        before, after = before or after, after or before
        found = _unchanged(before, after, delta)
        if found is not after:
            action, after = "update", _object(_evaluated(found))
    if kind == "create":
        before = None
    if kind == "delete":
        if after:
            reason = "what-if deletes it, and describes what it will be"
            gaps.append(Gap(what=_place(change, file), reason=reason, type=type_in(change)))
        before, after = before or after, None
    if action is None or (before is None and after is None) or (kind in _MAKING and after is None):
        gaps.append(Gap(what=_place(change, file), reason=_why_not(change, kind), type=type_in(change)))
        return None
    if differs := _of_two_types(change):
        gaps.append(Gap(what=_place(change, file), reason=differs, type=type_in(change)))
    if type_in(change) is None:
        gaps.append(Gap(what=_place(change, file), reason="it is no resource of Azure, or says no type"))
        return None
    return Change(action, _resource(after, change, file, doubt), _resource(before, change, file))


def _unchanged(before: dict[str, Any] | None, after: dict[str, Any] | None, delta: Delta) -> Any:
    """A resource that is said to stay as it is; another object when something else contradicts that."""
    if before is None or after is None:
        return after
    found = with_contradictions_unknown(after, delta)
    made = found if before is after else both_given(found, before, CONTRADICTED)
    return after if made == after else made


def _why_not(change: dict[str, Any], kind: str) -> str:
    if kind in ("deploy", "create", "modify", "delete"):
        return "what-if does not tell all of it: run it with the result format FullResourcePayloads"
    told = _text(change, "unsupportedReason") or _text(change, "changeType") or "no kind of change"
    return f"what-if does not evaluate it: {told}"


def _resource(
    body: dict[str, Any] | None, change: dict[str, Any], file: str, doubt: Unknown | None = None
) -> Resource | None:
    if body is None:
        return None
    kind, resource_id = type_in(change) or "", _text(change, "resourceId")
    made = {**body, "type": kind}
    if not isinstance(made.get("id"), str) and resource_id:
        made["id"] = resource_id
    if not isinstance(made.get("name"), str | Unknown):
        made["name"] = resource_id.rpartition("/")[2]
    shown = made.get("id")
    if doubt is not None:
        made["id"] = doubt
    origin = Origin(source="plan", address=resource_id or None, file=file)
    resource = Resource(kind, made, origin, partial=holds_unknown(made))
    if doubt is not None and isinstance(shown, str):
        resource._id = shown  # findings still need one: what conditions see stays unknown
    return resource


def _evaluated(value: Any, depth: int = 0) -> Any:
    """A payload in which texts that are expressions are unknown."""
    if depth > _MAX_DEPTH:
        return Unknown("it is nested too deeply")
    if isinstance(value, dict):
        return {key: _evaluated(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_evaluated(item, depth + 1) for item in value]
    if not isinstance(value, str) or not value.startswith("["):
        return value
    if not is_expression(value):
        return unescaped(value)
    try:
        calls = isinstance(parse(value), Call | Member)
    except ExpressionError:
        return value  # a text in brackets
    return Unknown(f"it is known only when it is deployed: {value}"[:200]) if calls else value


def type_in(change: dict[str, Any]) -> str | None:
    """The type of what is changed: as its id says, else as its payload does."""
    told, payload = _type_of_id(_text(change, "resourceId")), _type_in_payload(change)
    spelled_alike = told and payload and told.casefold() == payload.casefold()
    return payload if spelled_alike or not told else told


def _type_in_payload(change: dict[str, Any]) -> str | None:
    bodies = [change.get("after"), change.get("before"), change]
    kinds = [_text(body, "type") for body in bodies if isinstance(body, dict)]
    return next((kind for kind in kinds if "/" in kind), None)


def _type_of_id(resource_id: str) -> str | None:
    head, provider, tail = resource_id.rpartition("/providers/")
    parts = tail.split("/")
    if provider and len(parts) > 2:
        return "/".join([parts[0], *parts[1::2]])
    scope = head.split("/") if head else parts
    is_group = not provider and len(scope) == 5 and scope[3].casefold() == "resourcegroups"
    return _GROUP if is_group else None


def _of_two_types(change: dict[str, Any]) -> str | None:
    """Why a payload is not of the type that the id says; None where it is."""
    told, payload = _type_of_id(_text(change, "resourceId")), _type_in_payload(change)
    if told is None or payload is None or told.casefold() == payload.casefold() or payload.casefold() in _GROUPS:
        return None
    return f"its id is that of {told}, and its payload says {payload[:80]}"


def _place(change: dict[str, Any], file: str) -> str:
    return _text(change, "resourceId") or file


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
