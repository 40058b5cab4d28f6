"""Resources and gaps without what would tell whose they are, for sharing a snapshot. Pure.

Everything is replaced that is not known to say nothing: words that rules and lenses compare with, numbers, times.
Certificates hold names that cannot be replaced; they become unknown. Rules answer for the result as for the original,
but for those that judge certificates, or the look of a name itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from msgspec import structs

from auditor.model.accounting import Accounting, NotEvaluated
from auditor.model.gap import Gap
from auditor.model.resource import CERTIFICATES_REDACTED, Origin, Resource, Unknown, holds_unknown
from auditor.model.rule import Rule
from auditor.sanitize.pseudonymize.names import Pseudonyms
from auditor.sanitize.pseudonymize.vocabulary import Vocabulary

_IDENTIFIER: Final = re.compile(r"[A-Za-z$@_][A-Za-z0-9_.@$]*")
_FREE: Final = frozenset(
    {"annotations", "binarydata", "data", "labels", "matchlabels", "nodeselector", "selector", "stringdata"}
)
"""Keys of objects whose own keys somebody chose, where these have plain values."""
_FREE_ALL: Final = frozenset({"parameters", "tags"})
"""The same, whatever the values are."""
_FREE_IN_ARM: Final = frozenset({"metadata"})
"""The same in resources of Azure; in those of Kubernetes the keys are the API's."""
_PUBLIC: Final = frozenset({"apiversion", "kind", "location", "type"})
"""Keys of values that Azure and Kubernetes chose, in most places."""
_ARM_TYPE: Final = re.compile(r"(?i)microsoft\.[\w.]+(/\w+)*")
_CIPHERS: Final = re.compile(
    r"(?i)(TLS|SSL)(_(ECDHE?|DHE?|RSA|ECDSA|DSS|PSK|SRP|ANON|NULL|WITH|AES|3?DES|EDE|RC[24]|CAMELLIA|CHACHA20|POLY1305"
    r"|ARIA|SEED|GCM|CBC|CCM|MD5|SHA\d*|EXPORT|\d+))+"
)
"""Cipher suites, by the names of IANA."""
_PART: Final = (
    r"(A?ECDHE?|A?DHE?|EDH|RSA|ECDSA|DSS|PSK|SRP|[Aae]?NULL|AES\d*|3?DES|CBC3?|EDE3?|RC[24]|CAMELLIA\d*|CHACHA20"
    r"|POLY1305|ARIA\d*|SEED|IDEA|GCM|CCM8?|MD5|SHA\d*|EXP(ORT\d*)?|LOW|MEDIUM|HIGH|DEFAULT|ALL)"
)
_SUITES: Final = re.compile(
    rf"{_PART}(-{_PART})+([:, ]+[!+-]?{_PART}([-+]{_PART})*)*"  # the first has a hyphen: a single word may be a name
)
"""A list of cipher suites, by the names of OpenSSL."""
_BLOB: Final = re.compile(r"-----BEGIN |[A-Za-z0-9+/=\s]{200,}\Z")
_REDACTED: Final = "redacted: it may hold names that cannot be replaced"


def pseudonyms(salt: bytes, rules: Iterable[Rule], resources: Iterable[Resource]) -> Pseudonyms:
    """Pseudonyms for some resources, that leave the answers of some rules as they are."""
    words = Pseudonyms(salt, Vocabulary(rules))
    for resource in resources:
        if _ARM_TYPE.fullmatch(resource.type):
            words.learn_type(resource.type)
        for name in (resource.name, resource.namespace, resource.resource_group, resource.cluster):
            words.learn(name or "")
    return words


def redact(resource: Resource, words: Pseudonyms) -> Resource:
    """The resource with other words in it."""
    of_azure = _ARM_TYPE.fullmatch(resource.type) is not None
    body = _object(resource.body, "", words, of_azure)
    origin = Origin(
        source=resource.origin.source,
        address=_optional(resource.origin.address, words),
        file=_optional(resource.origin.file, words),
        line=resource.origin.line,
    )
    kind = resource.type if of_azure else words.text(resource.type)
    return Resource(kind, body, origin, words.text(resource.cluster), partial=resource.partial or holds_unknown(body))


def redact_gap(gap: Gap, words: Pseudonyms) -> Gap:
    """The gap with other words in it."""
    kind = gap.type if gap.type is None or _ARM_TYPE.fullmatch(gap.type) else words.text(gap.type)
    return Gap(what=words.text(gap.what), reason=words.text(gap.reason), kind=gap.kind, type=kind)


def redact_accounting(accounting: Accounting, words: Pseudonyms) -> Accounting:
    """What became of the elements that are no resources, with other words for their names."""
    left_out = {
        reason: NotEvaluated(count=entry.count, examples=[words.text(name) for name in entry.examples])
        for reason, entry in accounting.not_evaluated.items()
    }
    return structs.replace(accounting.without_resources(), not_evaluated=left_out)


class Redacted:
    """Resources with other words in them; can be iterated as often as `read` can be called."""

    def __init__(self, read: Callable[[], Iterator[Resource]], words: Pseudonyms) -> None:
        self._read = read
        self._words = words

    def __iter__(self) -> Iterator[Resource]:
        return (redact(resource, self._words) for resource in self._read())


def _object(body: dict[str, Any], name: str, words: Pseudonyms, of_azure: bool) -> dict[str, Any]:
    """An object that stands under a casefolded key."""
    plain = name in _FREE or (of_azure and name in _FREE_IN_ARM)
    return {
        _key(key, words, free=name in _FREE_ALL or (plain and not isinstance(value, dict | list))): _value(
            key.casefold(), value, words, of_azure
        )
        for key, value in body.items()
    }


def _key(key: str, words: Pseudonyms, *, free: bool) -> str:
    return words.text(key) if free or not _IDENTIFIER.fullmatch(key) else key


def _value(key: str, value: Any, words: Pseudonyms, of_azure: bool) -> Any:
    if isinstance(value, str):
        if _BLOB.match(value):
            only = value.startswith("-----BEGIN CERTIFICATE-----") and "KEY-----" not in value
            return Unknown(CERTIFICATES_REDACTED if only else _REDACTED)
        if key in _PUBLIC and (key == "location" or _ARM_TYPE.fullmatch(value)):
            return value
        if _CIPHERS.fullmatch(value) or _SUITES.fullmatch(value):
            return value
        return words.text(value)
    if isinstance(value, dict):
        return _object(value, key, words, of_azure)
    if isinstance(value, list):
        return [_value(key, item, words, of_azure) for item in value]
    return Unknown(words.text(value.reason)) if isinstance(value, Unknown) else value


def _optional(text: str | None, words: Pseudonyms) -> str | None:
    return None if text is None else words.text(text)
