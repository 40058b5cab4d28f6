"""Work in a process of its own, which begins with all that we hold and sends back what it found."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from auditor.model.errors import AuditorError, ResourceError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
_NOW_AND_THEN: Final = 0.2
"""Seconds."""


def can_fork() -> bool:
    """Whether this system has such processes."""
    return hasattr(os, "fork")


def processors() -> int:
    """How many of them may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def beside(work: Callable[[], T], meanwhile: Callable[[], None] | None = None) -> Iterator[Callable[[], T]]:
    """Begin some work; what is given waits for its answer, and raises the `AuditorError` that ended it. While it waits
    it does something else now and then.

    Raises `ResourceError` when the process ends without a word. It is ended with the block.
    """
    import multiprocessing  # here: few audits need it

    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(work, send))
    process.start()
    send.close()

    def answer() -> T:
        while meanwhile is not None and not receive.poll(_NOW_AND_THEN):
            meanwhile()
        try:
            found: T | AuditorError = receive.recv()
        except EOFError as error:
            process.join()
            raise ResourceError(
                f"One of the jobs ended with code {process.exitcode} before it was done.",
                "When the memory was used up, take fewer --jobs.",
            ) from error
        if isinstance(found, AuditorError):
            raise found
        return found

    try:
        yield answer
    finally:
        process.terminate()
        process.join()
        receive.close()


def _run(work: Callable[[], T], send: Connection) -> None:
    # The parent is told to stop, and ends its children: they have nothing to say to the terminal themselves.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        send.send(work())
    except AuditorError as error:
        send.send(error)
    finally:
        send.close()
