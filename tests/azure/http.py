"""What a service of the local Azure is given and gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson


@dataclass(frozen=True)
class Call:
    """A request. `path` keeps its case, `query` and `headers` have lower-case names."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, host: str, target: str, headers: dict[str, str], body: bytes) -> Call:
        parts = urlsplit(target)
        query = {name.casefold(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
        return cls(method, host, unquote(parts.path), query, headers, body)

    @property
    def name(self) -> str:
        """`GET management.azure.com/subscriptions`: what fault plans and reports name it by."""
        return f"{self.method} {self.host}{self.path}"

    def json(self) -> Any:
        try:
            return orjson.loads(self.body)
        except ValueError as error:
            raise Refused(
                400, "InvalidRequestContent", "The request content was invalid and could not be deserialized."
            ) from error


@dataclass
class Answer:
    """A response; `body` is made JSON unless it is bytes.

    `pace` is the time in seconds from one byte of the body to the next, `head_pace` the same for status and headers.
    `closes`: the connection ends after it. `raw`: these bytes are sent in place of all of it, and then the end.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    pace: float = 0.0
    head_pace: float = 0.0
    closes: bool = False
    raw: bytes = b""

    def payload(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


class Refused(Exception):  # noqa: N818  (an answer of the service, not an error of ours)
    """The service says no, in the shape that Azure gives its errors."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        error = {"code": code, "message": message, **more}
        self.answer = Answer(status, {"error": error}, headers or {})


class Violation(Refused):
    """Something that a reader must never ask. Refused, and recorded: the test fails for it."""


class Dropped(Exception):  # noqa: N818
    """The connection is to be cut without an answer."""
