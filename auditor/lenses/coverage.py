"""What a collection looked at: whether "there is none" can be said of a type. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from auditor.model.gap import Gap


class Coverage:
    """What was looked at, as rules that relate resources see it (`auditor/evaluate/conditions/relations.py`).

    `covers` are the casefolded types that the collection looked at, None when it does not say: then a type that occurs
    was looked at. `gaps` is the inventory's own list, complete once a lens has read all that it is given.
    """

    def __init__(self, covers: frozenset[str] | None = None, gaps: Sequence[Gap] = ()) -> None:
        self._covers = covers
        self._gaps = gaps
        self._index: dict[str, _Holes] = {}
        self._indexed = 0

    def hole(self, kind: str, occurs: bool, place: str = "", *, below: bool = False) -> str | None:
        """Why there may be more of a casefolded type than was read; None when all of it was.

        `occurs`: one of the type was read. `place` is the id of the place that is asked about: what could not be read
        elsewhere is no reason; empty for anywhere. `below`: what lies below the place is asked about too.
        """
        holes = self._holes().get(kind)
        if holes and (reason := holes.at(place, below)):
            return f"{kind}: {reason}"
        looked_at = occurs if self._covers is None else occurs or kind in self._covers
        return None if looked_at else f"no {kind} was collected"

    def _holes(self) -> dict[str, _Holes]:
        if self._indexed != len(self._gaps):
            self._index = {}
            for gap in self._gaps:
                if gap.type:
                    self._index.setdefault(gap.type.casefold(), _Holes()).add(gap)
            self._indexed = len(self._gaps)
        return self._index


class _Holes:
    """The gaps of one type by place, so that many of them cost no more than one."""

    def __init__(self) -> None:
        self._anywhere: str | None = None
        self._reasons: dict[str, str] = {}
        self._sorted: list[str] | None = None

    def add(self, gap: Gap) -> None:
        if gap.what.startswith("/"):
            self._reasons.setdefault(gap.what.casefold().rstrip("/"), gap.reason)
        elif self._anywhere is None:
            self._anywhere = gap.reason

    def at(self, place: str, below: bool) -> str | None:
        """The reason of a gap at a place or above it; anywhere for an empty place."""
        if self._anywhere is not None or not place:
            return self._anywhere or next(iter(self._reasons.values()), None)
        inner = place.casefold().rstrip("/")
        if below:
            self._sorted = sorted(self._reasons) if self._sorted is None else self._sorted
            first = bisect_left(self._sorted, f"{inner}/")
            if first < len(self._sorted) and self._sorted[first].startswith(f"{inner}/"):
                return self._reasons[self._sorted[first]]
        while inner:
            if inner in self._reasons:
                return self._reasons[inner]
            inner = inner.rpartition("/")[0]
        return None
