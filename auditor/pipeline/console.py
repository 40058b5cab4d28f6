"""How a run reports to the person who started it. The command line fills it in; other callers need not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from auditor.collect.collection_journal import Book

WIDTH = 100
"""Columns of a text report in a file or a pipe: the same bytes whatever the terminal."""
Progress = Callable[[int], None]
"""Called now and then with the number of resources evaluated so far."""


def _ignore(_message: str) -> None: ...


def _no_progress() -> AbstractContextManager[Progress | None]:
    return nullcontext()


def _no_collection_progress(_journal: Book) -> AbstractContextManager[None]:
    return nullcontext()


class Console(Struct, frozen=True):
    """Where messages and progress go, and how a text report on standard output looks.

    `message` takes one sentence or more. `evaluation` and `collection` show progress while their context is open.
    """

    message: Callable[[str], None] = _ignore
    evaluation: Callable[[], AbstractContextManager[Progress | None]] = _no_progress
    collection: Callable[[Book], AbstractContextManager[None]] = _no_collection_progress
    color: bool = False
    width: int = WIDTH

    def without_progress(self) -> Console:
        """The same console for a quiet run."""
        return Console(message=self.message, color=self.color, width=self.width)
