"""Whom to ask: the hosts that a certificate of the inventory is for, and the answer of one as a resource."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from auditor.model.resource import Origin, Resource
from auditor.probe.handshake import Handshake

TYPE: Final = "auditor/handshake"
_HTTPS: Final = 443


class Host(NamedTuple):
    """A name and a port."""

    name: str
    port: int


def hosts_of(certificates: Iterable[Resource]) -> Iterator[Host]:
    """The hosts of `auditor/certificate` resources: of listeners, of API Management, of what serves in clusters.

    A name that stands for many (`*.contoso.com`) is nobody to ask.
    """
    for certificate in certificates:
        for use in certificate.body["properties"]["uses"]:
            port = use.get("port", _HTTPS)
            for host in use.get("hosts") or ():
                if isinstance(host, str) and not set(host) & set("*?/:@ ") and isinstance(port, int):
                    yield Host(host.casefold().rstrip("."), port)


def resource_of(host: Host, answer: Handshake) -> Resource:
    """The answer as a resource, which the lens of certificates reads like any other place."""
    pem = "".join(_pem(der) for der in answer.chain)
    properties: dict[str, Any] = {
        "host": host.name,
        "chain": pem,
        "tls": list(answer.versions),
        "notSeen": dict(answer.unknown),
        "clientCertificate": answer.client_certificate,
    }
    name = f"{host.name}:{host.port}"
    body = {"id": f"/handshakes/{name}", "type": TYPE, "name": name, "properties": properties}
    return Resource(TYPE, body, Origin(source="live", address=name))


def _pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
