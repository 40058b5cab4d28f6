"""Derived resources as an audit carries them for its reports. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from auditor.lenses.sightings import moment
from auditor.model import Certificate, Resource, Unknown

MOST: Final = 2_000
_USES: Final = 5


def certificates(resources: Iterable[Resource]) -> list[Certificate]:
    """The `auditor/certificate` resources, soonest end first, at most `MOST`; what could not be read comes last."""
    found = [_certificate(resource) for resource in resources if resource.type == "auditor/certificate"]
    return sorted(found, key=_soonest)[:MOST]


def _certificate(resource: Resource) -> Certificate:
    properties: dict[str, Any] = resource.body["properties"]
    ends = properties.get("notAfter")
    issuer = properties.get("issuer")
    uses = properties["uses"]
    unread = ends.reason if isinstance(ends, Unknown) else None if moment(ends) else "no date is shown where it is used"
    return Certificate(
        id=resource.id,
        name=resource.name,
        issuer=issuer if isinstance(issuer, str) else "",
        not_after=moment(ends),
        warn_from=moment(properties.get("warnFrom")),
        fail_from=moment(properties.get("failFrom")),
        renews_at=moment(properties.get("renewsAt")),
        unread=unread,
        uses=tuple(f"{use['kind']} {use['name']}" for use in uses[:_USES]),
        more_uses=max(len(uses) - _USES, 0),
    )


def _soonest(certificate: Certificate) -> tuple[bool, float, str, str]:
    ends = certificate.not_after
    return ends is None, ends.timestamp() if ends else 0.0, certificate.name, certificate.id
