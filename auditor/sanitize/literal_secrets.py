"""Which values the rules about literal secrets report, so that what replaces a secret changes none of their answers.

The rules are `kubernetes.workload.no-literal-secrets` and `kubernetes.config-map.no-credentials`. A value that they
report is replaced by `KUBERNETES.secret`, which they report as well, any other by `KUBERNETES.harmless`. Pure.
"""

from __future__ import annotations

import re
from typing import Any, Final

from auditor.sanitize.texts import Span, in_comment, is_drawn, spans
from auditor.sanitize.values import is_opaque

_NAMES: Final = re.compile(
    r"(?i)(password|passwd|passphrase|(^|[_-])(pwd|pass)|db_?(pwd|pass)|api_?key|access_?key|account_?key|private_?key"
    r"|secret_?key|encryption_?key|(storage|master|signing|subscription|function|hmac|cosmos|primary|secondary)_?key"
    r"|credentials|(access|auth|api|bearer|refresh|bot|github|gitlab|vault)_?token"
    r"|(client|app|api|auth|session|cookie|signing|jwt|shared|webhook)_?secret)$"
)
_OTHER_NAMES: Final = re.compile(r"(?i)(^|[_-])secret$")
_OF_OBJECTS: Final = re.compile(r"(?i)(pull|tls|ssl|cert|certificate|ca|image)_?secret$")
_VALUE: Final = re.compile(r"[^/$<{\s]\S{3,}|/[^/\s]*[0-9!#%^&*+=][^/\s]*/$")
_OTHER_VALUE: Final = re.compile(r"[^/$<{\s]*([0-9][^/$<{\s]*|[!#%^&*+=~][^/$<{\s]*)$")
_OBJECT_LIKE: Final = re.compile(
    r"(?i)([a-z0-9.]+([-/][a-z0-9.]+)+|\d{1,6}(ms|s|m|h|d)?|.{0,3}|.*://.*|(vault|keyvault|akv|secretref|arn|op):.*)$"
)
_HARMLESS: Final = re.compile(
    r"(?i)([a-z][a-z0-9+.-]*://[^@]*$|(true|false|none|null|string|required|optional|enabled|disabled|authorization"
    r"|workload-?identity|change(me|it))$|x-|\d{1,6}(ms|s|m|h|d)?$|your[-_]|replace|@microsoft\.keyvault"
    r"|(vault|keyvault|akv|secretref|arn|op):|[^.]*\.(pem|key|crt|cer|txt|json|ya?ml|jks|p12|pfx|conf)$)"
)
_NAMES_ENTRY: Final = re.compile(r"(?i)(secret|credentials|key|token)$")
_ENTRY: Final = re.compile(r"(?i)[a-z0-9._-]+[._-](password|secret|token|credentials|key|name)$")
_ONE_WORD: Final = re.compile(r"[^/$<{\s%*]\S{3,}$")
_NAMES_OBJECT: Final = re.compile(r"(?i)(secret|credentials)$")
_OBJECT: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
_CONNECTION: Final = re.compile(r"(?i)connection[_-]?string$")
_SIGNATURE: Final = 18
"""Characters of a signature; shorter ones are parameters of that name."""
_ASSIGNED: Final = re.compile(
    rb"(?i)(?:passw(?:or)?d|passphrase|pwd|pass|[_-]?key|(?:access|auth|api|bearer)[_-]?token"
    rb"|(?:client|app|api|auth)[_-]?secret)(?:[ \t]*=[ \t]*|[ \t]+)[\"']?$|(?:bearer|basic)[ \t]+$"
)


def is_reported_variable(name: Any, value: str) -> bool:
    """Whether the rule about workloads reports a variable by its name."""
    name = str(name)
    other = _OTHER_NAMES.search(name) and not _OF_OBJECTS.search(name)
    if other and _OTHER_VALUE.match(value) and not _OBJECT_LIKE.match(value):
        return True
    if not _NAMES.search(name) or not _VALUE.match(value) or _HARMLESS.match(value):
        return False
    return not (_NAMES_ENTRY.search(name) and _ENTRY.match(value))


def in_workload(data: bytes, span: Span) -> bool:
    """Whether the rule about workloads reports a secret in the text of a variable, an argument or a command."""
    if span.encoded or not span.reported:
        return False
    value = data[span.start : span.end].decode("utf-8", "replace")
    if span.certain:
        return not span.before.endswith(b"sig=") or len(value) >= _SIGNATURE
    assigned = bool(_ASSIGNED.search(span.before))
    return len(value) > 3 and not _HARMLESS.match(value) and (assigned or is_opaque(value))


def is_reported_entry(name: str, value: str) -> bool:
    """Whether the rule about ConfigMaps reports an entry by its name."""
    if _CONNECTION.search(name):
        data = value.encode("utf-8", "surrogatepass")
        return any(
            span.certain or b"=" in span.before or (is_drawn(data, span) and not span.encoded) for span in spans(data)
        )
    if not _ONE_WORD.match(value) or _HARMLESS.match(value):
        return False
    if _NAMES_ENTRY.search(name) and _ENTRY.match(value):
        return False
    return not (_NAMES_OBJECT.search(name) and _OBJECT.fullmatch(value))


def in_configuration(data: bytes, span: Span) -> bool:
    """Whether the rule about ConfigMaps reports a secret in a text.

    Words such as `password: required` are none: a secret has a digit or a sign, unless it stands in an address. What
    stands in a comment is an example.
    """
    return (span.certain or is_drawn(data, span)) and span.reported and not span.encoded and not in_comment(data, span)
