"""Paging, truncation and error markers of the answers of Azure Resource Graph, Azure Resource Manager and Kubernetes.

One table for files and live answers alike. Each service, SDK and command line spells these members in its own way
(`$skipToken`, `skip_token`, `SkipToken`; `nextLink`, `@odata.nextLink`, `next_link`), so keys are compared by their
letters and digits alone, in any casing. Pure.

    markers = markers_of(answer)
    problem = markers.problem(rows=len(rows))    # why these rows are not the whole answer; None when they are

Sources: the REST reference of Resource Graph (`QueryResponse`), the ARM RPC guidelines on collections, OData 3 and 4,
and the Kubernetes API concepts on retrieving large results sets in chunks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

LISTS: Final = frozenset({"value", "data", "items"})
"""Members that hold the elements of an answer."""
_NEXT: Final = frozenset(
    {"nextlink", "odatanextlink", "nextpagelink", "skiptoken", "continuationtoken", "nextmarker", "nexttoken"}
)
"""Members that name the next page."""
_TRUNCATED: Final = frozenset({"resulttruncated", "truncated", "istruncated", "hasmore"})
_TOTAL: Final = frozenset({"totalrecords", "totalcount", "totalitems", "odatacount", "count"})
"""Members that announce the number of elements. `count` is that of the page in Resource Graph and that of the whole
list in some services of ARM: the page never has fewer."""
_ERRORS: Final = frozenset({"error", "errors", "odataerror"})
_CONTINUE: Final = "continue"
_REMAINING: Final = "remainingitemcount"
_NO: Final = frozenset({"", "0", "false", "no", "none", "null"})
"""Texts that say the same as no value."""
_NOT_LETTERS: Final = re.compile(r"[\W_]+")


class Markers(Struct, frozen=True):
    """What an answer says about itself beside its elements.

    `next`: the link or token that names the next page. `total`: the largest number of elements that is announced.
    `remaining`: the elements of a Kubernetes list that come after this page. `error`: an error beside the elements.
    """

    next: Any = None
    truncated: bool = False
    total: int | None = None
    remaining: int | None = None
    error: Any = None

    @property
    def ends(self) -> bool:
        """Whether nothing says that a further page follows."""
        return not self.next and not self.truncated and not self.remaining

    def problem(self, rows: int) -> str | None:
        """Why an answer with so many elements is not the whole one, in a sentence; None when it is."""
        if self.error:
            return f"the answer holds an error beside its elements{_code_of(self.error)}"
        if self.next:
            return "the answer goes on: it names a further page, which is not part of the file"
        if self.truncated:
            return "the answer is truncated: it says so, and names no further page"
        if self.total is not None and self.total > rows:
            return f"the answer announces {self.total:,} elements and holds {rows:,}"
        if self.remaining:
            return f"the answer announces {self.remaining:,} further elements"
        return None


def letters_of(key: str) -> str:
    """A key as keys are compared: `@odata.nextLink` is `odatanextlink`, `skip_token` is `skiptoken`."""
    return _NOT_LETTERS.sub("", key).casefold()


def markers_of(answer: Mapping[str, Any]) -> Markers:
    """The markers of an answer; those of its Kubernetes `metadata` are among them."""
    next_page, truncated, error = None, False, None
    totals: list[int] = []
    remaining: int | None = None
    for key, value in answer.items():
        name = letters_of(key)
        if name in _NEXT:
            next_page = next_page or (None if _is_no(value) else value)
        elif name in _TRUNCATED:
            truncated = truncated or not _is_no(value)
        elif name in _TOTAL:
            totals += _numbers(value)
        elif name in _ERRORS:
            error = error or value
        elif name == "metadata" and isinstance(value, Mapping):
            for inner, part in value.items():
                if letters_of(inner) == _CONTINUE:
                    next_page = next_page or (None if _is_no(part) else part)
                elif letters_of(inner) == _REMAINING:
                    remaining = next(_numbers(part), remaining)
    return Markers(next_page, truncated, max(totals, default=None), remaining, error or None)


def lists_of(answer: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The members that hold the elements of an answer, as they are spelled, with their values: `value` of ARM, `data`
    of Resource Graph and `items` of Kubernetes. An answer may have several, and all of them are to be read."""
    return [(key, value) for key, value in answer.items() if letters_of(key) in LISTS]


def _is_no(value: Any) -> bool:
    return value.strip().casefold() in _NO if isinstance(value, str) else not value


def _numbers(value: Any) -> Iterator[int]:
    """The number that a value is, as a number or a text."""
    if isinstance(value, bool):
        return
    is_number = isinstance(value, int | float) and math.isfinite(value)
    if is_number or (isinstance(value, str) and re.fullmatch(r"\s*\d{1,18}\s*", value, re.ASCII)):
        yield int(value)


def _code_of(error: Any) -> str:
    """The code of an error of ARM, Resource Graph or OData, in parentheses: a word or a few, never its text."""
    first = error[0] if isinstance(error, list) and error else error
    code = first.get("code") if isinstance(first, Mapping) else None
    return f" ({code})" if isinstance(code, str) and re.fullmatch(r"[\w.-][\w. -]{,79}", code) else ""
