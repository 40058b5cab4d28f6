"""Exemptions in comments beside the code: `# auditor:exempt RULE until=2026-12-31 owner=TEAM reason="…"`. Pure.

A comment belongs to the block or object that follows it, with nothing but comments and empty lines between, else to
the innermost one that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import ValidationError

from auditor.evaluate.conditions.grammar import near
from auditor.exemptions.entry import Entry
from auditor.exemptions.schema import EntryForm, check_rule, entry_of, told
from auditor.model.errors import ConfigError
from auditor.model.finding import Notice
from auditor.model.rule import Rule

MARK: Final = "auditor:exempt"
_KEYS: Final = {"until": "expiresOn", "owner": "owner", "reason": "reason", "category": "category",
                "element": "element", "outcomes": "outcomes"}  # fmt: skip
_WORD: Final = re.compile(r'\s+(?:([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^\s"]+)|([^\s"=]+))(?!\S)')
_NO_CODE: Final = re.compile(r"\s*(?:#|//|/\*|\*|$)")
_SEPARATOR: Final = re.compile(r"---(?:\s|$)")
"""What begins a YAML document: a comment above it is of that document when it is of no other."""
_HINT: Final = f'Write it as: {MARK} RULE until=2026-12-31 owner=TEAM reason="why it is acceptable"'


class Comment(NamedTuple):
    """A comment, with its marks, and the line on which it begins."""

    line: int
    text: str


class Spot(NamedTuple):
    """A resource in a file: its lines, and what findings call it (its id, or its address in a plan)."""

    first: int
    last: int
    name: str


def exemptions_in(
    file: str, text: str, comments: Iterable[Comment], spots: Sequence[Spot], rules: Sequence[Rule]
) -> tuple[list[Entry], list[Notice]]:
    """The exemptions in the comments of a file, and what is said of those that belong to no resource.

    Raises ConfigError for a comment that is not written as it should be.
    """
    lines = text.splitlines()
    entries, notices = [], []
    for number, words in _marked(comments):
        entry = _entry(file, number, words, rules)
        belongs_to = _at(number, lines, spots)
        if belongs_to:
            names = frozenset(spot.name.casefold() for spot in belongs_to)
            begin = frozenset(spot.first for spot in belongs_to)
            entries.append(msgspec.structs.replace(entry, resources=(), names=names, lines=begin))
        else:
            said = f"The exemption of {entry.rule} ({entry.exemption.owner}) belongs to no resource: move it to one."
            notices.append(Notice(kind="exemption-misplaced", message=said, file=file, line=number))
    return entries, notices


def _marked(comments: Iterable[Comment]) -> Iterator[tuple[int, str]]:
    """Every line of a comment that begins with the mark, and the words after it."""
    for comment in comments:
        for offset, line in enumerate(comment.text.splitlines()):
            found = re.match(rf"\s*(?:#+|//+|/\*+|\*)?\s*{MARK}\b(.*)", line)
            if found:
                yield comment.line + offset, found[1].removesuffix("*/").rstrip()


def _entry(file: str, line: int, words: str, rules: Sequence[Rule]) -> Entry:
    def refuse(sentence: str) -> ConfigError:
        return ConfigError(f"{file}:{line}: {sentence}", _HINT)

    given: dict[str, Any] = {"category": "waiver", "resource": "*"}
    at = 0
    while at < len(words):
        word = _WORD.match(words, at)
        if word is None:
            raise refuse(f"this is not understood: {words[at:].strip()[:60]!r}")
        at = word.end()
        key, value, plain = word.groups()
        if plain is not None:
            if "rule" in given:
                raise refuse(f"{plain!r} is one rule too many; text with spaces needs quotes")
            given["rule"] = plain
        elif key not in _KEYS:
            raise refuse(f"unknown key {key!r}{near(key, _KEYS)}")
        else:
            value = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
            given[_KEYS[key]] = value.split(",") if key == "outcomes" else value
    if "rule" not in given:
        raise refuse("it names no rule")
    try:
        form = EntryForm.model_validate(given)
    except ValidationError as error:
        place, sentence = told(error, EntryForm)
        key = next((key for key, name in _KEYS.items() if place and name == place[0]), "")
        raise refuse(f"{key}: {sentence}" if key else sentence) from error
    check_rule(form.rule, rules, f"{file}:{line}")
    return entry_of(form, file, line, kind="inSource")


def _at(number: int, lines: Sequence[str], spots: Sequence[Spot]) -> list[Spot]:
    """The resources that a comment on a line belongs to: several when one block makes them."""
    upto = number
    first = number - 1
    while first and _NO_CODE.match(lines[first - 1]):
        first -= 1
    ours = bool(first) and not _SEPARATOR.match(lines[first - 1])  # a document has begun above
    while upto <= len(lines) and (_NO_CODE.match(lines[upto - 1]) or (not ours and _SEPARATOR.match(lines[upto - 1]))):
        upto += 1
    following = [spot.first for spot in spots if number <= spot.first <= upto]
    if following:
        return [spot for spot in spots if spot.first == min(following)]
    holding = [spot for spot in spots if spot.first <= number <= spot.last]
    inmost = min((spot.last - spot.first for spot in holding), default=0)
    return [spot for spot in holding if spot.last - spot.first == inmost]
