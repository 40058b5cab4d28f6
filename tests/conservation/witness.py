"""Runs the auditor on a damaged input, and finds the resources that no answer, gap or count mentions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from auditor.evaluate.bound_rule import Bound, bind, of_change
from auditor.ingest import sources
from auditor.ingest.inventory import open_inventory
from auditor.model.audit import Audit
from auditor.model.errors import AuditorError
from auditor.model.finding import Finding, Outcome
from auditor.model.gap import Gap
from auditor.pipeline.audit import audit
from auditor.pipeline.change_overlay import after_change, touched
from auditor.pipeline.read_change import read_change_file
from auditor.plans.detect import Beside
from auditor.ruleset.loader import load_rules, select
from tests.conservation.files import OTHER_TYPE, Case, Place, line_numbers, places_of
from tests.conservation.inputs import CLOCK, NAMES, RULES

_NUMBERS: Final = re.compile(r"\d+")
_GENERAL: Final = re.compile(
    r"answer (?:goes on|is truncated|announces|holds an error)|error beside its|further page|of \d+ elements|"
    r"whether .* complete|errored|ended with an error"
)
"""Reasons of gaps that are about an input as a whole: what it announces, and not what became of one of its elements."""


class Heard(NamedTuple):
    """What an audit reports: the answers that are not *pass*, the gaps, the names of what was not evaluated, and the
    types that no rule asks about, with their numbers. `refused`: the command ended with this error, without an audit.
    """

    findings: list[Finding]
    gaps: list[Gap]
    left_out: list[str]
    unjudged: dict[str, int]
    refused: str = ""


class Auditor:
    """The rules, bound once."""

    def __init__(self) -> None:
        rules = [bind(rule, CLOCK) for rule in select(load_rules(), RULES, ())]
        self._rules: dict[str, list[Bound]] = {"scan": rules, "gate": of_change(rules)}

    def heard(self, command: str, path: Path, *, large: bool = False) -> Heard:
        """Runs a command on a file or folder. `large`: as on a file so large that it may be read in parts."""
        before, sources.SPLIT_FROM = sources.SPLIT_FROM, 0 if large else sources.SPLIT_FROM
        try:
            return self._heard(command, path)
        finally:
            sources.SPLIT_FROM = before

    def _heard(self, command: str, path: Path) -> Heard:
        try:
            if command == "gate":
                changes = [read_change_file(str(path), Beside())]
                inventory, ids = after_change([str(path)], changes), touched(changes)
            else:
                inventory, ids = open_inventory([str(path)]), None
            made, findings = audit(self._rules[command], inventory, clock=CLOCK, touched=ids)
        except AuditorError as error:
            return Heard([], [], [], {}, str(error))
        with findings:
            wrong = list(findings.of(Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR))
        return Heard(wrong, made.gaps, _left_out(made), made.scope.unjudged)


def _left_out(made: Audit) -> list[str]:
    if made.accounting is None:
        return []
    return [name for entry in made.accounting.not_evaluated.values() for name in entry.examples]


def lost(case: Case, heard: Heard, sound: Heard) -> list[str]:
    """The names of which an audit of a damaged input says nothing. `sound`: what it says of the undamaged input."""
    if heard.refused:
        return []
    places, lines = places_of(case), line_numbers(case)
    missing = [name for name in NAMES if not _answered(name, heard.findings)]
    missing = [name for name in missing if not _named(name, case, heard, places[name], lines[name])]
    types = {kind: count for kind, count in heard.unjudged.items() if kind not in (*sound.unjudged, OTHER_TYPE)}
    others = sum(len(NAMES) if "list" in kind.casefold() else count for kind, count in types.items())
    nameless = _nameless(heard.findings) + others
    return missing[nameless * (len(NAMES) if case.sound.together else 1) :]


def _answered(name: str, findings: Iterable[Finding]) -> bool:
    return any(name in _text(finding) for finding in findings)


def _text(finding: Finding) -> str:
    return f"{finding.resource.id} {finding.resource.name} {finding.element} {finding.origin.address}"


def _nameless(findings: Iterable[Finding]) -> int:
    """How many resources have answers and none of the names: theirs was damaged. A rule answers once for each."""
    without = [finding for finding in findings if not any(name in _text(finding) for name in NAMES)]
    rules = Counter((finding.resource.type, finding.rule_id) for finding in without)
    return sum(max(rules[pair] for pair in rules if pair[0] == kind) for kind in {kind for kind, _rule in rules})


def _named(name: str, case: Case, heard: Heard, place: Place, lines: set[int]) -> bool:
    """Whether a gap or an entry of what was not evaluated is about a resource."""
    for left in heard.left_out:
        if left == str(case.file) or name in left or place.numbers & _numbers(left):
            return True
    return any(_is_about(gap, name, case, place, lines) for gap in heard.gaps)


def _is_about(gap: Gap, name: str, case: Case, place: Place, lines: set[int]) -> bool:
    if name in gap.what or name in gap.reason:
        return True
    inside = gap.what.startswith(str(case.file))
    about_all = gap.what == str(case.path) and (case.file.name in gap.reason or "archive" in gap.reason)
    if not inside and not about_all:
        return False  # it is about another file
    if _GENERAL.search(gap.reason):
        return False
    where = gap.what.removeprefix(str(case.file))
    line = re.search(r"line (\d+)", where)
    if case.cut or not place.there or not _numbers(where):
        return True
    if line and "the rest of the file" in gap.reason:
        return int(line[1]) <= max(lines)
    return int(line[1]) in lines if line else bool(place.numbers & _numbers(where))


def _numbers(text: str) -> set[int]:
    return {int(number) for number in _NUMBERS.findall(text)}
