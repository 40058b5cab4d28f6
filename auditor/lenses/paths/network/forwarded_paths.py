"""Paths that begin at what forwards requests unread: they meet what is behind it as if that stood in public."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from auditor.lenses.paths.bypasses import Around
from auditor.lenses.paths.hop_builder import Land, Landing, Sender, follow
from auditor.lenses.paths.kubernetes.clusters import Clusters
from auditor.lenses.paths.model import Entered, evidence, lost, place
from auditor.lenses.paths.network.nat_rules import WEB, Forwarding
from auditor.lenses.paths.trust import Trust
from auditor.lenses.truth import Truth
from auditor.model.resource import Unknown

_PLAIN: Final = (80, 8080)


def forwarded(trust: Trust, land: Land, clusters: Clusters, around: Around) -> Iterator[Entered]:
    """What the Internet reaches through firewalls and load balancers.

    What nobody knows behind them counts where requests are expected: at the ports of the web. A load balancer that a
    Service of a cluster asked for is told by that Service.
    """
    for one in around.forwardings:
        if any(clusters.has(address) for address in one.entry.get("addresses", ())):
            continue
        public = around.lets_in(one)
        if public is not False:
            yield from _entered(replace(one, public=public), trust, land)


def _entered(one: Forwarding, trust: Trust, land: Land) -> Iterator[Entered]:
    expected = one.port is None or one.port in WEB or one.target_port in WEB
    if isinstance(one.target, Unknown) or one.target_port is None:
        if expected:
            why = one.target.reason if isinstance(one.target, Unknown) else "its port is not known"
            tail = lost(place("client", "Internet"), f"target of {one.entry['name']}", why)
            yield Entered(one.holder, "*", "/*", one.entry, one.public, tail, one.port)
        return
    for landing in land(one.target, one.target_port, "", "/*", one.sender):
        if not expected and landing.target["kind"] == "host":
            continue
        entry = one.entry
        if landing.target["kind"] == "applicationGateway":  # it is the first that looks at a request
            entry = {key: value for key, value in landing.target.items() if key != "port"}
            entry |= {"addresses": one.entry["addresses"]} if "addresses" in one.entry else {}
        for tail in follow(_sender(one, landing), [landing], "", trust):
            first, *rest = tail.hops
            asked = {key: value for key, value in first.items() if key != "nameMatches"}  # any name, so none is wrong
            yield Entered(one.holder, "*", "/*", entry, one.public, replace(tail, hops=(asked, *rest)), one.port)


def _sender(one: Forwarding, landing: Landing) -> Sender:
    """A client, as what stands there lets it speak."""
    speaks: Truth = Unknown(f"what is spoken at port {one.target_port} is not known")
    if landing.plain or one.target_port in _PLAIN:
        speaks = False
    elif landing.served is not None or landing.tls is not None or one.target_port in WEB:
        speaks = True
    at = f"port {one.port}" if one.port else "its ports"
    return Sender(
        place("client", "Internet"),
        encrypts=speaks,
        verifies=True,
        says=f"{one.entry['name']} forwards {at} to {one.target}, port {one.target_port}",
        evidence=evidence(one.holder.id, one.path, one.target),
    )
