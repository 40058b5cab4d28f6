"""The APIs of a service of API Management: which of them a request meets, by its path and the version in it.

A version stands in the path, or in a header or query parameter beside it: the version set of the API says which.
Revisions beside the current one are called by `;rev=` after the path, until they are taken offline.
Source: learn.microsoft.com: api-management/api-management-versions and api-management-revisions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditor.lenses.paths.apim.service import KIND, service_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.model import Missing
from auditor.lenses.paths.routes import overlaps, taken
from auditor.lenses.values import last, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

KINDS: Final = (f"{KIND}/apis", f"{KIND}/workspaces/apis")
SETS: Final = (f"{KIND}/apiversionsets", f"{KIND}/workspaces/apiversionsets")
WORKSPACES: Final = f"{KIND}/workspaces"
READS: Final = frozenset({*KINDS, *SETS, WORKSPACES})
_ANY: Final = "(not known)"


@dataclass(frozen=True, slots=True)
class Served:
    """The route of an API. Where that is not known for sure, `least` is the narrowest that it may be, and `why`."""

    api: Resource
    route: str
    least: str = ""
    why: str = ""


class Apis:
    """The APIs of the estate, by service."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._apis: dict[str, dict[str, list[Served]]] = defaultdict(dict)  # by service, first segment of the route
        for api in estate.all(*KINDS):
            if get(api.body, "properties", "isOnline") is not False:
                served = _revised(self._served(api))
                self._apis[service_of(api.id)].setdefault(_segment(served.route), []).append(served)

    def hole(self, service: Resource) -> str | None:
        """Why a service may have more APIs than were read."""
        return self._estate.hole(KINDS[0], service.id) or self._estate.gap(KINDS[1], service.id)

    def serving(self, service: Resource, route: str) -> Iterator[tuple[Resource, str, tuple[Missing, ...]]]:
        """The APIs of a service that a route may lead to: each with its own route, and why it may not."""
        segments = self._apis.get(service.id.casefold(), {})
        wanted = {_segment(part) for part in route.split(",")}
        near = [one for part in (segments if "" in wanted else sorted({"", *wanted})) for one in segments.get(part, ())]
        for number in taken(route, [(one.route, not one.least) for one in near]):
            found = near[number]
            doubt = () if not found.least or overlaps(route, found.least) else (Missing(_way(found, route), found.why),)
            yield found.api, found.route, (*self._elsewhere(service, found.api), *doubt)

    def _served(self, api: Resource) -> Served:
        own = get(api.body, "properties")
        path, version = get(own, "path"), get(own, "apiVersion")
        if isinstance(path, Unknown):
            return Served(api, "/*", _route(_ANY), path.reason)
        begin = path if isinstance(path, str) else ""
        if not version:  # what was there before it had versions
            return Served(api, _route(begin))
        scheme = self._scheme(api)
        if scheme in ("header", "query"):
            return Served(api, _route(begin))
        if isinstance(version, Unknown):
            return Served(api, _route(begin), _route(begin, _ANY), version.reason)
        if scheme == "segment":
            return Served(api, _route(begin, str(version)))
        why = scheme.reason if isinstance(scheme, Unknown) else "its version set names no scheme that is known"
        return Served(api, _route(begin), _route(begin, str(version)), why)

    def _scheme(self, api: Resource) -> str | Unknown:
        """Where the version of an API stands: segment, header, query."""
        own = get(api.body, "properties")
        told = word(own, "apiVersionSet", "versioningScheme")
        named = get(own, "apiVersionSetId")
        if told or not isinstance(named, str):
            return told or (named if isinstance(named, Unknown) else Unknown("no version set is named"))
        kind = SETS[KINDS.index(api.type.casefold())]
        found = self._estate.by_id(kind, f"{parent_of(api.id)}/apiVersionSets/{last(named.rstrip('/'))}")
        if found is None:
            hole = self._estate.hole(kind, api.id)
            return Unknown(hole or f"version set {last(named)} was not found")
        return word(found.body, "properties", "versioningScheme")

    def _elsewhere(self, service: Resource, api: Resource) -> tuple[Missing, ...]:
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


def _route(*parts: str) -> str:
    """The route of everything below a path."""
    whole = "/".join(filter(None, (part.strip("/") for part in parts)))
    return f"/{whole}/*" if whole else "/*"


def _revised(served: Served) -> Served:
    """The route of a revision: that of the API for the current one."""
    own = get(served.api.body, "properties")
    if get(own, "isCurrent") is not False:
        return served
    number = text_at(own, "apiRevision") or served.api.name.rpartition(";rev=")[2]
    route, least = (f"{one.removesuffix('/*')};rev={number}/*" if one else "" for one in (served.route, served.least))
    return Served(served.api, route, least, served.why)


def _way(served: Served, route: str) -> str:
    version = word(served.api.body, "properties", "apiVersion")
    told = f"version {version} of API" if isinstance(version, str) and version else "API"
    return f"{told} {served.api.name} at {route}"


def _segment(route: str) -> str:
    """The first segment of a route in small letters; empty for one that takes all."""
    return route.strip().rstrip("*").strip("/").partition("/")[0].casefold()
