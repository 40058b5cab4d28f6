"""What a path consists of: places, hops, and tails (the rest of a path from one place on). Pure.

A hop is a plain dict as it stands in the derived resource (docs/derived-resources.md). Paths share hops and tails:
nothing changes them once they are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from auditor.lenses.truth import Truth
from auditor.model.resource import Resource, Unknown

Place = dict[str, Any]
"""`kind`, `name`, and where known `resource`, `element`, `port`."""
Hop = dict[str, Any]

PLAINTEXT: Final = "plaintext"
UNVERIFIED: Final = "encryptedUnverified"
VERIFIED: Final = "encryptedVerified"
MUTUAL: Final = "mutual"
PASSTHROUGH: Final = "passthrough"
Protection = str | Unknown

_LONG: Final = 500
TLS_ORDER: Final = ("1.0", "1.1", "1.2", "1.3")


def place(kind: str, name: str, resource: str | None = None, **more: Any) -> Place:
    """A place; what is None or empty is left out."""
    found: Place = {"kind": kind, "name": name, "resource": resource, **more}
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def evidence(resource: str, path: str, value: Any) -> dict[str, Any]:
    """The field that decided. Of its value only what is plain is shown."""
    found: dict[str, Any] = {"resource": resource, "path": path}
    plain = isinstance(value, bool | int | Unknown) or (isinstance(value, str) and len(value) <= _LONG)
    return found | ({"value": value} if plain else {})


def hop(origin: Place, target: Place, protection: Protection, says: str, **more: Any) -> Hop:
    """A hop; what is None is left out."""
    found: Hop = {"from": origin, "to": target, "protection": protection, "says": says, **more}
    return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Missing:
    """An edge that was not found. `gone`: it is surely not there, else it could not be looked for."""

    edge: str
    reason: str
    gone: bool = False
    hop: int = 0  # after how many hops


@dataclass(frozen=True, slots=True)
class Tail:
    """The rest of a path: its hops, where it ends, and what was found on the way.

    `label` distinguishes the tails of one place: an API, a route. `operations` are names of those of an API that take
    this one of several ways to one target; empty: all do, or it is the only way. `logging` are ids of the resources
    whose logs count.
    """

    target: Place
    hops: tuple[Hop, ...] = ()
    missing: tuple[Missing, ...] = ()
    bypasses: tuple[dict[str, Any], ...] = ()
    logging: tuple[str, ...] = ()
    authentication: dict[str, Any] | None = None
    redirect: dict[str, Any] | None = None
    label: str = ""
    operations: tuple[str, ...] = ()

    def after(
        self, first: Hop, *, bypasses: Sequence[dict[str, Any]] = (), logging: Sequence[str] = (), label: str = ""
    ) -> Tail:
        """This tail with a hop before it."""
        return replace(
            self,
            hops=(first, *self.hops),
            missing=tuple(replace(one, hop=one.hop + 1) for one in self.missing),
            bypasses=(*bypasses, *self.bypasses),
            logging=(*logging, *self.logging),
            label=label or self.label,
        )

    def lacking(self, *missing: Missing) -> Tail:
        """This tail with edges that were not found on the way to its first hop."""
        return replace(self, missing=(*missing, *self.missing))


@dataclass(frozen=True, slots=True)
class Entered:
    """A host and route that clients reach, at a port where one is known, the hop to it, and a way it goes on."""

    resource: Resource
    host: str
    route: str
    entry: Place
    public: bool | Unknown
    tail: Tail
    port: int | None = None


def lost(origin: Place, edge: str, reason: str, *, gone: bool = False) -> Tail:
    """A tail that ends with an edge which was not found.

    When it is surely not there, requests end here. Else there are hops behind it of which nothing is known: one stands
    for them.
    """
    missing = Missing(edge, reason, gone)
    target = place("unknown", edge)
    if gone:
        return Tail(target, missing=(missing,))
    why = f"{edge}: {reason}"
    blind = dict.fromkeys(("nameMatches", "trustMatches", "clientCertificate", "tls"), Unknown(why))
    return Tail(target, (hop(origin, target, Unknown(why), why, **blind),), (missing,))


def redirected(scheme: str | Unknown, host: str, encrypted: Truth) -> Tail:
    """A tail that ends with a redirect to a host; without a scheme by the one that the request came with."""
    if scheme:
        encrypted = scheme if isinstance(scheme, Unknown) else scheme == "https"
    spoken = "https" if encrypted is True else "http" if encrypted is False else "(scheme not known)"
    to = f"{spoken}://{host}"
    return Tail(place("host", to), redirect={"to": to, "encrypted": encrypted})


def lowest(versions: Sequence[str | Unknown]) -> str | Unknown | None:
    """The lowest of some TLS versions; an old one is known even beside one that is not."""
    known = [version for version in versions if isinstance(version, str)]
    least = min(known, key=TLS_ORDER.index, default=None)
    unknown = next((version for version in versions if isinstance(version, Unknown)), None)
    return least if unknown is None or least in TLS_ORDER[:2] else unknown
