"""Network security groups: whom the rules of one let in to an address and port, by priority. Pure.

Source: learn.microsoft.com/azure/virtual-network/network-security-groups-overview.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from auditor.lenses.paths.network.dns import covers_half, is_address, within
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import listing, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

GROUPS: Final = "microsoft.network/networksecuritygroups"
READS: Final = frozenset({GROUPS})
_EVERYONE: Final = ("*", "any", "internet", "0.0.0.0/0", "::/0", "virtualnetwork")
_PLATFORM: Final = ("azureloadbalancer",)
"""Probes of the platform, which carry no requests."""


def openings(
    group: Resource, address: str, port: int, allowed: list[str] | Unknown
) -> Iterator[tuple[str, str, Truth]]:
    """Whom a group lets in to an address and port beside what is allowed to come: path, words, and whether it is so."""
    rules, hidden = listing(group.body, "properties", "securityRules")
    if hidden:
        says = f"whom {group.name} lets in"
        yield "properties.securityRules", says, hidden
        return
    denied: list[str] = []
    numbered = [(number, rule, get(rule, "properties")) for number, rule in enumerate(rules)]
    for number, rule, own in sorted(numbered, key=lambda entry: _priority(entry[2])):
        path = f"properties.securityRules[{number}]"
        applies = _applies(own, address, port)
        if applies is False:
            continue
        access = word(own, "access")
        sources, odd = _sources(own)
        odd = odd or _unranked(own)
        says = f"rule {text_at(rule, 'name')} of {group.name}"
        if isinstance(applies, Unknown) or isinstance(access, Unknown) or odd:
            if access != "deny":
                why = next(one for one in (applies, access, odd) if isinstance(one, Unknown))
                yield path, f"whom {says} lets in", why
            continue
        if access == "deny":
            if any(source in ("*", "any", "0.0.0.0/0") for source in sources):
                return
            denied += sources
            continue
        known = [] if isinstance(allowed, Unknown) else allowed
        beside = [source for source in sources if not _expected(source, known, denied)]
        if beside:
            everyone = any(source in _EVERYONE for source in beside)
            open_: Truth = allowed if isinstance(allowed, Unknown) and not everyone else True
            yield path, f"{says} lets {', '.join(beside)} in", open_
    if "virtualnetwork" in denied:
        return  # what is left of the default rules lets probes in, and refuses the rest
    says = f"{group.name} refuses nobody, so the whole virtual network is let in"
    yield "properties.securityRules", says, True


def lets_in(group: Resource, address: str, port: int, source: str) -> Truth:
    """Whether a group lets a source in to an address and port: a range of the virtual network, or `internet`."""
    rules, hidden = listing(group.body, "properties", "securityRules")
    if hidden:
        return hidden
    inside = source != "internet"
    for own in sorted((get(rule, "properties") for rule in rules), key=_priority):
        applies = _applies(own, address, port)
        if applies is False:
            continue
        sources, odd = _sources(own)
        access = word(own, "access")
        whole = {"*", "any", "0.0.0.0/0", "virtualnetwork" if inside else "internet"}
        most = (
            not inside and access == "allow"
        )  # half the Internet is as good as all of it to get in, not to keep it out
        wide = any(one in whole or within(source, one) or (most and covers_half(one)) for one in sources)
        covers: Truth = odd or _unranked(own) or wide
        if covers is False and any(within(one, source) for one in sources):
            covers = Unknown(f"{group.name} names a part of {source}")
        met = truth_and(applies, covers)
        if met is not False:
            return met if isinstance(met, Unknown) else access if isinstance(access, Unknown) else access == "allow"
    return inside  # the default rules let the virtual network in, and no one else


def _priority(own: Any) -> float:
    """What is asked first has the lowest; a rule of which that is not known may be the first."""
    found = get(own, "priority")
    return found if isinstance(found, int) else -1 if isinstance(found, Unknown) else 65000


def _unranked(own: Any) -> Unknown | None:
    """Why it is not known when a rule is asked."""
    found = get(own, "priority")
    return found if isinstance(found, Unknown) else None


def _several(own: Any, one: str, many: str) -> tuple[list[str], Unknown | None]:
    """The values of a field that has a singular and a plural form."""
    found: list[str] = []
    for key in (one, many):
        value = get(own, key)
        if isinstance(value, Unknown):
            return found, value
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, Unknown):
                return found, text
            if isinstance(text, str) and text:
                found.append(text.casefold())
            elif isinstance(text, int):
                found.append(str(text))
    return found, None


def _sources(own: Any) -> tuple[list[str], Unknown | None]:
    found, odd = _several(own, "sourceAddressPrefix", "sourceAddressPrefixes")
    if get(own, "sourceApplicationSecurityGroups"):
        odd = odd or Unknown("the members of an application security group are not followed")
    return found, odd


def _applies(own: Any, address: str, port: int) -> Truth:
    """Whether a rule is about requests to an address and port."""
    if isinstance(own, Unknown):
        return own
    direction, protocol = word(own, "direction"), word(own, "protocol", otherwise="*")
    if isinstance(direction, Unknown) or isinstance(protocol, Unknown):
        return direction if isinstance(direction, Unknown) else protocol  # type: ignore[return-value]
    if direction != "inbound" or protocol not in ("*", "tcp"):
        return False
    ports, odd = _several(own, "destinationPortRange", "destinationPortRanges")
    if odd:
        return odd
    if not any(_includes(text, port) for text in ports):
        return False
    targets, odd = _several(own, "destinationAddressPrefix", "destinationAddressPrefixes")
    if odd:
        return odd
    if get(own, "destinationApplicationSecurityGroups"):
        return Unknown("the members of an application security group are not followed")
    if not address or not targets:
        return True
    return any(not _is_range(target) or within(address, target) for target in targets)


def _includes(text: str, port: int) -> bool:
    if text == "*":
        return True
    low, _, high = text.partition("-")
    try:
        return int(low) <= port <= int(high or low)
    except ValueError:
        return False


def _is_range(text: str) -> bool:
    return is_address(text.partition("/")[0])


def _expected(source: str, allowed: Sequence[str], denied: Sequence[str]) -> bool:
    """A source that is the hop before, a probe of the platform, or refused by a rule before."""
    if source in _PLATFORM or source in denied:
        return True
    if source in _EVERYONE or not _is_range(source):
        return False
    return any(within(source, prefix) for prefix in (*allowed, *(d for d in denied if _is_range(d))))
