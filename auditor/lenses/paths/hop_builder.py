"""The two ends of a hop, and the hop that follows from them: what one end does, what the other serves and asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from auditor.lenses.paths.model import (
    MUTUAL,
    PLAINTEXT,
    TLS_ORDER,
    UNVERIFIED,
    VERIFIED,
    Hop,
    Missing,
    Place,
    Protection,
    Tail,
    hop,
)
from auditor.lenses.paths.trust import Served, Store, Trust
from auditor.lenses.truth import Truth
from auditor.model.resource import Unknown


@dataclass(frozen=True, slots=True)
class Sender:
    """How one end speaks to the next.

    `encrypts`, `verifies`: TLS at all, and with the certificate checked. `anchors`: the thumbprints it trusts, `whole`
    when all of them are known, None when whom it trusts is not ours to judge (clients); `well_known`: public
    authorities beside them. `sends`: a client certificate, None when that is not ours to judge; `shows`: which.
    """

    place: Place
    encrypts: Truth
    verifies: Truth
    says: str
    evidence: dict[str, Any]
    anchors: frozenset[str] | None = None
    whole: bool = True
    well_known: bool = True
    sends: Truth | None = None
    shows: Served | Unknown | None = None
    tls: str | Unknown | None = None  # the lowest version it speaks


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a request arrives. `served` and `asks` are None where nothing of the kind is judged (a foreign host).

    `asks`: `none`, `asked` (a client certificate is wanted, not demanded), `verified`; `accepts`: thumbprints of the
    authorities by which, and whether all are known (None: such are not read). `plain`: it takes no TLS here.
    """

    target: Place
    via: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    served: Served | Unknown | None = None
    asks: str | Unknown | None = None
    accepts: Store | Unknown | None = None
    tls: str | Unknown | None = None
    plain: bool = False
    bypasses: tuple[dict[str, Any], ...] = ()
    logging: tuple[str, ...] = ()
    tails: tuple[Tail, ...] = ()
    refuses: bool = False  # it is there, and takes no such request


class Land(Protocol):
    """Where a request arrives."""

    def __call__(
        self,
        address: str,
        port: int,
        host: str,
        route: str,
        subnet: str | None,
        but: frozenset[str] = frozenset(),
    ) -> tuple[Landing, ...]:
        """At an address or name and port, with a name that is asked for, on a route, from a subnet.

        `but`: names and patterns that are not asked for, where the name stands for several.
        """


def arrive(sender: Sender, landing: Landing, host: str, trust: Trust) -> Hop:
    """The hop from a sender to where its request for a host arrives."""
    encrypts: Truth = sender.encrypts
    protection: Protection = _protection(sender)
    if landing.plain and encrypts is not False:
        return hop(
            sender.place, landing.target, Unknown("the sender speaks TLS, and nothing there takes it"), sender.says,
            evidence=sender.evidence, via=list(landing.via) or None, host=host or None,
        )  # fmt: skip
    asked = _client_certificate(sender, landing, trust)
    if asked in ("verified", "lacking", "untrusted") and protection == VERIFIED:  # what the receiver does counts
        protection = MUTUAL
    more: dict[str, Any] = {"clientCertificate": asked}
    if isinstance(sender.shows, Unknown):
        more["sent"] = unseen(sender.shows)
    elif sender.shows is not None:
        more["sent"] = trust.shown(sender.shows)
    if encrypts is not False:
        more |= _certificate(sender, landing, host, trust)
        more["tls"] = _floor(sender.tls, landing.tls)
    return hop(
        sender.place, landing.target, protection, sender.says, evidence=sender.evidence,
        via=list(landing.via) or None, host=host or None, **more,
    )  # fmt: skip


def follow(sender: Sender, landings: Iterable[Landing], host: str, trust: Trust) -> Iterator[Tail]:
    """The rest of the paths from a sender on: the hop to each place where it arrives, and what comes after it."""
    for landing in landings:
        first = arrive(sender, landing, host, trust)
        for tail in landing.tails or (Tail(landing.target),):
            whole = tail.after(first, bypasses=landing.bypasses, logging=landing.logging)
            yield whole.lacking(*landing.missing) if landing.missing else whole


def _protection(sender: Sender) -> Protection:
    if sender.encrypts is False:
        return PLAINTEXT
    if isinstance(sender.encrypts, Unknown):
        return sender.encrypts
    if isinstance(sender.verifies, Unknown):
        return sender.verifies
    return VERIFIED if sender.verifies else UNVERIFIED


def _client_certificate(sender: Sender, landing: Landing, trust: Trust) -> str | Unknown | None:
    """`none`; `verified`; or what one end wants and the other does not play along with.

    `asked`: not demanded or not verified; `sent`: nobody looks at it; `lacking`: it is demanded and none is sent;
    `untrusted`: it is demanded, and no authority that the receiver trusts issued the one that is sent.
    """
    asks = landing.asks
    if asks is None or isinstance(asks, Unknown):
        return asks
    if asks == "none" and sender.sends not in (None, False):
        return sender.sends if isinstance(sender.sends, Unknown) else "sent"
    if asks == "verified" and sender.sends is False:
        return "lacking"
    if asks == "verified" and isinstance(sender.sends, Unknown):
        return sender.sends
    if asks != "verified" or sender.shows is None or landing.accepts is None:
        return asks
    for side in (sender.shows, landing.accepts):
        if isinstance(side, Unknown):
            return side
    assert isinstance(sender.shows, Served) and isinstance(landing.accepts, tuple)  # noqa: S101
    trusted = trust.issued_by(sender.shows, *landing.accepts, well_known=False)
    return trusted if isinstance(trusted, Unknown) else asks if trusted else "untrusted"


def unseen(why: Unknown) -> dict[str, Any]:
    """A certificate of which nothing is visible, as it stands in a hop."""
    return {"name": "a certificate that is not visible", "notAfter": why}


def _certificate(sender: Sender, landing: Landing, host: str, trust: Trust) -> dict[str, Any]:
    served = landing.served
    found: dict[str, Any]
    if served is None:
        return {}
    if isinstance(served, Unknown):
        judged = ("nameMatches",) if sender.anchors is None else ("nameMatches", "trustMatches")
        found = {"certificate": unseen(served)}
        return found if sender.verifies is False else found | dict.fromkeys(judged, served)
    found = {"certificate": trust.shown(served)}
    if sender.verifies is not False:
        found["nameMatches"] = served.bears(host) if host else Unknown("the name that is asked for is not known")
        if sender.anchors is not None:
            matches = trust.issued_by(served, sender.anchors, sender.whole, sender.well_known)
            found["trustMatches"] = matches
            if isinstance(matches, Unknown) and not sender.whole:  # what it rests on may be what cannot be read
                found["certificate"] = trust.resting(served, matches)
    return found


def _floor(ours: str | Unknown | None, theirs: str | Unknown | None) -> str | Unknown | None:
    """The lowest version that both ends would agree on. None: the receiving end is not judged.

    Clients of the Internet (`ours` is None) speak whatever is taken.
    """
    if theirs is None or ours is None:
        return theirs
    known = [version for version in (ours, theirs) if isinstance(version, str)]
    if len(known) == 2 or (isinstance(ours, str) and ours >= "1.2"):
        return max(known, key=TLS_ORDER.index)
    return theirs if isinstance(theirs, Unknown) else ours
