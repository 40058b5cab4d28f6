"""Replaces the secrets in texts, by the table of `patterns`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from auditor.sanitize import values
from auditor.sanitize.encoded import encoded_texts
from auditor.sanitize.marks import MARKS, Marks
from auditor.sanitize.patterns import Pattern, compiled
from auditor.sanitize.values import is_file, is_opaque, is_reference

_SHORT: Final = 80
"""Characters of a text whose answer is remembered."""
SHORTEST: Final = 8
"""Characters of a text that is looked through. A shorter one has no room for a name and a secret."""
_DRAWN: Final = re.compile(rb"[0-9#%^+=~]")
_WORD: Final = re.compile(rb"[A-Za-z-]{1,15}[.,:;!?)=]?")
_COMMENT: Final = (b"#", b";", b"//")
_SCHEMES: Final = frozenset({b"basic", b"bearer", b"token", b"digest", b"negotiate"})
_VARIABLE: Final = re.compile(
    rb"\$\{?[A-Za-z_][\w.:]*\}?|\$\{\{?[^{}]*\}?\}|\$\([^()]*\)|[^{}]*\{\{[^{}]+\}\}.*|<[^<>]+>|%\w+%|\[[^\[\]]*\]|@[({].*",
    re.DOTALL,
)
_CONNECTION: Final = re.compile(rb"\s*[\w][\w .-]*=[^;\n]*(?:;\s*[\w][\w .-]*=[^;\n]*)+;?\s*")
_SIGNS: Final = re.compile(rb"[^A-Za-z]")
_IN_CONNECTION: Final = re.compile(
    rb"(?i)(?:password|pwd|pass|accountkey|sharedaccesskey|sharedaccesssignature|sharedsecretvalue|accesskey|secret"
    rb"|clientsecret|token|accesstoken|apikey|authkey|secretkey|certificatepassword|keystorepassword)"
)
_MANIFEST: Final = re.compile(rb"""(?im)^[ \t-]*["']?kind["']?[ \t]*:[ \t]*["']?secret(?:list)?["']?[ \t]*\r?$""")
_DATA: Final = re.compile(rb"""(?im)^[ \t]*["']?(?:string)?data["']?[ \t]*:""")
_DOCUMENTS: Final = re.compile(rb"(?m)^---[^\n]*\n?")


class Span(NamedTuple):
    """Where a secret stands in the bytes of a text. `certain`: it is one whatever it looks like. `encoded`: it is a
    text in base64 with a secret in it. `reported`: rules may report it."""

    start: int
    end: int
    before: bytes
    certain: bool
    encoded: bool = False
    reported: bool = True


def masked(text: str, marks: Marks, reported: Callable[[bytes, Span], bool] | None = None) -> str:
    """The text with marks in the place of its secrets; the text itself when it has none.

    `reported` says whether the rules about literal secrets report a value; one that they do not has the mark of a
    harmless one.
    """
    if len(text) < SHORTEST or not may_hold(text):
        return text
    data = text.encode("utf-8", "surrogatepass")
    parts, at = [], 0
    for span in spans(data):
        hard = reported is None or reported(data, span)
        parts += [data[at : span.start], (marks.secret if hard else marks.harmless).encode()]
        at = span.end
    if not parts:
        return text
    return b"".join([*parts, data[at:]]).decode("utf-8", "surrogatepass")


def may_hold(text: str) -> bool:
    """Whether a text may have a secret in it. False is certain."""
    return _short_may_hold(text) if len(text) <= _SHORT else _may_hold(text)


def _may_hold(text: str) -> bool:
    return compiled()[0].search(text.encode("utf-8", "surrogatepass")) is not None


_short_may_hold = lru_cache(maxsize=16384)(_may_hold)
"""Most short texts of a resource are in many others too."""


def spans(data: bytes, layers: int = 4) -> list[Span]:
    """Where the secrets of a text stand, in order; those that overlap are one.

    `layers`: how often texts in base64 that stand in one another are decoded.
    """
    may_hold, programs = compiled()
    if not may_hold.search(data):
        return []
    every = [span for pattern, program in programs for span in _found(pattern, program, data)]
    found = sorted([*every, *_manifests(data), *_of_connection(data), *_encoded(data, layers)])
    joined: list[Span] = []
    for span in found:
        last = joined[-1] if joined else None
        if last is not None and span.start < last.end:
            joined[-1] = last._replace(
                end=max(last.end, span.end),
                certain=last.certain or span.certain,
                encoded=last.encoded and span.encoded,
                reported=last.reported or span.reported,
            )
        else:
            joined.append(span)
    return joined


def is_drawn(data: bytes, span: Span) -> bool:
    """Whether a value has a digit or a sign, as words have none (`password: required`)."""
    return bool(_DRAWN.search(data, span.start, span.end))


def in_comment(data: bytes, span: Span) -> bool:
    """Whether a value stands in a comment, where examples are written."""
    line = data.rfind(b"\n", 0, span.start) + 1
    return data[line : line + 200].lstrip().startswith(_COMMENT)


def _found(pattern: Pattern, program: object, data: bytes) -> Iterator[Span]:
    for match in program.finditer(data):  # type: ignore[attr-defined]
        start, end = match.span(2)
        value = data[start:end]
        while not pattern.certain and value[-1:] in (b")", b"]", b"}", b".") and not _balanced(value):
            end, value = end - 1, value[:-1]  # of the sentence around it
        if value and not _is_none(pattern, match.group(1), value):
            yield Span(start, end, match.group(1), pattern.certain, reported=not pattern.looks)


def _balanced(value: bytes) -> bool:
    pairs = {b")": b"(", b"]": b"[", b"}": b"{"}
    last = value[-1:]
    return last in pairs and value.count(pairs[last]) >= value.count(last)


def _is_none(pattern: Pattern, before: bytes, value: bytes) -> bool:
    """Whether what a pattern found is no secret: a reference, a mark, a path, a word of a sentence."""
    text = value.decode("utf-8", "replace")
    if not value.strip(b"*xX.?_-") or _is_reference(value):
        return True
    if before.startswith(b":/"):
        return bool(re.match(rb"\d{1,5}(?:[/?#]|$)", value)) and b"/" in value  # the port of an address with an @
    if pattern.certain:
        return False
    if value.lower() in _SCHEMES or is_file(text):
        return True
    if pattern.looks == "opaque":
        return not is_opaque(text)
    if pattern.looks == "drawn":
        return not values.is_drawn(text)
    if pattern.word:
        return bool(_WORD.fullmatch(value))
    return len(value) < 3 or (text.startswith(("https://", "http://")) and "?" not in text)


def _manifests(data: bytes) -> Iterator[Span]:
    """The YAML documents in a text that are Secrets of Kubernetes, as a whole."""
    if not (_MANIFEST.search(data) and _DATA.search(data)):
        return
    starts = [0, *(match.end() for match in _DOCUMENTS.finditer(data)), len(data)]
    for start, end in pairwise(starts):
        if _MANIFEST.search(data, start, end) and _DATA.search(data, start, end):
            yield Span(start, end, b"", True)


def _encoded(data: bytes, layers: int) -> Iterator[Span]:
    """The texts in base64 that have a secret in them, and what is too large to be searched."""
    for start, end, text in encoded_texts(data):
        if text is None or not layers or spans(text.encode("utf-8", "surrogatepass"), layers - 1):
            yield Span(start, end, b"", False, encoded=True)


def _of_connection(data: bytes) -> Iterator[Span]:
    """The secrets of a connection string, which may have blanks and quotes in them."""
    if b";" not in data or not _CONNECTION.fullmatch(data):
        return
    at = 0
    for part in data.split(b";"):
        name, equals, value = part.partition(b"=")
        start = at + len(name) + len(equals)
        start += len(value) - len(value.lstrip(b" \t\"'"))
        bare = value.strip(b" \t\"'")
        if equals and bare and _IN_CONNECTION.fullmatch(_SIGNS.sub(b"", name)) and not _is_reference(bare):
            yield Span(start, start + len(bare), name.lstrip() + equals, False)
        at += len(part) + 1


def _is_reference(value: bytes) -> bool:
    text = value.decode("utf-8", "replace")
    return is_reference(text) or bool(_VARIABLE.fullmatch(value)) or any(mark in text for mark in MARKS)
