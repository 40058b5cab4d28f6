"""The properties of an ARM resource, where an export has no object for them. Pure.

Every resource that Azure gives in full has some. `az resource list` gives null for all of them, and tables that were
exported give a text. To take that for "nothing is set" would fail every rule.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from auditor.model.case_insensitive import value_of
from auditor.model.resource import MISSING, Origin, Resource, Unknown

_NONE: Final = Unknown(
    "the input holds no properties of it, as `az resource list` gives none; `auditor collect` and `az graph query` do"
)
_ODD: Final = Unknown("its properties are no object")


def arm_resource(kind: str, body: dict[str, Any], origin: Origin) -> Resource:
    """A resource as Azure gave it; its properties are unknown where they were not given."""
    told = body.get("properties")
    if told.__class__ is dict:
        return Resource(kind, body, origin)
    found = value_of(body, "properties") if told is None else told
    if isinstance(found, str):
        found = _parsed(found)
    if isinstance(found, dict):
        return Resource(kind, {**body, "properties": found}, origin)
    why = _NONE if found is None or found is MISSING else _ODD
    return Resource(kind, {**body, "properties": why}, origin, partial=True)


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
