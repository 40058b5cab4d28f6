"""Routes: which of several paths a request may take, the longest that fits first. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def overlaps(one: str, other: str) -> bool:
    """Whether two routes (`/orders/*`, several with commas) can be of one request."""
    firsts, seconds = _parts(one), _parts(other)
    return any(_within(a, b) or _within(b, a) for a in firsts for b in seconds)


def taken(route: str, paths: Sequence[tuple[str, bool]]) -> list[int]:
    """The numbers of the paths that requests of a route meet.

    Each path is given as a route, with whether it takes everything below it: of those that do and hold the whole
    route, the longest is taken. Others are taken where they overlap, and so is what lies below the route.
    """
    split = [(_parts(path), below) for path, below in paths]
    found: set[int] = set()
    for part in _parts(route):
        covering: dict[int, int] = {}
        for number, (owns, below) in enumerate(split):
            lengths = [len(own) for own in owns if _within(part, own)]
            if lengths and below:
                covering[number] = max(lengths)
            elif lengths or any(_within(own, part) for own in owns):
                found.add(number)
        longest = max(covering.values(), default=0)
        found.update(number for number, length in covering.items() if length == longest)
        found.update(n for n in covering if any(own != part and _within(own, part) for own in split[n][0]))
    return sorted(found)


def covers(path: str, route: str) -> bool:
    """Whether a path takes every request of a route."""
    owns = _parts(path)
    return all(any(_within(part, own) for own in owns) for part in _parts(route))


def is_taken(label: str, special: Sequence[str]) -> bool:
    """Whether paths that a router treats on their own (`/orders/*`) take all of a route away from the default."""
    return any(path.endswith("/*") and label.casefold().startswith(path[:-1].casefold()) for path in special)


def is_pattern(host: str) -> bool:
    """Whether a host stands for several; `*` alone, which stands for any, is none."""
    return "*" in host and host != "*"


def _parts(route: str) -> list[str]:
    return [part.strip().rstrip("*").strip("/").casefold() for part in route.split(",")]


def _within(inner: str, outer: str) -> bool:
    return not outer or inner == outer or inner.startswith(f"{outer}/")
