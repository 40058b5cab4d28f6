"""Small things that every format for people says in the same words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from auditor.model.audit import Audit, Counts, Scope
from auditor.model.finding import Evidence, Notice, Outcome, ResourceRef, Severity
from auditor.model.rule import Rule
from auditor.render.document import summary_of

# Control characters (a terminal obeys them), and characters that reorder or hide what a person reads.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
VALUE_LENGTH: Final = 300


def visible(text: str) -> str:
    """The text with every control or invisible character written out, as in `\\x1b`: it cannot steer a terminal."""
    return _INVISIBLE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def cut(text: str, length: int = VALUE_LENGTH) -> str:
    """The text, ended with `…` when it is longer than `length`."""
    return text if len(text) <= length else text[: length - 1] + "…"


def value_text(value: Any) -> str:
    """A value of a resource for people: strings as they are, the rest as JSON; cut when long."""
    return cut(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def evidence_text(evidence: Evidence) -> str:
    """What a field holds and should hold: `sku.name is Basic, expected Premium`, `rules[*]: found 0, …`."""
    actual = "absent" if evidence.actual is None else value_text(evidence.actual)
    verb = ":" if evidence.expected.startswith("to find ") else " is"  # what was counted is found, not held
    return f"{evidence.path}{verb} {actual}, expected {evidence.expected}"


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 failure`, `2,000 failures`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def first_sentence(text: str) -> str:
    """The first sentence of a paragraph, on one line."""
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0]


def utc(time: dt.datetime) -> dt.datetime:
    """The time in UTC; one without a zone is taken as UTC."""
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def time_text(time: dt.datetime) -> str:
    """`2025-01-15 08:00 UTC`."""
    return f"{utc(time):%Y-%m-%d %H:%M} UTC"


def is_web_address(text: str) -> bool:
    """Whether a reference may become a link: nothing but http and https, and no character that could hide another."""
    return re.fullmatch(r"https?://[^\s\x00-\x20\"'<>\\^`{|}]+", text) is not None


def count_of(counts: Counts, outcome: Outcome) -> int:
    """How many findings have this outcome."""
    return counts.passed if outcome is Outcome.PASS else int(getattr(counts, outcome.value))


def place_of(resource: ResourceRef) -> str:
    """Where a resource lies, for people: its resource group or namespace, or nothing."""
    return resource.resource_group or resource.namespace or ""


def scope_of(resource: ResourceRef) -> str:
    """What a resource belongs to, for people: `cluster prod`, `subscription 1111…`, or nothing."""
    if resource.subscription_id:
        return f"subscription {resource.subscription_id.casefold()}"
    if resource.id.startswith("/clusters/"):
        return f"cluster {resource.id.split('/', 3)[2]}"
    return ""


def by_severity(counts: Mapping[str, int]) -> list[tuple[Severity, int]]:
    """Every severity, worst first, with its number."""
    return [(severity, counts.get(severity.value, 0)) for severity in Severity]


def scope_phrases(scope: Scope) -> list[str]:
    """What was audited, in short phrases: `12 resources of 3 types`, `subscription …`, `cluster …`."""
    phrases = [plural(scope.resources, "resource")]
    if scope.resource_types:
        phrases[0] += f" of {plural(len(scope.resource_types), 'type')}"
    phrases += _few(scope.subscriptions, "subscription") + _few(scope.clusters, "cluster")
    return phrases + (
        [f"from {', '.join(scope.inputs)}"] if 0 < len(scope.inputs) <= 3 else _few(scope.inputs, "input")
    )


def elements_phrases(audit: Audit) -> list[str]:
    """The elements of the input and what became of them, in short phrases; none for a report that does not say."""
    accounting = audit.accounting
    if accounting is None:
        return []
    return [
        f"Input: {plural(accounting.total, 'element')}",
        plural(accounting.resources, "resource"),
        plural(accounting.gaps, "gap"),
        plural(accounting.duplicates, "duplicate"),
        f"{accounting.left_out:,} not evaluated",
    ]


def not_evaluated_phrases(audit: Audit) -> list[str]:
    """Each reason for which elements of the input are not evaluated, with the number of them and the name of one."""
    entries = audit.accounting.not_evaluated.items() if audit.accounting else ()
    return [
        f"{entry.count:,} not evaluated: {reason}{f', such as {cut(entry.examples[0])}' if entry.examples else ''}"
        for reason, entry in sorted(entries)
    ]


def unjudged_phrase(scope: Scope, most: int = 5) -> str:
    """What was met and no rule asks about, the most frequent types first; nothing where there is none of it."""
    types = unjudged_types(scope)
    if not types:
        return ""
    named = [f"{visible(name)} ({number:,})" for name, number in types[:most]]
    if len(types) > most:
        named.append(plural(len(types) - most, "more type"))
    return f"{unjudged_count(scope)}: {', '.join(named)}"


def unjudged_count(scope: Scope) -> str:
    """How much was met that no rule asks about."""
    about = f"{plural(sum(scope.unjudged.values()), 'resource')} of {plural(len(scope.unjudged), 'type')}"
    return f"{about} that no rule of this audit asks about"


def unjudged_types(scope: Scope) -> list[tuple[str, int]]:
    """The types that no rule asks about, the most frequent first."""
    return sorted(scope.unjudged.items(), key=lambda item: (-item[1], item[0]))


def _few(names: tuple[str, ...], noun: str) -> list[str]:
    if not names:
        return []
    return [f"{noun} {names[0]}" if len(names) == 1 else plural(len(names), noun)]


def verdict(audit: Audit) -> tuple[str, str]:
    """The audit in a word (`nothing`, `fail`, `incomplete`, `clean`) and in a sentence. No data is never clean."""
    counts = audit.counts
    if audit.nothing_evaluated and audit.scope.change:
        return "nothing", "Nothing was evaluated. The change holds nothing that a rule judges."
    if audit.nothing_evaluated:
        return "nothing", "Nothing was evaluated. No rule met a resource, so this audit proves nothing."
    if counts.fail:
        return "fail", f"{plural(counts.fail, 'failure')}: {failures_text(audit.fail_counts)}."
    judged = f"No failures in {plural(counts.total, 'answer')}"
    errors = counts.error + sum(run.error is not None for run in audit.rules)
    missing = ((counts.unknown, "unknown answer"), (errors, "error"), (len(audit.gaps), "gap"))
    parts = [plural(number, noun) for number, noun in missing if number]
    if parts:
        return "incomplete", f"{judged}, but the audit is incomplete: {_and(parts)}."
    return "clean", f"{judged}, {summary_of(audit).rules_exercised:,} of {plural(len(audit.rules), 'rule')} exercised."


def failures_text(counts: Mapping[str, int]) -> str:
    """`1 critical and 2 high`: failures by severity."""
    return _and([f"{number:,} {severity}" for severity, number in by_severity(counts) if number])


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def notice_text(notice: Notice) -> str:
    """A notice with its place: `exemptions.yaml:12: …`."""
    place = ":".join(str(part) for part in (notice.file, notice.line) if part is not None)
    return f"{place}: {notice.message}" if place else notice.message


def code_blocks(rule: Rule) -> list[tuple[str, str, str]]:
    """How to mend it as code: the name of the language for people, its short name, and the code."""
    remedy = rule.remediation
    blocks = (
        ("Azure CLI", "bash", remedy.azcli),
        ("Bicep", "bicep", remedy.bicep),
        ("Terraform", "hcl", remedy.terraform),
        ("Kubernetes", "yaml", remedy.kubernetes),
    )
    return [(name, language, code.strip("\n")) for name, language, code in blocks if code]
