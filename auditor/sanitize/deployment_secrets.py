"""Deployments lose the values of their parameters and outputs before any other code sees them.

Whoever may read a resource group may read these, for as long as the deployment stands in its history. No rule needs the
values; that one was a secret stays visible. What counts as one is only what hardly can be anything else: keys that say
so themselves (connection strings, signed addresses, tokens, private keys), passwords by the name of their parameter,
and keys by name and form. Names of secrets in a vault, references and expressions are none.

Source: the reference of `Microsoft.Resources/deployments`; parameters of the secure types have no value there.
"""

from __future__ import annotations

import re
from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.sanitize.marks import AZURE, MARKS

REMOVED: Final = AZURE.secret
TYPE: Final = "microsoft.resources/deployments"
"""Casefolded."""

_UNREAD: Final = frozenset({"dependencies", "outputresources", "providers", "validatedresources"})
"""Long lists in a deployment that say nothing of its values."""
_SAYS_SO: Final = re.compile(
    r"(?i)(?:^|;)\s*(?:accountkey|sharedaccesskey|sharedaccesssignature)\s*=\s*[^;\s\[$<{]{8,}"
    r"|(?:^|;)\s*(?:password|pwd)\s*=\s*[^;\s\[$<{]{3,}\s*(?:;|$)"
    r"|[?&]sig=[a-z0-9%+/=_-]{20,}"
    r"|://[^/\s:@]+:[^/\s@:$<{\[]{3,}@"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
)
_SIGNS: Final = re.compile(r"[-_. ]")
_PASSWORDS: Final = ("password", "passwd", "pwd", "passphrase", "clientsecret", "sastoken", "accesstoken")
_KEYS: Final = ("key", "key1", "key2")
_KEY: Final = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+][A-Za-z0-9+/]{39,}={0,2}|[0-9a-fA-F]{32,}")
_NO_PASSWORD: Final = re.compile(
    r"(?i)[/\[{$<(@]|https?://|(?:true|false|none|null|password|\*+)$|[a-z0-9]+(?:-[a-z0-9]+)+$"
)
"""References, expressions, switches, and what looks like the name of a secret in a vault."""


def is_password(name: str) -> bool:
    """Whether a parameter of this name holds a password."""
    return _SIGNS.sub("", name.casefold()).endswith(_PASSWORDS)


def is_no_password(value: str) -> bool:
    """Whether a text can be none: a reference, an expression, a switch, or the name of a secret in a vault."""
    return bool(_NO_PASSWORD.match(value))


def without_values(body: dict[str, Any]) -> dict[str, Any]:
    """A copy of a deployment; of each parameter and output its type, and `(removed)` for a value that is a secret."""
    properties = body.get("properties")
    if not isinstance(properties, dict):
        return body
    kept: dict[str, Any] = {}
    for key, value in properties.items():
        folded = key.casefold()
        if folded in ("parameters", "outputs") and isinstance(value, dict):
            kept[key] = {name: _entry(name, entry) for name, entry in value.items()}
        elif folded in ("templatelink", "parameterslink") and isinstance(value, dict):
            kept[key] = {name: inner for name, inner in value.items() if name.casefold() != "querystring"}
        elif folded not in _UNREAD:
            kept[key] = value
    return {**body, "properties": kept}


def _entry(name: str, entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    kept = {key: value for key, value in entry.items() if key.casefold() in ("type", "reference")}
    value = next((value for key, value in entry.items() if key.casefold() == "value"), None)
    if isinstance(value, Unknown) or (isinstance(value, str) and value in MARKS):
        kept["value"] = value
    elif _is_secret(name, value):
        kept["value"] = REMOVED
    return kept


def _is_secret(name: str, value: Any) -> bool:
    """Whether a value holds a secret, at any depth."""
    if isinstance(value, dict):
        return any(_is_secret(str(key), inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(_is_secret(name, inner) for inner in value)
    if not isinstance(value, str):
        return False
    if _SAYS_SO.search(value):
        return True
    if is_password(name):
        return len(value) > 3 and not is_no_password(value)
    folded = _SIGNS.sub("", name.casefold())
    return folded.endswith(_KEYS) and "public" not in folded and bool(_KEY.fullmatch(value))
