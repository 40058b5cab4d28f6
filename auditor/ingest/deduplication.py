"""Finds resources that occur more than once, without holding them: eight bytes for each is all that is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from auditor.ingest.diagnostics import Log
from auditor.model.resource import Resource, Unknown

_BUCKETS: Final = 1 << 14
_WIDTH: Final = 8
_MASK: Final = (1 << 64) - 1


class Seen:
    """A set of 64-bit numbers in about nine bytes each; a Python set of a million would take sixty."""

    def __init__(self) -> None:
        self._buckets: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        return _has(self._buckets.get(number % _BUCKETS, b""), (number & _MASK).to_bytes(_WIDTH, "little"))

    def add(self, number: int) -> bool:
        """False when it was there already."""
        bucket = self._buckets[number % _BUCKETS]
        record = (number & _MASK).to_bytes(_WIDTH, "little")
        if _has(bucket, record):
            return False
        bucket += record
        self._count += 1
        return True


class Once:
    """Gives every resource once. `dropped` counts those that were left out because they were the same in every way.

    A second resource with the id and type of an earlier one is held back at first. If there is any, the input is read
    again in the end, to compare the content: the same is dropped (unless another address of a change makes it), another
    is given then, with a gap that names it.
    Ids are told apart by 64-bit hashes; among a million, two share one with a probability of 3 in 100 million, and
    then both are still given.
    """

    def __init__(self, read: Callable[[Log], Iterator[Resource]]) -> None:
        self._read = read
        self.dropped = 0
        self.repeated = False

    def resources(self, log: Log) -> Iterator[Resource]:
        """One pass. What cannot be read is noted in the log, once."""
        seen, repeated = Seen(), Seen()
        for resource in self._read(log):
            key = _identity(resource)
            if key is None or seen.add(key):
                yield resource
            else:
                repeated.add(key)
        if repeated:
            self.repeated = True
            del seen
            yield from self._others(repeated, log)

    def _others(self, repeated: Seen, log: Log) -> Iterator[Resource]:
        firsts, contents = Seen(), Seen()
        for resource in self._read(Log()):
            key = _identity(resource)
            if key is None or key not in repeated:
                continue
            content = _content(resource)
            new = contents.add(hash((key, content)))
            elsewhere = contents.add(hash((key, content, resource.origin.address)))
            if firsts.add(key):
                continue
            if not new and not elsewhere:
                self.dropped += 1
                continue
            if not new:  # two addresses of a change make the same: whoever looks for either finds it judged
                yield resource
                continue
            origin = resource.origin
            place = f"line {origin.line}, {resource.id}" if origin.line else resource.id
            reason = "the id occurs twice with different content; every occurrence is judged"
            log.gap(origin.file or "", place, reason, element="none")
            yield resource


def _has(bucket: bytes | bytearray, record: bytes) -> bool:
    at = bucket.find(record)
    while at >= 0 and at % _WIDTH:
        at = bucket.find(record, at + 1)
    return at >= 0


def _identity(resource: Resource) -> int | None:
    """A number for type and id; None when the resource has no id of its own."""
    body = resource.body
    if isinstance(found := body.get("id"), str) and found:
        return hash((resource.type.casefold(), found.casefold()))
    metadata = body.get("metadata")
    if resource.is_kubernetes and isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
        return hash((resource.type, resource.id))
    return None


def _content(resource: Resource) -> int:
    try:
        return hash(orjson.dumps(resource.body, default=_unknown_as_text, option=orjson.OPT_SORT_KEYS))
    except orjson.JSONEncodeError:  # nested too deep for it, and for everything else that recurs
        return _content_of_deep(resource.body)


def _content_of_deep(value: Any) -> int:
    pending, found = [value], []
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            found.append(tuple(keys := sorted(item)))
            pending += [item[key] for key in keys]
        elif isinstance(item, list):
            found.append((len(item),))
            pending += item
        else:
            found.append((repr(item),))
    return hash(tuple(found))


def _unknown_as_text(value: object) -> str:
    if isinstance(value, Unknown):
        return f"unknown: {value.reason}"
    raise TypeError(type(value).__name__)
