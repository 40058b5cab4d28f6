"""What a template will leave in the history of deployments: parameters and outputs that are no secure strings. Pure.

A parameter counts by its name alone, as nobody knows its value yet; an output by what its expression hands out: the
answer of a function that lists keys, or a secure parameter. See
`auditor.sanitize.deployment_secrets` for the live counterpart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.sanitize.deployment_secrets import is_no_password, is_password

WILL_STAND: Final = "(secret)"
"""Stands where a secret will."""
_LISTS: Final = re.compile(
    r"(?i)\blist(?:keys|accountkeys|adminkeys|apikeys|authkeys|querykeys|sharedkeys|connectionstrings|credentials|secrets"
    r"|accountsas|servicesas|clusteradmincredential|clusterusercredential|channelwithkeys)\s*\("
)
_PARAMETER: Final = re.compile(r"(?i)\bparameters\(\s*'([^']+)'\s*\)")
_ASKED_ABOUT: Final = re.compile(r"(?i)\b(?:empty|length|equals|contains|if|not|uniquestring|guid)\s*\(")
"""Functions that say something about a value and do not hand it out; what stands beside them is not followed."""
_SECURE: Final = frozenset({"securestring", "secureobject"})


def left_behind(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters` and `outputs` of a deployment as its history will show them, of a template as it is written; those
    alone that will show a secret."""
    parameters, outputs = raw.get("parameters"), raw.get("outputs")
    secure = {name.casefold() for name, one in _declared(parameters) if _type(one) in _SECURE}
    found = {
        "parameters": {name: _shown(one) for name, one in _declared(parameters) if _is_plain_password(name, one)},
        "outputs": {name: _shown(one) for name, one in _declared(outputs) if _hands_out(one, secure)},
    }
    return {part: entries for part, entries in found.items() if entries}


def _declared(entries: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(entries, Mapping):
        yield from ((str(name), one) for name, one in entries.items() if isinstance(one, Mapping))


def _type(entry: Mapping[str, Any]) -> str:
    kind = entry.get("type")
    return kind.casefold() if isinstance(kind, str) else ""


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": entry.get("type"), "value": WILL_STAND}


def _is_plain_password(name: str, entry: Mapping[str, Any]) -> bool:
    if _type(entry) != "string" or not is_password(name) or entry.get("allowedValues"):
        return False
    default = entry.get("defaultValue")
    return not (isinstance(default, str) and default[:1] not in ("", "[") and is_no_password(default))


def _hands_out(entry: Mapping[str, Any], secure: set[str]) -> bool:
    value = entry.get("value")
    if _type(entry) in _SECURE or not isinstance(value, str) or not value.startswith("["):
        return False
    if _LISTS.search(value):
        return True
    named = {name.casefold() for name in _PARAMETER.findall(value)}
    return bool(named & secure) and not _ASKED_ABOUT.search(value)
