"""Writes a damaged value into a file or folder, in one of the forms that are read, and damages the text too."""

from __future__ import annotations

import gzip
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from tests.conservation.archives import packed
from tests.conservation.damages import MARK, damaged
from tests.conservation.inputs import FILES, KEEP, NAMES, Input
from tests.conservation.snapshots import LINES, damaged_snapshot, write_snapshot_of
from tests.conservation.texts import damaged_text
from tests.conservation.twins import sound_copy
from tests.damage import Random

SNAPSHOT: Final = "snapshot"
INPUTS: Final[dict[str, Input]] = {**FILES, SNAPSHOT: Input("scan", LINES, KEEP | {"type"})}
LARGE: Final = 1 << 20
"""Bytes of a file that is not read as a whole."""
OTHER_TYPE: Final = "A/b"
"""Of the resource in the file beside a damaged one."""
_LINE_END: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""As YAML counts lines."""
OTHERS: Final = ("{", "[1]", "[]", '[{"type": "A/b", "id": "/a", "name": "n"}]')
"""Texts of the file beside a damaged one: broken, or with nothing wrong."""
LISTS: Final = frozenset(
    {"value", "data", "items", "resources", "changes", "potentialchanges", "rows", "resource_changes"}
)


class Case(NamedTuple):
    """`path` is given to the command; `file` holds the damaged `text`, which was made of `value`. `cut`: it ends
    early. `large`: it is read as files are that several processes may read in parts."""

    kind: str
    sound: Input
    path: Path
    file: Path
    text: str
    value: Any
    damage: list[str]
    cut: bool = False
    large: bool = False


def case_of(kind: str, rng: Random, folder: Path) -> Case:
    """A damaged input of a kind, written into an empty folder."""
    sound = INPUTS[kind]
    if kind == SNAPSHOT:
        place, lines, damage = damaged_snapshot(folder, rng)
        return Case(kind, sound, place, place, "", lines, damage)
    value, damage = damaged(sound, rng)
    name, text = _written(value, sound, rng)
    cut = rng.random() < 0.1 and (name.endswith(".json") or (name.endswith(".ndjson") and not sound.keep))
    if cut:
        text = _cut(text, rng.randrange(len(text)))
        damage.append("cut")
    elif rng.random() < 0.08:
        text, done = damaged_text(text, sound.value, not sound.keep, rng)
        damage.append(done)
    if rng.random() < 0.06:
        encoding = rng.choice(("utf-8-sig", "utf-16", "utf-16-le", "utf-32"))
        data = text.encode(encoding)
        damage.append(encoding)
    else:
        data = text.encode()
    if rng.random() < 0.06:
        data, name = gzip.compress(data, 1), rng.choice((name, f"{name}.gz"))
        if rng.random() < 0.5:
            data, cut = data[: rng.randrange(1, len(data))], True
        damage.append("gzip")
    place = folder
    other = rng.choice((*OTHERS, json.dumps(sound_copy(sound.value))))
    if sound.command == "scan" and rng.random() < 0.04:
        archive, data, ends_early = packed({name: data, "other.json": other.encode()}, rng)
        damage.append(archive)
        (folder / archive).write_bytes(data)
        file = folder / f"{archive}!" / name
        return Case(kind, sound, folder / archive, file, text, value, damage, cut or ends_early)
    if rng.random() < 0.15:
        place, name = _in_a_folder(folder, name, other, rng, damage)
    file = place / name
    file.write_bytes(data)
    large = rng.random() < 0.5
    return Case(kind, sound, file if place == folder else place, file, text, value, damage, cut, large)


def _in_a_folder(folder: Path, name: str, other: str, rng: Random, damage: list[str]) -> tuple[Path, str]:
    """A folder with another file, and a name for the damaged file."""
    place = folder / "in"
    place.mkdir()
    (place / "other.json").write_text(other)
    damage.append(f"other {other[:9]}")
    renamed = rng.choice(
        (name, name, name.upper(), f"{name}.bak", f".{name}", "data", "in.txt", f"{name}.1", f"{name}~")
    )
    if renamed != name:
        damage.append(f"name {renamed}")
    return place, renamed


def _written(value: Any, sound: Input, rng: Random) -> tuple[str, str]:
    """The name of a file and its text."""
    forms = ["json", "json"]
    if sound.listed and isinstance(value, list):
        forms += ["lines", "yaml"]
    elif sound.command == "scan":
        forms += ["yaml", "line"]
    form = rng.choice(forms)
    if (
        sound.command == "scan" and rng.random() < 0.1
    ):  # read element by element; keys that are given twice are not seen
        return "in.json", json.dumps(value, ensure_ascii=False).replace(MARK, "~") + " " * LARGE
    if form == "line":
        return "in.ndjson", f"{_json(value)}\n"
    if form == "lines":
        return "in.ndjson", "".join(f"{_json(item)}\n" for item in value)
    if form == "yaml":
        items = value if isinstance(value, list) and sound.listed else [value]
        text = yaml.safe_dump_all(items, sort_keys=False, allow_unicode=True)
        return rng.choice(("in.yaml", "in.yml")), text.replace(MARK, "")
    return "in.json", _json(value, rng.choice((None, 1)))


def _cut(text: str, end: int) -> str:
    """The text up to a place within a line: whole lines of JSON are a sound file, which nobody can tell from a whole
    one."""
    while text[:end].strip() and "\n" in text[end - 1 : end + 1]:
        end -= 1
    return text[:end]


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False).replace(MARK, "")


class Place(NamedTuple):
    """Where a name stands: the numbers, from 0, of the elements around it, before the damage and after it, and whether
    it is still there."""

    numbers: set[int]
    there: bool


def places_of(case: Case) -> dict[str, Place]:
    """Where each of the names stands."""
    sound = case.sound
    if sound.together:
        return dict.fromkeys(NAMES, Place({0}, there=True))
    before, after = _numbers_of(sound.value), _numbers_of(case.value)
    shifted = any(damage.startswith(("spellings", "twin")) for damage in case.damage)  # another may come before it
    found = {}
    for name in NAMES:
        numbers = before.get(name, set()) | after.get(name, set())
        there = name in after and (not case.text or name in case.text)
        found[name] = Place(numbers | ({number + 1 for number in numbers} if shifted else set()), there)
    return found


def _numbers_of(value: Any) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    _collect(value, (), found)
    return found


def _collect(value: Any, at: tuple[int, ...], found: dict[str, set[int]]) -> None:
    if isinstance(value, dict):
        for key, child in value.items():  # what stands in the place of a list is its first element
            inside = (*at, 0) if not isinstance(child, list) and key.casefold() in LISTS else at
            _collect(key, inside, found)
            _collect(child, inside, found)
    elif isinstance(value, list):
        for number, child in enumerate(value):
            _collect(child, (*at, number), found)
    elif isinstance(value, str):
        for name in NAMES:
            if name in value:
                found.setdefault(name, set()).update(at)


def line_numbers(case: Case) -> dict[str, set[int]]:
    """For each of the names: the lines of the file, from 1, of the documents that it stands in, and the next one: a
    parser says that the last document breaks off there."""
    found: dict[str, set[int]] = {name: set() for name in NAMES}
    lines = _LINE_END.split(case.text)
    starts = [0, *(number for number, line in enumerate(lines) if number and line.startswith("---")), len(lines)]
    if "ndjson" in case.file.name:
        lines = case.text.split("\n")
        starts = list(range(len(lines) + 1))
    for number, (first, end) in enumerate(pairwise(starts)):
        for order, name in enumerate(NAMES):
            if order == number or name in "\n".join(lines[first:end]):
                found[name].update(range(first + 1, end + 2))
    return found


def write_sound(kind: str, folder: Path) -> Path:
    """An undamaged input as a file or folder."""
    if kind == SNAPSHOT:
        write_snapshot_of(LINES, folder / "snapshot")
        return folder / "snapshot"
    file = folder / "in.json"
    file.write_text(json.dumps(INPUTS[kind].value))
    return file
