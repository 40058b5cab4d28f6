"""The APIs of a service of API Management: which of them a request meets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from auditor.lenses.paths.estate import Estate, word
from auditor.lenses.paths.routes import taken
from auditor.lenses.paths.service import KIND, service_of
from auditor.lenses.paths.shapes import Missing
from auditor.lenses.sightings import get, text_at
from auditor.model import Resource, Unknown, parent_of

KINDS: Final = (f"{KIND}/apis", f"{KIND}/workspaces/apis")
WORKSPACES: Final = f"{KIND}/workspaces"
READS: Final = frozenset({*KINDS, WORKSPACES})


class Apis:
    """The APIs of the estate, by service."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._apis: dict[str, dict[str, list[tuple[Resource, str]]]] = defaultdict(dict)  # by service, first segment
        for api in estate.all(*KINDS):
            if get(api.body, "properties", "isCurrent") is not False:  # else it is an old revision
                serves = _route_of(api)
                self._apis[service_of(api.id)].setdefault(_segment(serves), []).append((api, serves))

    def hole(self, service: Resource) -> str | None:
        """Why a service may have more APIs than were read."""
        return self._estate.hole(KINDS[0], service.id) or self._estate.gap(KINDS[1], service.id)

    def serving(self, service: Resource, route: str) -> Iterator[tuple[Resource, str]]:
        """The APIs of a service that a route may lead to, each with its own route."""
        segments = self._apis.get(service.id.casefold(), {})
        wanted = {_segment(part) for part in route.split(",")}
        near = [pair for one in (segments if "" in wanted else sorted({"", *wanted})) for pair in segments.get(one, ())]
        known = [(serves, not isinstance(get(api.body, "properties", "path"), Unknown)) for api, serves in near]
        yield from (near[number] for number in taken(route, known))

    def elsewhere(self, service: Resource, api: Resource) -> tuple[Missing, ...]:
        """An API of a workspace may be served by a gateway of the workspace alone."""
        if api.type.casefold() != KINDS[1]:
            return ()
        workspace = self._estate.by_id(WORKSPACES, parent_of(api.id))
        serves = word(workspace.body, "properties", "serveOn") if workspace else ""
        if isinstance(serves, str) and "default" in serves:
            return ()
        name = (parent_of(api.id) or "").rpartition("/")[2]
        why = "its APIs may be served by a gateway of its own alone"
        return (Missing(f"workspace {name} at the gateway of {service.name}", why),)


def _route_of(api: Resource) -> str:
    path = text_at(api.body, "properties", "path") or ""
    return f"/{path.strip('/')}/*" if path.strip("/") else "/*"


def _segment(route: str) -> str:
    """The first segment of a route in small letters; empty for one that takes all."""
    return route.strip().rstrip("*").strip("/").partition("/")[0].casefold()
