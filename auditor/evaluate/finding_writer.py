"""Answers of rules as findings: identity, wording, and the JSON of findings. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from auditor.model.finding import Evidence, Outcome, ResourceRef
from auditor.model.resource import Resource
from auditor.model.rule import Rule

encode: Final = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What a rule says of a resource, or of one element of it."""

    element: str | None
    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    gap: str | None = None


def fingerprint(rule_id: str, resource_id: str, element: str | None) -> str:
    """The identity of a finding: stable over runs, whatever the casing of the id. 32 hexadecimal digits of SHA-256."""
    text = f"{rule_id}\0{resource_id.casefold()}\0{element or ''}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def identity_of(line: bytes) -> str:
    """The fingerprint of a finding that is JSON, with which it begins."""
    return line[_IDENTITY].decode()


_IDENTITY: Final = slice(len('{"fingerprint":"'), len('{"fingerprint":"') + 32)


def message(rule: Rule, answer: Answer, resource: Resource) -> str:
    """One sentence that says what was found."""
    if answer.outcome is Outcome.PASS:
        return rule.title
    if answer.outcome is Outcome.ERROR:
        return f"The rule could not be run: {answer.gap}"
    if answer.outcome is Outcome.UNKNOWN:
        return f"Not known: {answer.gap}"
    return _found(answer.evidence, resource) if answer.evidence else f"Not so: {rule.title}"


def _found(evidence: Sequence[Evidence], resource: Resource) -> str:
    first = evidence[0]
    if resource.type.startswith("auditor/") and (says := _says(resource.body, first.path)):
        return f"{says}: {_held(evidence)}"
    return _held(evidence)


def _says(body: Any, path: str) -> str:
    """What a lens says of the thing that holds the evidence, in words; of a hop also whence and whither."""
    here = body
    for step in _STEP.findall(path)[:-1]:
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return ""
    says = here.get("says") if isinstance(here, dict) else None
    if not isinstance(says, str):
        return ""
    ends = [end["name"] for end in (here.get("from"), here.get("to")) if isinstance(end, dict) and "name" in end]
    return f"{' → '.join(ends)}, {says}" if len(ends) == 2 else says


_STEP: Final = re.compile(r"[^.\[\]]+")


def _held(evidence: Sequence[Evidence]) -> str:
    first = evidence[0]
    actual = "absent" if first.actual is None else _inline(first.actual)
    others = len(evidence) - 1
    more = f" (and {others} more field{'s' if others > 1 else ''})" if others else ""
    verb = ":" if first.expected.startswith("to find ") else " is"  # what was counted is found, not held
    return f"{first.path}{verb} {actual}, expected {first.expected}{more}"


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = encode(value).decode() if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 120 else f"{text[:120]}…"


class Form:
    """The JSON of one outcome of one rule, but for what the resource and the answer fill in."""

    def __init__(self, rule: Rule, outcome: Outcome) -> None:
        verdict = f'"outcome":"{outcome.value}","severity":"{rule.severity.value}"'
        said = f'","ruleId":{encode(rule.id).decode()},{verdict},"resource":'
        self.after_fingerprint = said.encode()
        self.after_element = b',"title":%b,"message":' % encode(rule.title)
        self.begun = hashlib.sha256(f"{rule.id}\0".encode())
        self.rule = rule


class Writer:
    """Writes the findings of one resource: what they say of the resource is made once."""

    def __init__(self, resource: Resource, owner: str | None = None) -> None:
        self._of = resource
        self._identity = f"{resource.id.casefold()}\0".encode("utf-8", "surrogatepass")
        self._resource = encode(ResourceRef.of(resource))
        self._origin = encode(resource.origin) + (b"" if owner is None else b',"owner":' + encode(owner))

    def line(self, form: Form, answer: Answer) -> bytes:
        """A finding as JSON, with its `fingerprint`."""
        element = answer.element
        digest = form.begun.copy()
        digest.update(self._identity)
        if element:
            digest.update(element.encode("utf-8", "surrogatepass"))
        return b'{"fingerprint":"%b%b%b,"element":%b%b%b,"evidence":%b,"gap":%b,"exemption":null,"origin":%b}' % (
            digest.hexdigest()[:32].encode(),
            form.after_fingerprint,
            self._resource,
            b"null" if element is None else encode(element),
            form.after_element,
            encode(message(form.rule, answer, self._of)),
            encode(answer.evidence),
            b"null" if answer.gap is None else encode(answer.gap),
            self._origin,
        )
