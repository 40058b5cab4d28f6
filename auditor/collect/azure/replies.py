"""What a service of Azure answered, and what a call that brought nothing means. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

GONE: Final = frozenset(
    {"subscriptionnotfound", "invalidsubscriptionid", "resourcegroupnotfound", "parentresourcenotfound"}
)
"""Codes, in small letters, of what lies in a place that is not there."""
NOT_REGISTERED: Final = frozenset(
    {"missingsubscriptionregistration", "subscriptionnotregistered", "subscription not registered"}
)
"""Codes, in small letters, of a service that a subscription does not use. Defender does with 401 or 404, and spaces."""

_VERSION_REFUSED: Final = frozenset(
    {
        "invalidapiversionparameter", "noregisteredproviderfound", "unsupportedapiversion", "invalidapiversion",
        "apiversionnotsupported", "invalidresourcetype",
    }
)  # fmt: skip
"""Codes, in small letters, of a service that does not know the API version, or the type in this version."""


class Reply(NamedTuple):
    """A final answer."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The error code of ARM, Key Vault or Resource Graph: a word or a few, never the text of the answer."""
        return _code(self._error)

    @property
    def inner_codes(self) -> list[str]:
        """The codes of what the error says in detail."""
        details = self._error.get("details")
        inner = self._error.get("innererror")
        found = [*(details if isinstance(details, list) else ()), inner]
        return [code for one in found if isinstance(one, dict) and (code := _code(one))]

    @property
    def failed(self) -> bool:
        """Whether it holds an error, whatever its status says."""
        return bool(self._error) or (isinstance(self.body, dict) and bool(self.body.get("error")))

    def says(self, words: str) -> bool:
        """Whether the text of the error has these words: for services that give one code to many errors."""
        text = self._error.get("message")
        return isinstance(text, str) and words in text

    @property
    def _error(self) -> dict[str, Any]:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    @property
    def not_registered(self) -> bool:
        """The subscription does not use this service."""
        return self.code.casefold() in NOT_REGISTERED

    @property
    def version_refused(self) -> bool:
        """The service does not know the API version that it was asked in."""
        return self.status in (400, 404) and self.code.casefold() in _VERSION_REFUSED


def _code(error: Mapping[str, Any]) -> str:
    code = error.get("code")
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-][A-Za-z0-9_. -]{,79}", code) else ""


class CallFailed(Exception):  # noqa: N818  (caught where the gap is written)
    """A call that brought nothing. `kind` and `reason` are those of a gap."""

    def __init__(self, kind: str, reason: str, *, status: int = 0, code: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.status = status
        self.code = code


class AnswerTooLarge(Exception):  # noqa: N818  (as `CallFailed`)
    """An answer beyond what is read of one."""


def answered(reply: Reply) -> str:
    """The answer in words: `it answered 403 AuthorizationFailed`."""
    return " ".join(["it answered", str(reply.status), *filter(None, [reply.code]), *reply.inner_codes])


def kind_of(status: int) -> str:
    """The kind of gap that an answer other than a success makes."""
    return {401: "forbidden", 403: "forbidden", 404: "not-found"}.get(status, "unreadable")


def refused(reply: Reply) -> CallFailed:
    """What an answer means that is none."""
    if reply.not_registered:
        told = f"{answered(reply)}: the subscription is not registered for this service"
        return CallFailed("not-found", told, status=404, code=reply.code)
    return CallFailed(kind_of(reply.status), answered(reply), status=reply.status, code=reply.code)
