"""Derived resources as an audit carries them for its reports: certificates and traffic paths."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from auditor.model.resource import Record


class Use(Record, frozen=True, kw_only=True):
    """A place where a certificate is kept or used."""

    kind: str
    name: str
    resource: str | None = None


class Certificate(Record, frozen=True, kw_only=True):
    """A certificate of the estate: when it ends, where it is kept or used."""

    id: str
    name: str
    issuer: str
    not_after: dt.datetime | None
    warn_from: dt.datetime | None = None
    fail_from: dt.datetime | None = None
    renews_at: dt.datetime | None = None
    unread: str | None = None
    uses: tuple[Use, ...] = ()
    more_uses: int = 0


class Certificates(Record, frozen=True, kw_only=True):
    """The certificates of the estate, soonest end first; of very many the first ones."""

    total: int
    listed: tuple[Certificate, ...]


class HopEnd(Record, frozen=True, kw_only=True):
    """Where a hop begins or ends."""

    kind: str
    name: str
    resource: str | None = None


Protection = Literal["plaintext", "unknown", "encryptedUnverified", "passthrough", "encryptedVerified", "mutual"]
"""Of a hop, the least first."""


class Hop(Record, frozen=True, kw_only=True):
    """One hop of a traffic path. `protection` is `unknown` when `unknown` says why."""

    source: HopEnd
    target: HopEnd
    protection: Protection
    unknown: str | None = None
    says: str = ""
    via: tuple[str, ...] = ()
    tls: str | None = None
    certificate: str | None = None
    not_after: dt.datetime | None = None


class TrafficPath(Record, frozen=True, kw_only=True):
    """A way that requests take from a client to what answers them."""

    id: str
    name: str
    host: str
    route: str
    weakest: Protection
    hops: tuple[Hop, ...]
    missing: tuple[str, ...] = ()
    bypasses: tuple[str, ...] = ()


class TrafficPaths(Record, frozen=True, kw_only=True):
    """The traffic paths of the estate, the least protected first; of very many the first ones."""

    total: int
    listed: tuple[TrafficPath, ...]
