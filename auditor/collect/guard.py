"""Keeps one piece of reading from ending a whole collection: by an error that nobody expected, or by never ending."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Final, NamedTuple, TypeVar

from auditor.model.errors import AuditorError, InputError

PATIENCE: Final = 3.0
"""Seconds that running calls get to end after a stop."""
_LOOK: Final = 0.2
"""Seconds between two looks at whether to go on waiting."""
_T = TypeVar("_T")


class UnansweredError(InputError):
    """A service gave no usable answer to the first questions: nothing of it can be read, which is a gap."""


class Defect(NamedTuple):
    """A piece of reading that failed in a way that nobody expected. `reason` is that of a gap."""

    reason: str


def isolated(work: Callable[[], _T], *expected: type[Exception]) -> _T | Defect:
    """The result of some work, or what went wrong with it.

    Raises `AuditorError` (the command cannot go on: a full disk, a missing package), `MemoryError`, and the errors that
    the caller expects. The text of any other error is dropped: it may quote the answer, which may hold secrets.
    """
    try:
        return work()
    except Exception as error:
        if isinstance(error, (AuditorError, MemoryError, *expected)):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{PurePath(frame.filename).name}:{frame.lineno}"
        return Defect(f"reading it failed with {type(error).__name__} at {where}")


def within(work: Callable[[], _T], going: Callable[[], bool], what: str) -> _T:
    """The result of work that is to end soon after `going` gives False.

    It is done in a thread of its own, which is left behind when it hangs (in the look-up of a name, in a sign-in
    program). Raises `UnansweredError` then, or when the work failed in a way that nobody expected; else what the work
    raises of `AuditorError`.
    """
    done = threading.Event()
    results: list[_T | Defect] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(isolated(work))
        except (AuditorError, MemoryError) as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name=what, daemon=True).start()
    while not done.wait(_LOOK):
        if not going() and not done.wait(PATIENCE):
            raise UnansweredError(f"{what} did not end in time.", "Check the network, or raise --time-limit.")
    if errors:
        raise errors[0]
    (result,) = results
    if isinstance(result, Defect):
        raise UnansweredError(f"{what} failed: {result.reason}.", "Run it again with -vv, and report what it prints.")
    return result
