"""Traffic paths as text, hop by hop in words, and as JSON. Names from outside are made harmless."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from auditor.lenses.output_text import as_document, visible
from auditor.lenses.paths.model import MUTUAL, PASSTHROUGH, PLAINTEXT, UNVERIFIED, VERIFIED
from auditor.model.resource import Resource

WORDS: Final = {
    PLAINTEXT: "plain text",
    UNVERIFIED: "encrypted, not verified",
    VERIFIED: "encrypted, verified",
    MUTUAL: "mutual TLS",
    PASSTHROUGH: "passed through",
}
_KINDS: Final = {
    "applicationGateway": "Application Gateway",
    "trafficController": "Application Gateway for Containers",
    "apiManagement": "API Management",
    "firewall": "Azure Firewall",
    "frontDoor": "Front Door",
    "ingress": "way into the cluster",
    "service": "Service",
    "pods": "pods",
    "appService": "App Service",
    "loadBalancer": "load balancer",
    "host": "host",
    "unknown": "not found",
}
_BAD, _DOUBTFUL, _GOOD = "red", "yellow", "green"
Paint = Callable[[str, str], str]
"""A text in a colour, or as it is."""


def as_text(paths: Sequence[Resource], gaps: Sequence[str], paint: Paint) -> str:
    """Every path, hop by hop."""
    hosts = {path.body["properties"]["host"] for path in paths}
    lines = [f"{len(paths)} traffic paths of {len(hosts)} host names"]
    for path in paths:
        lines += ["", *_path(path, paint)]
    if gaps:
        lines += ["", "Could not be read:", *(f"  {gap}" for gap in gaps)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _path(path: Resource, paint: Paint) -> Iterator[str]:
    properties = path.body["properties"]
    hops = properties["hops"]
    yield visible(path.name)
    yield f"  {visible(_sums(properties))}"
    yield f"  {visible(hops[0]['from']['name'])}"
    for number, hop in enumerate(hops):
        protection = hop["protection"]
        told = WORDS.get(protection, "not known") if isinstance(protection, str) else "not known"
        yield f"   │  {paint(told, _colour(protection))}{visible(_details(hop))}"
        place = hop["to"]
        kind = _KINDS.get(place["kind"], place["kind"])
        port = f":{place['port']}" if place.get("port") else ""
        yield f"   ▼  {visible(place['name'] + port)} ({kind})"
        for missing in properties["missing"]:
            if missing["hop"] == number and place["kind"] != "unknown":
                yield f"      {paint('missing', _DOUBTFUL)}: {visible(missing['edge'])}: {visible(missing['reason'])}"
    for missing in properties["missing"]:
        if missing["hop"] >= len(hops):
            yield f"      {paint('missing', _BAD)}: {visible(missing['edge'])}: {visible(missing['reason'])}"
    for way in properties["bypasses"]:
        if way["open"] is not False and way["kind"] != "unknown":
            sure = way["open"] is True
            told = "way around" if sure else "perhaps a way around"
            yield f"  {paint(told, _BAD if sure else _DOUBTFUL)}: {visible(way['says'])}"


def _sums(properties: dict[str, Any]) -> str:
    weakest = properties["weakest"]["protection"]
    parts = [f"weakest hop: {WORDS[weakest] if isinstance(weakest, str) else 'not known'}"]
    tls, ends, known = (properties.get(key) for key in ("tls", "expires", "authentication"))
    if isinstance(tls, str):
        parts.append(f"TLS {tls} or newer")
    if ends:
        whole = all(isinstance(one["notAfter"], str) for one in properties["certificates"])
        told = "first certificate to end" if whole else "first certificate to end, of those that are visible"
        parts.append(f"{told}: {ends['name']}, {str(ends['notAfter'])[:10]}")
    if "redirect" in properties:
        parts.append(f"redirects to {properties['redirect']['to']}")
    if known:
        effective = known["effective"]
        by = ", ".join(known["by"])
        parts.append(
            f"callers known by {by or 'something'}" if effective is True
            else "callers not known in every operation" if effective is False
            else "whether callers are known is not visible"
        )  # fmt: skip
    return " · ".join(parts)


_HALF: Final = {
    "asked": "client certificate asked and not verified",
    "sent": "client certificate sent and not verified",
    "lacking": "client certificate demanded and NOT sent",
    "untrusted": "client certificate of an issuer that is NOT trusted there",
}


def _details(hop: dict[str, Any]) -> str:
    """What there is to say of a hop beside its protection."""
    parts = [hop["says"]] if isinstance(hop["protection"], str) else [hop["protection"].reason]
    if hop.get("host"):
        parts.append(f"asks for {hop['host']}")
    if hop.get("nameMatches") is False:
        parts.append("which is NOT in the certificate")
    if hop.get("trustMatches") is False:
        parts.append("whose issuer is NOT trusted")
    asked = hop.get("clientCertificate")
    if isinstance(asked, str) and asked in _HALF:
        parts.append(_HALF[asked])
    parts += hop.get("via", ())
    return "".join(f" · {part}" for part in parts)


def _colour(protection: Any) -> str:
    if not isinstance(protection, str):
        return _DOUBTFUL
    return {PLAINTEXT: _BAD, UNVERIFIED: _DOUBTFUL}.get(protection, _GOOD)


def as_json(paths: Sequence[Resource], gaps: Sequence[str]) -> str:
    """Everything that the lens knows, one object a path; an unknown value is `{"unknown": reason}`."""
    found = [{"id": path.id, "name": path.name, **path.body["properties"]} for path in paths]
    document = {"paths": found, "gaps": list(gaps)}
    return as_document(document)
