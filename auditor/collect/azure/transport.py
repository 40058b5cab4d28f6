"""HTTP for every client of Azure, sign-in included: each answer within a time and a size.

The libraries below wait for each piece of an answer as long as the read timeout says: a server that sends one byte now
and then holds a call for ever. And they unpack whatever comes: 600 KiB of gzip can be gigabytes. Here a deadline holds
for the whole call, from the connection to the last byte, and unpacked bytes are counted while they come in.

Imports SDKs: to be imported inside functions.
"""

from __future__ import annotations

import http.client
import io
import math
import socket
import threading
import time
from typing import Any, Final

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ReadTimeout, RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

from auditor.collect.azure.replies import AnswerTooLarge

ANSWER: Final = 120.0
"""Seconds for one answer, from the connection to the last byte."""
MOST_BYTES: Final = 64 << 20
"""Of one answer, unpacked. Resource Graph gives at most 16 MB, lists of Resource Manager come in smaller pages."""
_TIMEOUTS: Final[dict[str, Any]] = {"connection_timeout": 10, "read_timeout": 60}
"""Seconds to connect, and between two pieces of an answer."""
_LONGEST_SLEEP: Final = 30.0
_PIECE: Final = 1 << 16

_call = threading.local()
"""`deadline` (monotonic clock) of the call that the thread makes."""


def bounded(until: float = math.inf, answer: float = ANSWER, connections: int = 10) -> BoundedTransport:
    """A transport whose calls take at most `answer` seconds each and end at `until` (monotonic clock).

    `connections` are kept open to one host.
    """
    return BoundedTransport(_Limits(until, answer, connections))


class _Limits:
    def __init__(self, until: float, answer: float, connections: int) -> None:
        self.until = until
        self.answer = answer
        self.connections = connections

    def deadline(self) -> float:
        """When a call that begins now has to be over."""
        return min(time.monotonic() + self.answer, self.until)


class BoundedTransport(RequestsTransport):  # type: ignore[misc]
    """azure-core's transport, with the limits."""

    def __init__(self, limits: _Limits) -> None:
        super().__init__(**_TIMEOUTS)
        self._limits = limits
        self.failed = ""
        """What became of the last call, when it brought no answer."""

    def send(self, request: Any, **options: Any) -> Any:
        """Raises azure-core's errors, `AnswerTooLarge`."""
        self.failed = "cannot be reached"
        try:
            response = super().send(request, **options)
        except ServiceResponseError:
            self.failed = "did not answer in time, or not to the end"
            raise
        except AnswerTooLarge:
            self.failed = "answered with more than a token"
            raise
        self.failed = ""
        return response

    def _init_session(self, session: Session) -> None:
        super()._init_session(session)
        for scheme in self._protocols:
            session.mount(scheme, _Adapter(self._limits))

    def sleep(self, duration: float) -> None:
        """The wait of an SDK before it asks again: never longer than there is time, whatever the service asks for."""
        time.sleep(max(0.0, min(duration, _LONGEST_SLEEP, self._limits.until - time.monotonic())))


class _Adapter(HTTPAdapter):
    """Reads every answer to its end before anybody else sees it."""

    def __init__(self, limits: _Limits) -> None:
        self._limits = limits
        never = Retry(total=False, redirect=False, raise_on_status=False)
        super().__init__(max_retries=never, pool_maxsize=limits.connections)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.casefold().startswith("socks"):  # which has connections of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: PreparedRequest, stream: bool = False, *args: Any, **options: Any) -> Response:  # noqa: ARG002
        """Raises `requests.ReadTimeout` when the answer is not whole at the deadline, `AnswerTooLarge`."""
        _call.deadline = self._limits.deadline()
        try:
            if _left() <= 0:
                raise ReadTimeout("there is no time left for a call", request=request)
            response = super().send(request, True, *args, **options)
            response._content = _whole(response)
            response._content_consumed = True
        except RequestException as error:
            if _left() <= 0 and not isinstance(error, ReadTimeout):
                raise ReadTimeout("the answer was not whole in time", request=request) from error
            raise
        return response


def _whole(response: Response) -> bytes:
    """All of an answer. Raises `AnswerTooLarge`, and what requests raises."""
    found = bytearray()
    try:
        for piece in response.iter_content(_PIECE):
            found += piece
            if len(found) > MOST_BYTES:
                raise AnswerTooLarge(f"its answer is larger than {MOST_BYTES >> 20} MB")
            if _left() <= 0:  # behind a proxy whose connections are not ours
                raise ReadTimeout("the answer was not whole in time")
    finally:
        response.close()  # the rest, if there is any, is never read: the connection ends with it
    return bytes(found)


def _left() -> float:
    """Seconds that the call of this thread still has."""
    deadline: float = getattr(_call, "deadline", math.inf)
    return deadline - time.monotonic()


class _Raw(io.RawIOBase):
    """The bytes of a socket, until the deadline of the call."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left, timeout = _left(), self._connection.gettimeout()
        if left <= 0:
            raise TimeoutError("timed out")
        if timeout is None or left < timeout:
            self._connection.settimeout(left)  # the next call on this connection sets it anew
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Socket:
    """What `http.client` takes for a socket to read an answer from."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Raw(self._connection))


class _Answer(http.client.HTTPResponse):
    """Status, headers and body, also those of a proxy that is asked for a tunnel."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(_Socket(sock), *args, **options)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS: Final = {"http": _Pool, "https": _SecurePool}
