"""Secrets that stand in texts, where no field says so: connection strings, passwords in addresses, tokens, keys."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson
import re2

_NAME: Final = re.compile(
    r"(?i)passw|passphrase|secret|token|credential|(api|access|account|private|encryption|signing|shared)[_-]?key"
    r"|connection[_-]?string|conn[_-]?str|(^|[_-])(pwd|pass|dsn|sas)([_-]|$)"
)
_NO_SECRET: Final = re.compile(r"(?i)[/$<{\s]|https?://[^@]*$|(true|false|none|null)$")
"""Values that are the path of a file, a reference, an address or a switch: what rules take for no secret."""
_IN_TEXT: Final = re.compile(
    r"(?i)((?:accountkey|sharedaccesskey|sharedaccesssignature|password|passwd|pwd|[?&](?:sig|code|[\w-]*key))[\"']?\s*"
    r"[=:]\s*[\"']?)[^;$<{\s\"'&,@(][^;$<{\s\"'&,]{2,}"
    r"|(://[^/\s:@]*:)[^/\s@$<{]{3,}(?=@)"
    r"|(\bbearer\s+)[a-z0-9+/._~=-]{16,}"
    r"|(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)(?:[^-]|-(?!----END))*"
    r"|()\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"
)
"""What stands before the secret is a group."""
_ONE_WORD: Final = re.compile(r"[^/$<{\s%*]\S{3,}$")
_HARMLESS: Final = re.compile(
    r"(?i)[a-z][a-z0-9+.-]*://[^@]*$|(true|false|none|null|string|required|optional|enabled|disabled|authorization"
    r"|workload-?identity|change(me|it))$|x-|\d{1,6}(ms|s|m|h|d)?$|your[-_]|replace|@microsoft\.keyvault"
    r"|(vault|keyvault|akv|secretref|arn|op):|[^.]*\.(pem|key|crt|cer|txt|json|ya?ml|jks|p12|pfx|conf)$"
)
_NAMES_OBJECT: Final = re.compile(r"(?i)(secret|credentials)$")
_OBJECT: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
_NAMES_ENTRY: Final = re.compile(r"(?i)(secret|credentials|key|token)$")
_ENTRY: Final = re.compile(r"(?i)[a-z0-9._-]+[._-](password|secret|token|credentials|key|name)")
_CONNECTION: Final = re.compile(r"(?i)connection[_-]?string$")
_DRAWN: Final = re.compile(r"[0-9#%^+=~]")
_MAY_BE_IN: Final = re2.compile(
    rb"(?i)accountkey|sharedaccess|passw|pwd|[?&](sig|code|[\w-]*key)=|://[^/\s:@]*:[^/\s@]+@|bearer\s"
    rb"|PRIVATE KEY-----|eyJ"
)
"""What an object has in its text when `_IN_TEXT` finds something: few have, and the others need not be walked."""


def is_secret(name: Any, value: Any) -> bool:
    """Whether a value goes by a name that says that it is a secret, and may be one."""
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and len(value) > 3
        and bool(_NAME.search(name))
        and not _NO_SECRET.match(value)
    )


def is_secret_setting(name: Any, value: Any) -> bool:
    """The same of a variable, less willing: what the rule `kubernetes.workload.no-literal-secrets` takes for harmless
    (a switch, a lifetime, a placeholder, a reference, the name of a file or of an entry elsewhere) is no secret."""
    return is_secret(name, value) and not (
        _HARMLESS.match(value) or (_NAMES_ENTRY.search(name) and _ENTRY.fullmatch(value))
    )


def masked(body: dict[str, Any], mark: str) -> dict[str, Any]:
    """The same object, with a mark for the secrets in its texts."""
    try:
        if not _MAY_BE_IN.search(orjson.dumps(body, default=repr)):
            return body
    except orjson.JSONEncodeError:  # hundreds of levels: it is walked without having been asked
        pass
    found: dict[str, Any] = _masked(body, mark)
    return found


def holds_secret(name: Any, value: Any) -> bool:
    """The same of a setting, less willing: what the rule `kubernetes.config-map.no-credentials` takes for harmless
    (a sentence, the name of a file or of an object, a number, a placeholder) is no secret."""
    if not is_secret(name, value):
        return False
    if _CONNECTION.search(name):
        return bool(_IN_TEXT.search(value))
    if not _ONE_WORD.match(value) or not is_secret_setting(name, value):
        return False
    return not (_NAMES_OBJECT.search(name) and _OBJECT.fullmatch(value))


def credentials_in(text: str, mark: str) -> str:
    """The places of a text that hold a secret, with a mark for it, one a line; empty when there is none.

    Words such as `password: required` are none: a secret has a digit or a sign, unless it stands in an address. What
    stands in a comment is an example.
    """
    found = [match for match in _IN_TEXT.finditer(text) if _is_drawn(match) and not _in_comment(match)]
    return "\n".join(_before(match) + mark + ("@" if text.startswith("@", match.end()) else "") for match in found)


def _masked(value: Any, mark: str) -> Any:
    if isinstance(value, str):
        return _IN_TEXT.sub(lambda found: _before(found) + mark, value) if len(value) > 8 else value
    if isinstance(value, dict):
        return {key: _masked(inner, mark) for key, inner in value.items()}
    return [_masked(inner, mark) for inner in value] if isinstance(value, list) else value


def _is_drawn(found: re.Match[str]) -> bool:
    before = _before(found)
    return before.startswith("://") or bool(_DRAWN.search(found.group().removeprefix(before)))


def _in_comment(found: re.Match[str]) -> bool:
    line = found.string.rfind("\n", 0, found.start()) + 1
    return found.string[line:].lstrip().startswith(("#", ";"))


def _before(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None)
