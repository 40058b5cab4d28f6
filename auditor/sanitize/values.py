"""Values that are no secret, whatever their name says: switches, references, times. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from auditor.sanitize.marks import MARKS

_SWITCH: Final = (
    "true|false|yes|no|on|off|none|null|nil|enabled?|disabled?|required|optional|default|string|secure ?string"
    "|system-?assigned|user-?assigned|system|authorization|auto|always|never"
)
_SWITCHES: Final = re.compile(rf"(?i)(?:{_SWITCH})?")
_REFERENCE: Final = re.compile(
    r"(?si)\{\{[^{}]*\}\}"  # a named value, a template
    r"|\$\{[^{}]*\}|\$\([^()]*\)|\$\{\{[^{}]*\}\}|%[A-Z_]+%|#\{[^{}]*\}#?"  # a variable
    r"|\[(?:parameters|variables|reference|resourceid|concat|format|listkeys|listsecrets)\([^'\"]*'[^']*'[^'\"]*\)\]"
    r"|@microsoft\.(?:keyvault|appconfiguration)\([^()]*\)"
    r"|@\{?(?:parameters|variables|body|outputs|triggerbody|pipeline\(\)\.parameters)[^'\"]*(?:'[^']*')?[^'\"]*\}?"
    r"|/subscriptions/[0-9a-f-]{36}(?:/[^?#\s]*)?|/providers/[\w.]+/[^?#\s]*"
    r"|https://[\w-]+\.(?:vault|managedhsm)\.[\w.]+/(?:secrets|keys|certificates)/[\w/-]*"
    r"|(?:vault|keyvault|akv|secretref|arn|op|kv|ref\+\w+):[^\s?]*"
    r"|\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"
)
_FILE: Final = re.compile(r"(?:/[\w.@-]{1,64}){2,}/?|(?:/[\w.@-]{1,64})*/[\w@-]{1,64}\.[a-z][a-z0-9]{1,5}")


def is_reference(text: str) -> bool:
    """Whether a text refers to a value that stands elsewhere, is a switch, a time, or one of our marks."""
    return text in MARKS or bool(_SWITCHES.fullmatch(text)) or bool(_REFERENCE.fullmatch(text))


def is_file(text: str) -> bool:
    """Whether a text is the path of a file, of words. A key in base64 may begin with a slash, too."""
    return bool(_FILE.fullmatch(text)) and not _has_odd_word(text)


_WORDS: Final = re.compile(r"[A-Za-z]*\d{0,4}|\d+[A-Za-z]{0,3}|[PT][\dPTDHMS]+")
_PARTS: Final = re.compile(r"[-_./:,;~*@=\s]+")
_ODD_LENGTH: Final = 8
_GUID: Final = re.compile(r"(?i)\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?")
_ORDINARY: Final = re.compile(
    r"(?i)[a-z][a-z0-9+.-]*://[^\s?#@]*|[0-9a-f.:]+(?:/\d{1,3})?|/[^?#\s]*|sha256:[0-9a-f]{64}|[\w.+-]+@[\w.-]+"
)


def is_opaque(value: Any) -> bool:
    """Whether a text is one word that people would not write: letters and digits mixed, as in keys and tokens."""
    if not isinstance(value, str) or not 8 <= len(value) <= 4096 or " " in value.strip() or "://" in value:
        return False
    if is_reference(value) or any(mark in value for mark in MARKS):
        return False
    if _GUID.fullmatch(value) or _ORDINARY.fullmatch(value):
        return False
    return _has_odd_word(value)


_ALGORITHM: Final = re.compile(
    r"(?i)(?:aes|argon|base|hmac|http|md|oauth|pbkdf|rsa|saml|sha|ssl|tls|utf|v|x)[-_]?\d[\w.-]*"
)
_DRAWN: Final = re.compile(r"[0-9!#%^&*+=~]")


def is_drawn(value: str) -> bool:
    """Whether a text has a digit or a sign, as words have none, and is neither an algorithm nor a number."""
    return bool(_DRAWN.search(value)) and not _ALGORITHM.fullmatch(value) and not is_plain_setting(value)


def _has_odd_word(text: str) -> bool:
    """Whether a part has letters and digits mixed: `orders2` has not, `Zm9vYmFy` has."""
    return any(
        len(part) >= _ODD_LENGTH and any(map(str.isdigit, part)) and not _WORDS.fullmatch(part)
        for part in _PARTS.split(text)
    )


_PLAIN: Final = re.compile(r"(?i)~?\d{1,4}(?:\.\d+)*(?:ms|s|m|h|d|[kmgt]i?b?)?|P[\dPTDHMS]{1,12}")


def is_plain_setting(text: str) -> bool:
    """Whether the value of a setting is a switch, a small number, a duration or a reference."""
    return is_reference(text) or bool(_PLAIN.fullmatch(text))
