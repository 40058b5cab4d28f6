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
_GOES_ON: Final = re.compile(
    r"(?:odata|xms)?next|(?:xms)?continuation|pagetoken\Z|.*(?:truncated|incomplete)|has(?:more|next)"
)
"""Members that say that there is more, though not in a way that can be followed."""
_PARTIAL: Final = frozenset({"partial", "ispartial", "partialresult", "partialresults", "limitexceeded"})
_TOTAL: Final = re.compile(
    r"total(?:(?:record|result|item|row|element|resource)s?)?(?:count|number)?|(?:odata|record|result|item|row)?count"
)
"""Members that announce the number of elements. `count` is that of the page in Resource Graph and that of the whole
list in some services of ARM: the page never has fewer."""
_ERRORS: Final = re.compile(r"(?:odata|inner|partial)?(?:error|exception|failure|fault)s?")
_STATUS: Final = frozenset({"status", "statuscode", "httpstatus", "httpstatuscode", "provisioningstate"})
_NOT_DONE: Final = frozenset(
    {
        *("accepted", "canceled", "cancelled", "error", "failed", "failure", "inprogress", "partial", "partialsuccess"),
        *("partiallysucceeded", "pending", "running", "timedout", "timeout"),
    }
)
_HOLDERS: Final = frozenset({"metadata", "meta", "links", "link", "paging", "pagination", "page", "pageinfo"})
"""Members that hold such markers themselves."""
_CONTINUE: Final = "continue"
_REMAINING: Final = "remainingitemcount"
_NO: Final = frozenset({"", "0", "false", "no", "none", "null"})
"""Texts that say the same as no value."""
_NOT_LETTERS: Final = re.compile(r"[\W_]+")


class Markers(Struct, frozen=True):
    """What an answer says about itself beside its elements.

    `next`: the link or token that names the next page. `ambiguous`: two links differ, or two tokens. `total`: the
    largest number of elements that is announced. `remaining`: the elements of a Kubernetes list that come after this
    page. `error`: an error beside the elements. `status`: the status of an answer that is none of success, as a text;
    empty otherwise.
    """

    next: Any = None
    truncated: bool = False
    total: int | None = None
    remaining: int | None = None
    error: Any = None
    status: str = ""
    ambiguous: bool = False

    @property
    def ends(self) -> bool:
        """Whether nothing says that a further page follows."""
        return not self.next and not self.truncated and not self.remaining

    def problem(self, rows: int) -> str | None:
        """Why an answer with so many elements is not the whole one, in a sentence; None when it is."""
        if self.error:
            return f"the answer holds an error beside its elements{_code_of(self.error)}"
        if self.status:
            return f"the answer has the status {self.status}, which is not that of a whole answer"
        if self.ambiguous:
            return "the answer names several further pages as the next one"
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
    """The markers of an answer; those of its Kubernetes `metadata`, and of what holds links elsewhere, are among
    them."""
    pages: dict[bool, Any] = {}  # by whether a member is a link
    ambiguous, truncated, error = False, False, None
    totals: list[int] = []
    remaining: int | None = None
    for name, value in _named(answer):
        if name in _NEXT or name == f"metadata{_CONTINUE}":
            if not _is_no(value):
                ambiguous = pages.setdefault("link" in name, value) != value or ambiguous
        elif name == f"metadata{_REMAINING}":
            remaining = next(_numbers(value), remaining)
        elif _TOTAL.fullmatch(name):
            totals += _numbers(value)
        elif _ERRORS.fullmatch(name):
            error = error or value
        elif name in _PARTIAL or _GOES_ON.match(name):
            truncated = truncated or not _is_no(value)
    error = error or _error_in_words(answer) or None
    next_page = next(iter(pages.values()), None)
    total = max(totals, default=None)
    return Markers(next_page, truncated, total, remaining, error, failed_status(answer), ambiguous)


def failed_status(answer: Mapping[str, Any]) -> str:
    """The status of an answer, recorded or of an operation, that is none of success; empty for any other.

    202 and 206 are none: the one is answered before there is a result, the other with a part of it.
    """
    for key, value in answer.items():
        if letters_of(key) not in _STATUS or isinstance(value, bool):
            continue
        number = next(_numbers(value), None)
        if number is not None and (number in (202, 206) or not 200 <= number <= 299):
            return str(number)
        if isinstance(value, str) and letters_of(value) in _NOT_DONE:
            return value.strip()
    return ""


def _named(answer: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The members of an answer as keys are compared. Those of `metadata` that Kubernetes gives keep its name."""
    for key, value in answer.items():
        name = letters_of(key)
        if name not in _HOLDERS:
            yield name, value
            continue
        for inner, part in value.items() if isinstance(value, Mapping) else ():
            own = letters_of(inner)
            yield f"{name}{own}" if own in (_CONTINUE, _REMAINING) else own, part


def _error_in_words(answer: Mapping[str, Any]) -> Any:
    """The error that an answer is by its members `code` and `message`, as some services give it."""
    words = {letters_of(key): value for key, value in answer.items()}
    code, message = words.get("code"), words.get("message")
    return {"code": code} if isinstance(message, str) and message and isinstance(code, str | int) and code else None


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
