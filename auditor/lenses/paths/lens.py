"""The lens of traffic paths: one `auditor/trafficPath` for each public host and route, down to one backend.

Three steps: index what was read (`paths/estate.py`), follow every way in from the Internet hop by hop
(`paths/gateway.py`, `management.py`, `clusters.py`; `landings.py` knows where a request arrives), and sum each path up.
What cannot be resolved is a missing edge with its name, and nothing after it is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from auditor.lenses.api_policy.lens import effective_policies
from auditor.lenses.api_policy.scopes import Estate as Policies
from auditor.lenses.coverage import Coverage
from auditor.lenses.derived import derived
from auditor.lenses.paths.apim.entry import Management
from auditor.lenses.paths.appgw.elements import KIND as GATEWAY
from auditor.lenses.paths.appgw.index import ApplicationGateways
from auditor.lenses.paths.appgw.routing import Gateway
from auditor.lenses.paths.bypasses import Around
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.frontdoor.routes import FrontDoors
from auditor.lenses.paths.kubernetes.clusters import Clusters
from auditor.lenses.paths.logs import Logs
from auditor.lenses.paths.model import (
    MUTUAL,
    PASSTHROUGH,
    PLAINTEXT,
    UNVERIFIED,
    VERIFIED,
    Entered,
    Hop,
    Missing,
    lowest,
)
from auditor.lenses.paths.naming import named
from auditor.lenses.paths.network.dns import Names
from auditor.lenses.paths.network.forwarded_paths import forwarded
from auditor.lenses.paths.receivers import Landings
from auditor.lenses.paths.trust import Trust
from auditor.model.projection import IDENTITY, Fields
from auditor.model.resource import Resource, Unknown, arm_scope

TYPE: Final = "auditor/trafficPath"
_IDENTITY: Final = Fields.named(IDENTITY)
_WEAKEST: Final = (PLAINTEXT, "", UNVERIFIED, VERIFIED, PASSTHROUGH, MUTUAL)
"""The empty text stands for unknown: it may be plain text, and is surely no better than what is known to be weak."""


class TrafficPaths:
    """The lens."""

    def __init__(self, coverage: Coverage) -> None:
        self._estate = Estate(coverage)
        self._policies = Policies(coverage)

    def take(self, resource: Resource) -> None:
        """Keep a resource."""
        self._estate.take(resource)
        self._policies.take(resource)

    def derived(self) -> Iterator[Resource]:
        """The traffic paths of an estate."""
        estate = self._estate
        trust = Trust(estate)
        around = Around(estate)
        landings = Landings(estate, Names(estate))
        policies = effective_policies(self._policies)
        landings.gateways = ApplicationGateways(estate, trust, landings.land)
        landings.management = Management(estate, trust, policies, landings.land, around.management)
        landings.clusters = Clusters(estate, trust, around)
        logs = Logs(estate)
        reached: set[str] = set()
        hosts: set[str] = set()
        every: list[Entered] = []
        for resource in estate.all(GATEWAY):
            for found in Gateway(resource, estate, trust, landings.land).paths():
                reached.update(one["to"].get("resource", "") for one in found.tail.hops)
                hosts.add(found.host)
                every.append(_light(found))
        for found in (
            *landings.management.paths(),
            *FrontDoors(estate, trust, landings).paths(),
            *forwarded(trust, landings.land, landings.clusters, around),
        ):
            reached.update(one["to"].get("resource", "") for one in found.tail.hops)
            every.append(_light(found))
        every += map(_light, landings.clusters.paths(frozenset(reached), frozenset(hosts)))
        drafts = [(found, _narrow(found.route, found.tail.label)) for found in every]
        entries: set[tuple[str, str]] = set()
        dated: dict[Any, dict[str, Any]] = {}
        for (found, route), (key, name) in zip(drafts, named(drafts), strict=True):
            properties = _properties(found, route, logs, dated, first=_once(found, entries))
            scope = arm_scope(found.resource.body)
            yield derived(TYPE, f"/trafficPaths/{key}", name, properties, found.resource.origin, scope)


def _light(found: Entered) -> Entered:
    """The same; of the resource that is entered what says which one it is, for it is held until all paths are known."""
    return replace(found, resource=_IDENTITY.reduced(found.resource))


def _properties(
    found: Entered, route: str, logs: Logs, dated: dict[Any, dict[str, Any]], *, first: bool
) -> dict[str, Any]:
    """A path with its sums."""
    tail = found.tail
    properties: dict[str, Any] = {
        "host": found.host,
        "route": route,
        "public": found.public,
        "firstOfEntry": first,
        "entry": found.entry,
        "target": tail.target,
        "hops": list(tail.hops),
        "missing": [{"hop": one.hop, "edge": one.edge, "reason": one.reason} for one in tail.missing],
        "complete": _complete(tail.missing),
        "weakest": _weakest(tail.hops),
        "bypasses": list(tail.bypasses),
        "logs": logs.of(tail.logging) if tail.logging else None,
        "authentication": tail.authentication,
        "redirect": tail.redirect if len(tail.hops) == 1 else None,  # further in, requests have come far already
        "tls": lowest([one["tls"] for one in tail.hops if "tls" in one]),
        "certificates": list(_dates(tail.hops, dated)),
    }
    ends = [one for one in properties["certificates"] if isinstance(one["notAfter"], str)]
    properties["expires"] = min(ends, key=lambda one: str(one["notAfter"]), default=None)
    properties = {key: value for key, value in properties.items() if value is not None}
    blind = next((one["nameMatches"] for one in tail.hops if one["to"]["kind"] == "unknown"), None)
    if blind is not None:
        _forget(properties, blind)
    return properties


def _once(found: Entered, entries: set[tuple[str, str]]) -> bool:
    """True for the first path of an entry: what is said of the entry itself is said once."""
    key = found.resource.id, found.entry["name"]
    first = key not in entries
    entries.add(key)
    return first


def _forget(properties: dict[str, Any], why: Unknown) -> None:
    """Behind an edge that could not be looked for anything may be: nothing good can be said of the path as a whole."""
    if "redirect" not in properties and properties.get("authentication", {"effective": True})["effective"] is not False:
        properties["authentication"] = {"effective": why, "by": [], "exceptions": []}
    properties["bypasses"].append({"kind": "unknown", "resource": "", "path": "", "says": why.reason, "open": why})
    properties["certificates"].append({"name": "unknown", "notAfter": why})
    if properties.get("logs", {}).get("together") is True:
        properties["logs"] = properties["logs"] | {"together": why}


def _complete(missing: Sequence[Missing]) -> bool | Unknown:
    """False when an edge is surely not there; unknown, with its name, when one could not be looked for."""
    if any(one.gone for one in missing):
        return False
    return Unknown(f"{missing[0].edge}: {missing[0].reason}") if missing else True


def _weakest(hops: Sequence[Hop]) -> dict[str, Any]:
    """The first of the weakest hops."""

    def rank(number: int) -> int:
        protection = hops[number]["protection"]
        return _WEAKEST.index(protection if isinstance(protection, str) else "")

    number = min(range(len(hops)), key=rank)
    return {"hop": number, "protection": hops[number]["protection"]}


def _dates(hops: Sequence[Hop], known: dict[Any, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every certificate on the way, with the authorities above it, and its end; paths share them."""
    for number, one in enumerate(hops):
        for served in (one.get("certificate"), one.get("sent")):
            if served is None:
                continue
            for each in (served, *served.get("authorities", ())):
                name, ends = each["name"], each["notAfter"]
                yield known.setdefault((number, name, ends), {"hop": number, "name": name, "notAfter": ends})


def _narrow(route: str, label: str) -> str:
    """The narrower of the route at the entry and that of the API behind it."""
    if not label or label == "/*":
        return route
    return label if route == "/*" or label.startswith(route.removesuffix("*")) else route
