"""The answer of a what-if, whoever wrote it, in the spelling of Resource Manager: its changes and why it is not whole.

The REST API, the command lines, the SDKs and deployment stacks spell and nest the same members in different ways. Pure.
Sources: the REST reference of Deployments_WhatIf (`WhatIfOperationResult`) and of the what-if of deployment stacks
(`DeploymentStacksWhatIfResult`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from auditor.ingest.stray_members import stray, stray_members
from auditor.model.errors import InputError
from auditor.model.gap import Gap
from auditor.model.paging import letters_of, markers_of


def _spelled(*names: str) -> dict[str, str]:
    return {letters_of(name): name for name in names}


_ANSWER: Final = _spelled(
    "changes", "diagnostics", "error", "potentialChanges", "properties", "provisioningState", "status"
)
_CHANGE: Final = _spelled(
    "after", "before", "changeCertainty", "changeType", "delta", "id", "resourceConfigurationChanges", "resourceId",
    "type", "unsupportedReason",
)  # fmt: skip
_PROPERTY: Final = _spelled("after", "before", "children", "path", "propertyChangeType")
_LISTS: Final = ("changes", "potentialChanges", "diagnostics")
_STACK: Final = _spelled("resourceChanges")
_MAX_DEPTH: Final = 50


class Answer(Struct):
    """What an answer holds. `changes` and `potential` are as they are given where they are no lists. `strays`: how many
    changes stand in members that are not read."""

    changes: Any
    potential: Any
    diagnostics: Any
    gaps: list[Gap]
    strays: int


def is_answer(raw: Mapping[str, Any]) -> bool:
    """Whether a document has the changes of a what-if, in any spelling."""
    top = _named(raw, _ANSWER)[0]
    inner = top.get("properties")
    for holder in (top, _named(inner, _ANSWER)[0] if isinstance(inner, dict) else {}):
        changes = holder.get("changes")
        if isinstance(changes, dict) and "resourceChanges" in _named(changes, _STACK)[0]:
            return True
        if isinstance(changes, list) and (not changes or any(map(_is_change, changes))):
            return True
    return False


def answer_of(raw: dict[str, Any], file: str) -> Answer:
    """The answer in a document. Raises InputError when it has none, or is that of a what-if that failed."""
    top, twice = _named(raw, _ANSWER)
    inner = top.get("properties")
    nested: dict[str, Any] = {}
    if isinstance(inner, dict):
        nested, more = _named(inner, _ANSWER)
        twice += more
    holder = top if "changes" in top else nested
    listed, potential = _lists(holder)
    error = top.get("error")
    if isinstance(error, dict) and not listed:
        raise InputError(f"{file} is a what-if that failed: {said(error)}", "Fix the deployment, and run it again.")
    if not isinstance(listed, list):
        raise InputError(f"{file} is no answer of a what-if: it has no changes", "Write it with --no-pretty-print.")
    reasons = [f"it has the member {name} in two spellings" for name in dict.fromkeys(twice)]
    count = len(listed) + (len(potential) if isinstance(potential, list) else 0)
    reasons += [
        problem for part in (raw, inner) if isinstance(part, dict) and (problem := markers_of(part).problem(count))
    ]
    state = top.get("status") if top.get("status") is not None else nested.get("provisioningState")
    if state is not None and (not isinstance(state, str) or state.casefold() != "succeeded"):
        reasons.append(f"the what-if has not succeeded: its status is {str(state)[:40]}")
    strays = [
        *stray_members(top, _LISTS, ("properties",), _may_be_change),
        *stray_members(nested, _LISTS if holder is nested else (), (), _may_be_change),
    ]
    reasons += [stray(key, number) for key, number in strays]
    gaps = [Gap(what=file, reason=reason) for reason in dict.fromkeys(reasons)]
    changes, potential = _each(listed, gaps, file), _each(potential, gaps, file)
    return Answer(changes, potential, holder.get("diagnostics"), gaps, sum(number for _key, number in strays))


def _lists(holder: dict[str, Any]) -> tuple[Any, Any]:
    """The changes and the potential changes. A deployment stack has one list of both."""
    changes = holder.get("changes")
    if not isinstance(changes, dict):
        return changes, holder.get("potentialChanges")
    listed = _named(changes, _STACK)[0].get("resourceChanges")
    if not isinstance(listed, list):
        return listed, None
    sure = [item for item in listed if not _is_potential(item)]
    return sure, [item for item in listed if _is_potential(item)]


def _is_potential(item: Any) -> bool:
    return isinstance(item, dict) and _folded(_named(item, _CHANGE)[0].get("changeCertainty")) == "potential"


def _is_change(item: Any) -> bool:
    return isinstance(item, dict) and "changeType" in _named(item, _CHANGE)[0]


def _may_be_change(item: Any) -> bool:
    return isinstance(item, dict) and any(letters_of(key) in ("resourceid", "changetype") for key in item)


def _each(listed: Any, gaps: list[Gap], file: str) -> Any:
    """The changes of a list in the spelling of Resource Manager."""
    return [_change(item, gaps, file) for item in listed] if isinstance(listed, list) else listed


def _change(item: Any, gaps: list[Gap], file: str) -> Any:
    if not isinstance(item, dict):
        return item
    made, twice = _named(item, _CHANGE)
    if isinstance(made.get("resourceConfigurationChanges"), dict):  # of a deployment stack
        made = {**_named(made["resourceConfigurationChanges"], _CHANGE)[0], **made}
    if "resourceId" not in made and isinstance(made.get("id"), str):
        made["resourceId"] = made["id"]
    if isinstance(made.get("delta"), list):
        made["delta"] = [_property(part, 0) for part in made["delta"]]
    if twice:
        what = made.get("resourceId")
        reason = f"the change has the member {twice[0]} in two spellings"
        gaps.append(Gap(what=what if isinstance(what, str) and what else file, reason=reason))
    return made


def _property(part: Any, depth: int) -> Any:
    """The change of a property, with those inside it."""
    if not isinstance(part, dict) or depth > _MAX_DEPTH:
        return part
    made = _named(part, _PROPERTY)[0]
    if isinstance(made.get("children"), list):
        made["children"] = [_property(child, depth + 1) for child in made["children"]]
    return made


def _named(holder: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """An object with known members under their own names, and those that it has in two spellings: the first counts, and
    the second keeps its spelling."""
    made: dict[str, Any] = {}
    twice: list[str] = []
    for key, value in holder.items():
        name = names.get(letters_of(key), key) if isinstance(key, str) else key
        if name in made:
            twice.append(name)
        made[key if name in made else name] = value
    return made, twice


def _folded(value: Any) -> str:
    return value.casefold() if isinstance(value, str) else ""


def said(error: Mapping[str, Any]) -> str:
    """The code and the message of an error or a diagnostic."""
    parts = (error.get("code"), error.get("message"))
    text = ": ".join(part for part in parts if isinstance(part, str) and part)
    return text[:200] or "no reason is given"
