"""Application Gateway as ARM writes it: lists of named elements that refer to each other by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from auditor.lenses.values import last, listing, text_at
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

KIND: Final = "microsoft.network/applicationgateways"
READS: Final = frozenset({KIND})
TCP: Final = Unknown("what is sent over TCP is not visible")
NO_PROTOCOL: Final = Unknown("no protocol is named")


@dataclass(frozen=True, slots=True)
class Level:
    """Where the elements of one level stand: HTTP (layer 7), or TCP and TLS (layer 4)."""

    listeners: str
    rules: str
    listener: str
    setting: str
    settings: str


LEVELS: Final = (
    Level(
        "httpListeners", "requestRoutingRules", "httpListener", "backendHttpSettings", "backendHttpSettingsCollection"
    ),
    Level("listeners", "routingRules", "listener", "backendSettings", "backendSettingsCollection"),
)  # fmt: skip


def name_in(reference: Any) -> str:
    """The name of the element that a reference `{id}` is to, in small letters; empty where it is not known."""
    told = get(reference, "id") if isinstance(reference, dict) else None
    if isinstance(told, Unknown):
        return last(told.end) if "/" in told.end else ""
    return last(told if isinstance(told, str) else None)


class Elements:
    """The elements of one gateway, found by the last part of the ids that refer to them."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.properties = get(resource.body, "properties")
        self._elements: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {}

    def named(self, collection: str, reference: Any) -> tuple[int, dict[str, Any]] | None:
        """The element that a reference `{id}` names, with its number."""
        found = self._elements.get(collection)
        if found is None:
            listed = get(self.properties, collection)
            found = self._elements[collection] = {
                (last(text_at(item, "id")) or (text_at(item, "name") or "").casefold()): (number, item)
                for number, item in enumerate(listed if isinstance(listed, list) else ())
                if isinstance(item, dict)
            }
        named = name_in(reference)
        if named:
            return found.get(named)
        only = isinstance(reference, dict) and isinstance(get(reference, "id"), Unknown) and len(found) == 1
        whole = only and listing(self.properties, collection)[1] is None
        return next(iter(found.values())) if whole else None  # a reference stays inside its gateway

    def missing(self, collection: str, reference: Any) -> str:
        """Why a reference names nothing."""
        told = get(reference, "id") if isinstance(reference, dict) else reference
        if isinstance(told, Unknown):
            return told.reason
        return "nothing is named" if told is None else f"{collection} holds no such element"
