"""What a collection looked at: whether "there is none" can be said of a type. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model import Gap


class Coverage:
    """What was looked at, as rules that relate resources see it (`auditor/conditions/relations.py`).

    `covers` are the casefolded types that the collection looked at, None when it does not say: then a type that occurs
    was looked at. `gaps` is the inventory's own list, complete once a lens has read all that it is given.
    """

    def __init__(self, covers: frozenset[str] | None = None, gaps: Sequence[Gap] = ()) -> None:
        self._covers = covers
        self._gaps = gaps

    def hole(self, kind: str, occurs: bool, place: str = "", *, below: bool = False) -> str | None:
        """Why there may be more of a casefolded type than was read; None when all of it was.

        `occurs`: one of the type was read. `place` is the id of the place that is asked about: what could not be read
        elsewhere is no reason; empty for anywhere. `below`: what lies below the place is asked about too.
        """
        for gap in self._gaps:
            if (gap.type or "").casefold() == kind and (
                _may_hide(gap.what, place) or (below and _may_hide(place, gap.what))
            ):
                return f"{kind}: {gap.reason}"
        looked_at = occurs if self._covers is None else occurs or kind in self._covers
        return None if looked_at else f"no {kind} was collected"


def _may_hide(what: str, place: str) -> bool:
    if not place or not what.startswith("/"):
        return True
    inner, outer = place.casefold(), what.casefold().rstrip("/")
    return inner == outer or inner.startswith(outer + "/")
