"""Faults: what has gone wrong in an estate since it was designed, and the findings that must tell of it. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from auditor.demo.estate_inventory import FOLDER, Body, resource_of
from auditor.ingest.yaml_documents import Parsed, yaml_documents
from auditor.model.finding import Outcome
from auditor.model.resource import Record


class Expected(Record, frozen=True, kw_only=True):
    """A finding that a fault must cause; `resource` when it is not the fault's own.

    `derived`: of what a lens derives, its id, or what follows the id of the resource (`effectivePolicies/policy`).
    """

    rule: str
    resource: str | None = None
    derived: str | None = None
    element: str | None = None
    outcome: Outcome = Outcome.FAIL


class Edit(Record, frozen=True, kw_only=True):
    """What becomes of one resource: a `change`, or it is removed; or one is added.

    A resource is named by the end of its id, as much of it as is needed (`servers/sql-orders/firewallRules/office`).
    """

    resource: str | None = None
    change: dict[str, Any] | None = None
    add: dict[str, Any] | None = None
    remove: bool = False


class Fault(Edit, frozen=True, kw_only=True):
    """One planted fault: an edit, those that go with it, and the findings, which are of the first one's resource."""

    id: str
    says: str
    also: tuple[Edit, ...] = ()
    findings: tuple[Expected, ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        return self, *self.also


Key = tuple[str, str, str | None, str]
"""Rule, casefolded id of the resource, element, outcome."""


def planted() -> list[Fault]:
    """The faults of the demo."""
    with (FOLDER / "faults.yaml").open("rb") as stream:
        (document,) = yaml_documents(stream)
    assert isinstance(document, Parsed), document  # noqa: S101  (our own file)
    return msgspec.convert(document.value, list[Fault])


def as_found(designed: Sequence[Body], faults: Iterable[Fault]) -> list[Body]:
    """The estate with the faults in it. Nothing given is changed."""
    found = [copy.deepcopy(body) for body in designed]
    ids = [_id(body) for body in found]
    for edit in (edit for fault in faults for edit in fault.edits):
        if edit.add is not None:
            found.append(copy.deepcopy(edit.add))
            ids.append(_id(edit.add))
            continue
        at = _position(ids, edit.resource or "")
        if edit.remove:
            del found[at], ids[at]
        else:
            found[at] = merged(found[at], edit.change)
            ids[at] = _id(found[at])
    return found


def answer_key(designed: Sequence[Body], faults: Sequence[Fault]) -> set[Key]:
    """Every finding that an audit of the estate as found must give, beside those that pass."""
    added = (edit.add for fault in faults for edit in fault.edits if edit.add is not None)
    ids = [_id(body) for body in (*designed, *added)]
    return {key for fault in faults for key in _keys(ids, fault)}


def _keys(ids: Sequence[str], fault: Fault) -> Iterable[Key]:
    own = _id(fault.add) if fault.add is not None else fault.resource or ""
    for finding in fault.findings:
        if finding.derived and finding.derived.startswith("/"):
            judged = finding.derived
        else:
            judged = ids[_position(ids, finding.resource or own)]
            judged += f"/{finding.derived}" if finding.derived else ""
        yield finding.rule, judged.casefold(), finding.element, finding.outcome.value


def _id(body: Body) -> str:
    return resource_of(body).id.casefold()


def _position(ids: Sequence[str], name: str) -> int:
    end = "/" + name.casefold().lstrip("/")
    found = [at for at, one in enumerate(ids) if one.endswith(end)]
    if len(found) != 1:
        raise LookupError(f"{name!r} is the end of {len(found)} ids")
    return found[0]


_NAMES: Final = ("name", "hostName")


def merged(value: Any, patch: Any) -> Any:
    """A value changed by a merge patch: objects are merged, null removes a key, anything else is replaced.

    A list of named elements changes those of a list of named elements, as `kubectl patch` does: one with the same name
    is merged, or removed when it says `$patch: delete`; others are appended.
    """
    if isinstance(patch, Mapping):
        changed = dict(value) if isinstance(value, Mapping) else {}
        for key, part in patch.items():
            if part is None:
                changed.pop(key, None)
            else:
                changed[key] = merged(changed.get(key), part)
        return changed
    if isinstance(patch, list) and patch and isinstance(value, list) and all(map(_name, [*value, *patch])):
        return _merged_by_name(value, patch)
    return copy.deepcopy(patch)


def _merged_by_name(elements: list[Any], patches: list[Any]) -> list[Any]:
    named = {_name(element): element for element in elements}
    for patch in patches:
        if patch.get("$patch") == "delete":
            del named[_name(patch)]
        else:
            named[_name(patch)] = merged(named.get(_name(patch)), patch)
    return list(named.values())


def _name(element: Any) -> str | None:
    if not isinstance(element, Mapping):
        return None
    return next((element[key] for key in _NAMES if isinstance(element.get(key), str)), None)
