"""Asks one API server, in bounded time, and says in words why there is no answer. Reads; never changes anything."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec
import orjson

from auditor.model.repeated_keys import doubled_key_of

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_MOST_BYTES: Final = 64 << 20
"""Of one answer, unpacked."""
TOO_LARGE: Final = 413
"""The status of an `ApiError` for an answer beyond that: of a list, fewer objects at once may fit."""
_ATTEMPTS: Final = 4
_ATTEMPTS_TO_REACH: Final = 2
_LONGEST_WAIT: Final = 60.0
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_KINDS: Final = {401: "forbidden", 403: "forbidden", 404: "not-found", 429: "throttled"}


class Patience(NamedTuple):
    """Seconds to wait for a cluster before it is given up."""

    connect: float = 10.0  # a private cluster out of reach does not refuse: it never answers
    silence: float = 30.0  # before an answer and in the middle of one
    answer: float = 90.0  # for a whole answer
    cluster: float = 180.0  # without any answer of this cluster, whatever hangs (a name, a sign-in program)


PATIENCE: Final = Patience()


class ApiError(Exception):
    """No good answer. `kind` and `reason` are those of a gap, `status` is HTTP's (0: none was received)."""

    def __init__(self, kind: str, reason: str, status: int = 0, answer: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.status = status
        self.answer = answer or {}
        self.retry_after = 0.0

    @property
    def attempts(self) -> int:
        """How often to ask before this is believed."""
        if self.kind == "unreachable":
            return _ATTEMPTS_TO_REACH
        return _ATTEMPTS if not self.status or self.status in _AGAIN else 1


class Connection:
    """An API server, and who asks it."""

    def __init__(self, client: ApiClient, pause: Callable[[float], bool], patience: Patience = PATIENCE) -> None:
        """`pause` sleeps for some seconds, and gives False when there is no time left to go on."""
        self.throttled = 0
        self.answered = time.monotonic()
        self._client = client
        self._pause = pause
        self._patience = patience

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """A JSON object. Raises `ApiError`, after some attempts where another may succeed."""
        return self._ask("GET", path, query, None)

    def may(self, verb: str, group: str, resource: str) -> bool:
        """Whether the server would allow it in all namespaces. A POST by form, which stores nothing. Raises `ApiError`.

        https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
        """
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": verb, "group": group, "resource": resource}},
        }
        found = self._ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {}, review)
        status = found.get("status")
        allowed = status.get("allowed") if isinstance(status, dict) else None
        if not isinstance(allowed, bool):
            raise ApiError("unreadable", "the API server does not answer what is allowed")
        return allowed

    def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> dict[str, Any]:
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._once(method, path, query, body)
            except ApiError as error:
                self.throttled += error.status == 429
                wait = min(error.retry_after or 0.25 * 2**attempt, _LONGEST_WAIT)
                if attempt >= error.attempts or not self._pause(wait):
                    raise

    def _once(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> dict[str, Any]:
        import urllib3.exceptions as broken
        from kubernetes.client import ApiException

        asked = f"{method} {path}"
        try:
            request = self._client.param_serialize(
                method,
                path,
                query_params=list(query.items()),
                header_params={"Accept": "application/json", "Accept-Encoding": "gzip"},
                body=body,
                auth_settings=["BearerToken"],
            )
            timeout = (self._patience.connect, self._patience.silence)
            answer = self._client.call_api(*request, _request_timeout=timeout).response
            text = _whole(answer, self._patience.answer)
        except broken.ConnectTimeoutError as error:  # refused and unknown names are among them
            raise ApiError("unreachable", f"the API server cannot be reached: {_said(error)}") from error
        except (broken.SSLError, ApiException) as error:
            raise ApiError("unreachable", f"TLS to the API server failed: {_said(error)}") from error
        except broken.ReadTimeoutError as error:
            raise ApiError("unreachable", f"{asked} was not answered within {timeout[1]:g} seconds") from error
        except (broken.HTTPError, OSError) as error:
            raise ApiError("unreadable", f"the connection broke during {asked}: {_said(error)}") from error
        self.answered = time.monotonic()
        return _read(answer.status, answer.headers, text, asked)


_T = TypeVar("_T")


def shaped(answer: dict[str, Any], form: type[_T]) -> _T:
    """An answer in the form that it must have. Raises `ApiError`."""
    try:
        return msgspec.convert(answer, form)
    except msgspec.ValidationError as error:
        raise ApiError("unreadable", f"it does not answer as a Kubernetes API server does: {error}") from error


def _whole(answer: Any, seconds: float) -> bytes:
    """All of an answer, bounded in time and size."""
    end = time.monotonic() + seconds
    found = bytearray()
    try:
        while chunk := answer.read1(1 << 20, decode_content=True):  # what is there: the rest may come byte by byte
            found += chunk
            if time.monotonic() > end:
                raise ApiError("unreachable", f"an answer was not complete after {seconds:g} seconds")
            if len(found) > _MOST_BYTES:
                raise ApiError("unreadable", f"an answer is larger than {_MOST_BYTES >> 20} MB", TOO_LARGE)
    finally:
        answer.release_conn()
    return bytes(found)


def _read(status: int, headers: Mapping[str, str], text: bytes, asked: str) -> dict[str, Any]:
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None  # the error holds the text, which may be a Secret's
    if 200 <= status < 300:
        if isinstance(found, dict):
            if reason := doubled_key_of(text, found):
                raise ApiError("unreadable", f"the answer to {asked} is not known: {reason}", status)
            return found
        raise ApiError("unreadable", f"{asked} was answered with something else than a whole JSON object")
    answer = found if isinstance(found, dict) else {}
    said = answer.get("message")
    told = f"{asked} answered {status}{f': {said}' if isinstance(said, str) else ''}"
    if status == 401:
        told = f"the API server does not accept the credentials ({told})"
    error = ApiError(_KINDS.get(status, "unreadable"), told, status, answer)
    after = headers.get("Retry-After", "")
    error.retry_after = float(after) if re.fullmatch(r"[0-9]{1,9}", after) else 0.0
    raise error


def _said(error: Exception) -> str:
    """What a library says of a failure, without what it says around it."""
    text = str(getattr(error, "reason", None) or error) or type(error).__name__
    return text.strip().splitlines()[-1].rpartition(">: ")[2]
