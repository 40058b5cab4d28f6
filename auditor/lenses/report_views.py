"""Derived resources as an audit carries them for its reports. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, get_args

from auditor.lenses.values import moment
from auditor.model.resource import Resource, Unknown
from auditor.model.views import Certificate, Certificates, Hop, HopEnd, Protection, TrafficPath, TrafficPaths, Use

MOST_CERTIFICATES: Final = 2_000
MOST_PATHS: Final = 500
PROTECTIONS: Final[dict[str, Protection]] = {name: name for name in get_args(Protection)}
"""Of a hop, the least first."""
_USES: Final = 5


def certificates(resources: Iterable[Resource]) -> Certificates:
    """The `auditor/certificate` resources, soonest end first; what could not be read comes last."""
    found = sorted((_certificate(r) for r in resources if r.type == "auditor/certificate"), key=_soonest)
    return Certificates(total=len(found), listed=tuple(found[:MOST_CERTIFICATES]))


def paths(resources: Iterable[Resource]) -> TrafficPaths:
    """The `auditor/trafficPath` resources, the least protected first."""
    found = sorted((_path(r) for r in resources if r.type == "auditor/trafficPath"), key=_weakest)
    return TrafficPaths(total=len(found), listed=tuple(found[:MOST_PATHS]))


def _certificate(resource: Resource) -> Certificate:
    properties: dict[str, Any] = resource.body["properties"]
    ends = properties.get("notAfter")
    uses = properties["uses"]
    unread = ends.reason if isinstance(ends, Unknown) else None if moment(ends) else "no date is shown where it is used"
    return Certificate(
        id=resource.id,
        name=resource.name,
        issuer=_text(properties.get("issuer")) or "",
        not_after=moment(ends),
        warn_from=moment(properties.get("warnFrom")),
        fail_from=moment(properties.get("failFrom")),
        renews_at=moment(properties.get("renewsAt")),
        unread=unread,
        uses=tuple(
            Use(kind=str(use["kind"]), name=str(use["name"]), resource=_text(use.get("resource")))
            for use in uses[:_USES]
        ),
        more_uses=max(len(uses) - _USES, 0),
    )


def _soonest(certificate: Certificate) -> tuple[bool, float, str, str]:
    ends = certificate.not_after
    return ends is None, ends.timestamp() if ends else 0.0, certificate.name, certificate.id


def _path(resource: Resource) -> TrafficPath:
    properties: dict[str, Any] = resource.body["properties"]
    weakest = (properties.get("weakest") or {}).get("protection")
    return TrafficPath(
        id=resource.id,
        name=resource.name,
        host=_text(properties.get("host")) or "",
        route=_text(properties.get("route")) or "",
        weakest=PROTECTIONS.get(str(weakest), "unknown"),
        hops=tuple(map(_hop, properties["hops"])),
        missing=tuple(f"{each['edge']}: {each['reason']}" for each in properties.get("missing", ())),
        bypasses=tuple(
            _around(each)
            for each in properties.get("bypasses", ())
            if each.get("open") is not False and each.get("kind") != "unknown"
        ),
    )


def _around(way: dict[str, Any]) -> str:
    return str(way["says"]) if way.get("open") is True else f"perhaps: {way['says']}"


def _hop(hop: dict[str, Any]) -> Hop:
    protection, certificate = hop.get("protection"), hop.get("certificate") or {}
    known = PROTECTIONS.get(protection) if isinstance(protection, str) else None
    return Hop(
        source=_end(hop["from"]),
        target=_end(hop["to"]),
        protection=known or "unknown",
        unknown=None if known else protection.reason if isinstance(protection, Unknown) else "it is not said",
        says=_text(hop.get("says")) or "",
        via=tuple(map(str, hop.get("via", ()))),
        tls=_text(hop.get("tls")),
        certificate=_text(certificate.get("name")) if isinstance(certificate, dict) else None,
        not_after=moment(certificate.get("notAfter")) if isinstance(certificate, dict) else None,
    )


def _end(end: dict[str, Any]) -> HopEnd:
    name = _text(end.get("name")) or "not known"
    return HopEnd(kind=str(end["kind"]), name=name, resource=_text(end.get("resource")))


def _weakest(path: TrafficPath) -> tuple[int, str, str]:
    return list(PROTECTIONS).index(path.weakest), path.name, path.id


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
