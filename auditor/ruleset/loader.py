"""Rule files → rules. What is wrong in a file is said with file, line and the offending text; never half a rule set.

`RuleFile` is the form that people write (YAML, with test cases); `model.Rule` is what judges. A rule set that has been
read once is cached as JSON by the content of its files, so that an audit of one resource starts without YAML and
pydantic (`rule_cache.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.model.errors import RuleError
from auditor.model.package_data import rules_folder
from auditor.model.rule import Rule
from auditor.ruleset import cache

if TYPE_CHECKING:
    from auditor.ruleset.rule_schema_model import RuleSource

_LARGEST: Final = 4 << 20
_BLOCK: Final = 1 << 15
_NOT_RULES: Final = ("frameworks", "fixtures")
"""Folders beside the bundled rules that hold none."""


def rule_files(root: Path) -> list[str]:
    """Every rule file below a folder, sorted; or the one file itself. Raises RuleError when there is nothing there.

    Names, not `Path`s, of which five hundred take as long to make as the files to read.
    """
    try:
        if root.is_file():
            return [str(root)]
        if not root.is_dir():
            raise RuleError(f"{root}: there is no such file or folder", "--rules takes a folder of rule files.")
        files = sorted(_below(str(root), _NOT_RULES), key=lambda path: path.split(os.sep))  # noqa: PTH206
    except OSError as error:
        raise _unreadable(root, error) from error
    if not files and root != rules_folder():
        raise RuleError(f"{root}: there are no rule files (*.yaml) in it", "`auditor rules new ID` writes one.")
    return files


def _below(folder: str, but: Sequence[str] = ()) -> Iterator[str]:
    """Rule files by the system's own calls, ten times as fast as globbing: every start of the program comes by here."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in but:
                    yield from _below(entry.path)
            elif entry.name.endswith((".yaml", ".yml")) and not entry.name.startswith(".") and entry.is_file():
                yield entry.path


def _content(path: str) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            content = part = os.read(file, _BLOCK)
            while len(part) == _BLOCK:  # of a file, less is the end of it
                part = os.read(file, _BLOCK)
                content += part
            return content
        finally:
            os.close(file)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | Path, error: OSError) -> RuleError:
    return RuleError(f"{path} cannot be read: {error.strerror or error}", "Check the path and its permissions.")


def _text(path: str, content: bytes) -> str:
    if len(content) > _LARGEST:
        raise RuleError(f"{path} is larger than {_LARGEST >> 20} MiB", "A rule file holds one rule and its cases.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleError(f"{path}:{line}: the text is not UTF-8", "Save it as UTF-8.") from error


def load_rules(extra: Sequence[str] = ()) -> list[Rule]:
    """The bundled rules and those of `extra` folders, by id. Raises RuleError for the first thing that is wrong."""
    folder = rules_folder() / "frameworks"
    frameworks = sorted(_below(str(folder))) if folder.is_dir() else []
    rules = [rule for root in (rules_folder(), *map(Path, extra)) for rule in _rules_of(root, frameworks)]
    if len({rule.id for rule in rules}) < len(rules):
        unique(sources(extra))  # which says where they stand
    return sorted(rules, key=lambda rule: rule.id)


def _rules_of(root: Path, frameworks: Sequence[str]) -> list[Rule]:
    """The rules of one folder, each folder being remembered by itself: whoever writes a rule changes but their own."""
    files = rule_files(root)
    paths = [str(root), *files, *frameworks]  # the root, for ids are paths under it
    stamp = cache.stamp_of(paths)  # before they are read: what changes meanwhile is not noted as what was read
    rules = cache.as_they_stand(stamp)
    if rules is None:
        contents = [b"", *(_content(path) for path in paths[1:])]
        digest = cache.digest_of(paths, contents)
        rules = cache.cached(digest)
        if rules is None:
            from auditor.ruleset.rule_schema_model import read_rule_file

            each = zip(files, contents[1 : len(files) + 1], strict=True)
            read = [read_rule_file(Path(path), root, _text(path, content)) for path, content in each]
            rules = [source.rule for source in unique(read)]
            cache.store(digest, rules)
        cache.note(stamp, digest)
    return rules


def unique(sources: Iterable[RuleSource]) -> list[RuleSource]:
    """The same, once every id occurs once. Raises RuleError."""
    found: dict[str, RuleSource] = {}
    for source in sources:
        first = found.setdefault(source.rule.id, source)
        if first is not source:
            raise RuleError(
                f"{source.path}: the rule {source.rule.id} stands in {first.path} already",
                "Every rule has an id of its own.",
            )
    return list(found.values())


def select(rules: Sequence[Rule], chosen: Sequence[str], excluded: Sequence[str]) -> list[Rule]:
    """The rules that are chosen (all, when nothing is named) and not excluded. Raises RuleError.

    A pattern is an id or a glob of ids (`azure.sql.*`), or `component=`, `severity=` (that or worse; to exclude: that
    or milder), `framework=` (`mcsb`, or one control as `mcsb:DP-3`), `equivalent=` with a value.
    """
    named = {rule.id: rule for rule in rules}

    def meant(patterns: Sequence[str], *, out: bool) -> set[str]:
        found: set[str] = set()
        for pattern in patterns:
            one = named.get(pattern.casefold())  # most patterns are ids
            ids = [one.id] if one else [rule.id for rule in rules if _chosen(rule, pattern, out)]
            if not ids:
                raise RuleError(
                    f"No rule matches {pattern!r}{_meant(pattern, rules)}.", "`auditor rules list` shows all rules."
                )
            found.update(ids)
        return found

    kept, left = meant(chosen, out=False) if chosen else set(named), meant(excluded, out=True)
    return [rule for rule in rules if rule.id in kept and rule.id not in left]


def _chosen(rule: Rule, pattern: str, out: bool) -> bool:
    from fnmatch import fnmatchcase

    key, sign, value = pattern.partition("=")
    if not sign:
        return fnmatchcase(rule.id, pattern.casefold())
    value = value.casefold()
    match key:
        case "component":
            return fnmatchcase(rule.component, value) or rule.component.rpartition("/")[2] == value
        case "severity":
            severities = {severity.value: severity for severity in type(rule.severity)}
            if value not in severities:
                raise RuleError(f"Unknown severity {value!r}.", f"Severities are {', '.join(severities)}.")
            named = severities[value]
            return named.reaches(rule.severity) if out else rule.severity.reaches(named)
        case "framework":
            name, colon, control = value.partition(":")
            controls = {known.casefold(): ids for known, ids in rule.controls.items()}.get(name, ())
            return bool(controls) and (not colon or control in (known.casefold() for known in controls))
        case "equivalent":
            return any(value == theirs.casefold() for ids in rule.equivalents.values() for theirs in ids)
        case _:
            raise RuleError(
                f"Unknown selection {pattern!r}.",
                "Use an id, a glob, component=, severity=, framework= or equivalent=.",
            )


def _meant(pattern: str, rules: Sequence[Rule]) -> str:
    from auditor.evaluate.conditions.grammar import near

    key, sign, value = pattern.partition("=")
    known: Iterable[str]
    match key if sign else "":
        case "component":
            known = {rule.component for rule in rules}
        case "framework":
            controls = [item for rule in rules for item in rule.controls.items()]
            known = {text for name, ids in controls for text in (name, *(f"{name}:{control}" for control in ids))}
        case "equivalent":
            known = {theirs for rule in rules for ids in rule.equivalents.values() for theirs in ids}
        case _:
            value, known = pattern, {text for rule in rules for text in (rule.id, f"{rule.id.rpartition('.')[0]}.*")}
    return near(value, sorted(known))


def check_overrides(rules: Sequence[Rule], overrides: Mapping[str, Mapping[str, Any]]) -> None:
    """Every parameter that an estate sets must be one of a rule. Raises RuleError."""
    from auditor.evaluate.conditions.grammar import near

    by_id = {rule.id: rule for rule in rules}
    for rule_id, values in overrides.items():
        if rule_id not in by_id:
            raise RuleError(f"parameters: no rule {rule_id!r}{near(rule_id, by_id)}", "`auditor rules list` shows all.")
        for name in values:
            known = by_id[rule_id].parameters
            if name not in known:
                raise RuleError(
                    f"parameters: {rule_id} has no parameter {name!r}{near(name, known)}",
                    f"`auditor rules show {rule_id}` lists them.",
                )


def sources(extra: Sequence[str] = ()) -> Iterator[RuleSource]:
    """Every rule file with its cases, for those who work on rules."""
    from auditor.ruleset.rule_schema_model import read_rule_file

    for root in (rules_folder(), *map(Path, extra)):
        for path in rule_files(root):
            yield read_rule_file(Path(path), root, _text(path, _content(path)))
