"""What goes wrong, and on which calls."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.azure.http import Answer, Call, Dropped

CODES: Final = {  # 404: the subscription is gone. That one resource is not there is an answer, no fault.
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "AuthorizationFailed",
    404: "SubscriptionNotFound",
    408: "RequestTimeout",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}

_PAGE: Final = b"<html><body>Sign in to the network</body></html>"
ODD: Final[dict[str, tuple[int, Any]]] = {
    "nothing": (200, {}),
    "list": (200, []),
    "null": (200, b"null"),
    "half": (
        200,
        {"value": [], "data": [], "error": {"code": "InternalServerError", "message": "The rest is missing."}},
    ),
    "accepted": (202, b""),
    "no content": (204, b""),
    "moved": (301, _PAGE),
    "no page": (404, _PAGE),
}
"""Answers that are none, by the name of the effect."""


@dataclass
class Fault:
    """One thing that goes wrong on the calls whose name (`METHOD host/path`) the pattern finds.

    `effect`: a status, with the error `code` that it usually has or another, and `text`, or with `body`, whatever it
    is, and `headers`; `delay` (`seconds`, then the answer as ever); `reset` (the connection is cut before anything is
    done); `drip` (the body byte by byte, with `seconds` between them), `drip head` (the same for status and headers);
    `headers` (the answer as ever, with these `headers` too); `lost` (it is done, and then the connection is cut before
    the answer); `truncate` (half of the answer, then the end); `malformed` (an answer that is no JSON); `html` (a page,
    as a proxy gives it); `raw` (the bytes of `body` are all that comes, status and headers among them); `empty` (200
    without a body); one of `ODD`; `expire` (every token given so far is void); `vanish` (a resource is deleted before
    the call is answered).
    It leaves the first `skip` matching calls alone and then strikes `times` times, None for ever. `asks` is sought in
    the body of the call too: the queries of Resource Graph all have one name. `closes`: the connection ends after the
    answer, as it does where what stands in its head is not what follows.
    """

    match: str
    effect: int | str
    times: int | None = None
    skip: int = 0
    seconds: float = 0.0
    retry_after: int | None = None
    code: str = ""
    text: str = ""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    asks: str = ""
    closes: bool = False
    struck: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)

    def strikes(self, call: Call) -> bool:
        if not re.search(self.match, call.name, re.IGNORECASE):
            return False
        if self.asks and not re.search(self.asks, call.body.decode(errors="replace"), re.IGNORECASE):
            return False
        self._seen += 1
        if self._seen <= self.skip or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class FaultPlan:
    """The faults of a run. The first that strikes decides."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = list(faults)
        self._lock = threading.Lock()

    def striking(self, call: Call) -> Fault | None:
        with self._lock:
            return next((fault for fault in self.faults if fault.strikes(call)), None)


def before(fault: Fault) -> Answer | None:
    """What a fault answers in place of the service, if it does."""
    if fault.effect == "delay":
        time.sleep(fault.seconds)
        return None
    if fault.effect == "reset":
        raise Dropped
    if fault.effect == "malformed":
        return Answer(200, b'{"value": [{"id": "/subscriptions/')
    if fault.effect == "html":
        return Answer(200, _PAGE, {"Content-Type": "text/html"})
    if isinstance(fault.effect, str) and fault.effect in ODD:
        status, body = ODD[fault.effect]
        return Answer(status, body, {"Location": "https://example.net/"} if status == 301 else {})
    if fault.effect == "raw":
        return Answer(raw=fault.body)
    if fault.effect == "empty":
        return Answer(200, b"")
    if isinstance(fault.effect, int):
        headers = fault.headers if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if fault.body is not None:
            return Answer(fault.effect, fault.body, dict(headers))
        text = fault.text or f"The plan of the test says {fault.effect}."
        return Answer(
            fault.effect, {"error": {"code": fault.code or CODES[fault.effect], "message": text}}, dict(headers)
        )
    return None
