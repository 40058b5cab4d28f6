"""One page of a list that an API server gives: its objects, what is none, and the token of the next page. Pure.

https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from auditor.collect.kubernetes.connection import ApiError
from auditor.collect.kubernetes.discovery import Kind
from auditor.model.paging import Markers, lists_of, markers_of

_MOST_EXAMPLES: Final = 3
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")


class Page(NamedTuple):
    """`objects` have an API version, a kind and a name. `odd` says what is wrong with each other item. `more` is the
    token of the next page, "" on the last."""

    objects: list[dict[str, Any]]
    odd: list[str]
    more: str


def page_of(answer: dict[str, Any], kind: Kind) -> Page:
    """The page that an answer is. Raises `ApiError` when it is no list, or holds less than it announces."""
    stem = _stem(answer)
    items = [item for listed in _lists(answer) for item in listed]
    markers = markers_of(answer)
    goes_on = markers.next and not markers.error and not markers.ambiguous
    problem = None if goes_on else markers.problem(len(items))
    if problem:
        raise ApiError("unreadable", problem)
    objects: list[dict[str, Any]] = []
    odd: list[str] = []
    for number, item in enumerate(items):
        wrong = _wrong(item, kind, stem)
        if wrong:
            odd.append(f"item {number} {wrong}")
        else:
            objects.append({"apiVersion": kind.api_version, "kind": kind.kind, **item})
    return Page(objects, odd, token_of(markers))


def token_of(markers: Markers) -> str:
    """The token of the next page, "" when there is none. Raises `ApiError`."""
    if markers.next is None:
        return ""
    if not isinstance(markers.next, str):
        raise ApiError("unreadable", "it does not answer as a Kubernetes API server does: its token is no text")
    return markers.next


def summary_of_odd(odd: list[str], kind: Kind) -> str:
    """The sentence for items that are no objects of a kind."""
    more = f" and {len(odd) - _MOST_EXAMPLES:,} more" if len(odd) > _MOST_EXAMPLES else ""
    return f"{len(odd):,} of the listed {kind.plural} cannot be read: {', '.join(odd[:_MOST_EXAMPLES])}{more}"


def _stem(answer: dict[str, Any]) -> str:
    """What the kind of an answer has before `List`. Raises `ApiError` for a `Status`, a `Table` and all that is no
    list."""
    name = answer.get("kind")
    if not isinstance(name, str) or not _WORD.fullmatch(name):
        raise ApiError("unreadable", "the API server answered with an object without kind instead of a list")
    if not name.endswith("List"):
        raise ApiError("unreadable", f"the API server answered with a {name} instead of a list")
    if not isinstance(answer.get("metadata"), dict):
        raise ApiError("unreadable", f"the API server answered with a {name} without metadata")
    return name.removesuffix("List")


def _lists(answer: dict[str, Any]) -> Iterator[list[Any]]:
    """The items. An absent list is no empty one; null is how Go writes a slice that nothing was added to."""
    found = lists_of(answer)
    if not found:
        raise ApiError("unreadable", f"the API server answered with a {answer['kind']} without items")
    for name, listed in found:
        if listed is not None and not isinstance(listed, list):
            raise ApiError("unreadable", f"it does not answer as a Kubernetes API server does: {name} is no list")
        yield listed or []


def _wrong(item: Any, kind: Kind, stem: str) -> str | None:
    """Why an item is no object of a kind; None when it is one. The items of a typed list leave their kind out."""
    if not isinstance(item, dict):
        return "is no object"
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        return "has no metadata"
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        return "has no name"
    if item.get("kind", stem) != kind.kind:
        return f"({name}) is of another kind" if "kind" in item or stem else f"({name}) has no kind"
    if item.get("apiVersion", kind.api_version) != kind.api_version:
        return f"({name}) is of another API version"
    return None
