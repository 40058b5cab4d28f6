"""A rule as SARIF describes it, with its help page in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from auditor.model.finding import Severity
from auditor.model.rule import Rule
from auditor.render.phrasing import code_blocks, cut, is_web_address

LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# Code scanning reads: above 9.0 critical, from 7.0 high, from 4.0 medium, below low.
SCORES: Final = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.5",
}
_MOST_TAGS: Final = 10
_LONGEST: Final = 1024  # code scanning rejects a longer description


def describe(rule: Rule) -> dict[str, Any]:
    """The `reportingDescriptor` of a rule."""
    help_uri = next((address for address in rule.references if is_web_address(address)), None)
    return {
        "id": rule.id,
        "name": "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", rule.id)),
        "shortDescription": {"text": cut(_sentence(rule.title), _LONGEST)},
        "fullDescription": {"text": cut(_sentence(" ".join(rule.rationale.split()) or rule.title), _LONGEST)},
        "help": {"text": _plain(rule), "markdown": _markdown(rule)},
        **({"helpUri": help_uri} if help_uri else {}),
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "precision": "high",
            "security-severity": SCORES[rule.severity],
            "tags": list(_tags(rule))[:_MOST_TAGS],
        },
    }


def _tags(rule: Rule) -> Iterator[str]:
    yield "security"
    yield from rule.component.split("/")
    for framework, controls in sorted(rule.controls.items()):
        yield from (f"{framework}/{control}" for control in controls)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _plain(rule: Rule) -> str:
    parts = [_sentence(rule.title), rule.rationale.strip(), rule.remediation.text.strip()]
    parts += [f"{name}:\n{code}" for name, _language, code in code_blocks(rule)]
    return "\n\n".join(part for part in parts if part)


def _markdown(rule: Rule) -> str:
    parts = [f"**{_sentence(rule.title)}**", "### Why", rule.rationale.strip(), "### How to mend"]
    parts.append(rule.remediation.text.strip())
    for name, language, code in code_blocks(rule):
        longest = max(map(len, re.findall("`+", code)), default=0)
        fence = "`" * max(3, longest + 1)  # no text of the code ends its block
        parts.append(f"{name}:\n\n{fence}{language}\n{code}\n{fence}")
    if rule.controls:
        parts.append("### Controls")
        parts.append("\n".join(f"- {name}: {', '.join(ids)}" for name, ids in sorted(rule.controls.items())))
    links = [address for address in rule.references if is_web_address(address)]
    if links:
        parts += ["### References", "\n".join(f"- <{address}>" for address in links)]
    return "\n\n".join(part for part in parts if part)
