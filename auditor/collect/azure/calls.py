"""One retry policy for every call to Azure, and one gate for all calls to a place.

The SDK's own retries are switched off: they know nothing of Resource Graph's quota, of a 429 without Retry-After on a
POST, of a time limit, or of the other threads that would run into the same wall.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from auditor.collect.azure.replies import AnswerTooLarge, CallFailed, Reply, answered
from auditor.collect.collection_journal import Book
from auditor.model.repeated_keys import doubled_key_of

if TYPE_CHECKING:
    from auditor.collect.azure.sign_in import Credential

NO_DETOURS: Final[dict[str, Any]] = {"retry_total": 0, "permit_redirects": False}
"""For clients that make their policies themselves: we retry, and a token goes nowhere else."""
ODD: Final = (ValueError, TypeError, AttributeError)
"""What the models of an SDK raise for an answer that they do not expect. Who holds the answer reads it himself."""
_ATTEMPTS: Final = 5
_SILENCES: Final = 2
"""Calls that nobody answers in time before it is believed: each takes as long as `transport` lets it."""
_REFUSALS: Final = 2
"""Tokens that are refused before it is believed."""
_PATIENCE: Final = 300.0
"""Seconds that one call waits for a service that throttles."""
_LONGEST: Final = 30.0
_SHORTEST: Final = 0.5
"""Seconds that we wait where we came too early, even if the answer says that we need not."""
_GIVE_UP_AFTER: Final = 4
"""Calls given up one after the other; then every further call to the same place gets one attempt."""
_TEMPORARY: Final = frozenset({408, 500, 502, 503, 504})


def reading(credential: Credential, scope: str, *, decoded: bool) -> list[Any]:
    """The policies of a client of Resource Manager that only reads. `decoded`: its SDK reads the answers itself.

    Those that the SDKs have by default register a resource provider where it is missing, which is a write; and they
    retry, follow redirects with what is sent, and log.
    """
    from azure.core.pipeline import policies
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    asks = [policies.HeadersPolicy({"Accept": "application/json"}), policies.UserAgentPolicy("auditor")]
    reads = [policies.RequestIdPolicy(), policies.ContentDecodePolicy(), policies.CustomHookPolicy()]
    return [*asks, *(reads if decoded else ()), ARMChallengeAuthenticationPolicy(credential, scope)]


class Gate:
    """What all calls to one place (a subscription, a vault, Resource Graph) wait for together."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._given_up = 0
        self._running = 0

    def hold(self, seconds: float) -> None:
        """No call passes for so long."""
        with self._lock:
            self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    @property
    def waits(self) -> float:
        """Seconds that a call would have to wait."""
        return max(0.0, self._closed_until - time.monotonic())

    @property
    def held(self) -> bool:
        """Whether a call would have to wait."""
        return self.waits > 0

    def enter(self, book: Book) -> bool:
        """Wait until calls may pass; False when the collection has ended meanwhile. Who entered must leave."""
        while book.going():
            with self._lock:
                left = self._closed_until - time.monotonic()
                if left <= 0:
                    self._running += 1
                    return True
            book.pause(left)
        return False

    def leave(self) -> None:
        """The call that entered is over."""
        with self._lock:
            self._running -= 1

    def leaves(self, left: int, reserve: int, refill: float) -> None:
        """Heeds an answer that says how many calls are left. Called before its call leaves.

        The answer is of the past: any other call that is under way may be one less. Who waits until `reserve` are there
        again, at `refill` a second, never comes too early.
        """
        with self._lock:
            missing = reserve - (left - (self._running - 1))
            if left < reserve:
                self._closed_until = max(self._closed_until, time.monotonic() + missing / refill)

    @property
    def attempts(self) -> int:
        """How often a call may be made here."""
        return _ATTEMPTS if self._given_up < _GIVE_UP_AFTER else 1

    @property
    def patience(self) -> float:
        """Seconds that a call waits here while the service throttles."""
        return _PATIENCE if self._given_up < _GIVE_UP_AFTER else 0.0

    def ended(self, well: bool) -> None:
        with self._lock:
            self._given_up = 0 if well else self._given_up + 1


Send = Callable[[], tuple[int, Mapping[str, str], bytes]]
"""Makes a call once, heeds what the answer says is left. Raises azure-core's errors, `AnswerTooLarge`."""


def ask(send: Send, gate: Gate, book: Book, source: str) -> Reply:
    """Calls until there is an answer, good or bad, that another call would not change. Raises `CallFailed`."""
    from azure.core.exceptions import AzureError

    attempt, silences, waited = 0, 0, 0.0
    while True:
        if not gate.enter(book):
            raise CallFailed("unreachable", book.why_stopped() + " it was asked")
        generation = gate.credential.generation
        try:
            reply = _sent(send, gate)
        except (AnswerTooLarge, _AmbiguousAnswer) as error:
            gate.ended(well=True)
            raise CallFailed("unreadable", str(error)) from error
        except (AzureError, _BrokenAnswer) as error:
            trouble, delay = _trouble(error), None
            silences += _is_silence(error)
        else:
            if reply.not_registered or (reply.status not in _TEMPORARY and reply.status not in (401, 429)):
                gate.ended(well=True)
                return reply
            trouble, delay = _refusal(reply), delay_of(reply.headers)
        if trouble.kind == "throttled":
            delay = 5.0 if delay is None else max(delay, _SHORTEST)
            waited += delay
            book.told(source, throttled=1)
            if waited > gate.patience:
                gate.ended(well=False)
                raise trouble
            gate.hold(delay)
        else:
            attempt += 1
            refused = trouble.status == 401 and attempt > _REFUSALS
            if attempt >= gate.attempts or silences >= _SILENCES or refused:
                gate.ended(well=False)
                raise trouble
            if trouble.status == 401:
                gate.credential.renew(generation)
            book.pause(min(0.25 * 2**attempt if delay is None else delay, _LONGEST))


def _sent(send: Send, gate: Gate) -> Reply:
    try:
        return _reply(*send())
    finally:
        gate.leave()


class _BrokenAnswer(Exception):  # noqa: N818
    """An answer that is not JSON: cut off, or of something that stands between."""


class _AmbiguousAnswer(Exception):  # noqa: N818
    """An answer in which a key is given twice: which value counts nobody can say, and asking again does not help."""


def _reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Raises `_BrokenAnswer` for a success that is not JSON; other answers may be none (a page of a proxy). Raises
    `_AmbiguousAnswer`."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if status == 200:
            raise _BrokenAnswer from error
        found = None
    if status == 200 and (reason := doubled_key_of(body, found)):
        raise _AmbiguousAnswer(f"its answer is not known: {reason}")
    return Reply(status, headers, found)


def _trouble(error: Exception) -> CallFailed:
    from azure.core.exceptions import ClientAuthenticationError

    if isinstance(error, _BrokenAnswer):
        return CallFailed("unreadable", "the answer was cut off or is not JSON")
    if isinstance(error, ClientAuthenticationError):
        return CallFailed("forbidden", "no token could be had for it")
    return CallFailed("unreachable", f"there was no answer ({type(error).__name__})")


def _is_silence(error: Exception) -> bool:
    from azure.core.exceptions import ServiceRequestTimeoutError, ServiceResponseTimeoutError

    return isinstance(error, ServiceRequestTimeoutError | ServiceResponseTimeoutError)


def _refusal(reply: Reply) -> CallFailed:
    kind = {401: "forbidden", 429: "throttled"}.get(reply.status, "unreachable")
    return CallFailed(kind, answered(reply), status=reply.status, code=reply.code)


def delay_of(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the answer says: Retry-After, its variant in milliseconds, or Resource Graph's own header."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            return float(text) * unit
    until, now = _time_of(headers.get("retry-after", "")), _time_of(headers.get("date", ""))
    if until is not None:
        return max(0.0, until - (time.time() if now is None else now))
    return seconds_of(headers.get("x-ms-user-quota-resets-after", ""))


def _time_of(text: str) -> float | None:
    """Seconds since 1970 of a date as HTTP writes it."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):  # each for some text that is no date
        return None


def number_of(text: str) -> int | None:
    """A number of things that are left. `str.isdigit` is true of digits that `int` does not know."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text.strip()) else None


def seconds_of(text: str) -> float | None:
    """Seconds of `hh:mm:ss`, at most a day."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5]?[0-9]):([0-5]?[0-9])(\.[0-9]{1,9})?", text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part) for part in found.group(1, 2, 3))
    return hours * 3600 + minutes * 60 + seconds + float(found.group(4) or 0)
