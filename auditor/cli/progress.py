"""Tells on standard error how far a live collection is: one line a source."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from auditor.render.phrasing import plural

if TYPE_CHECKING:
    from auditor.collect.collection_journal import Book

_EVERY = 10.0
"""Seconds between lines where no terminal shows them in place."""


@contextmanager
def showing(book: Book, *, quiet: bool) -> Iterator[None]:
    """Shows what the book is told, in place on a terminal, else a line now and then and at the end."""
    if quiet or sys.stderr is None:
        yield
        return
    if sys.stderr.isatty():
        with _in_place(book):
            yield
        return
    last = time.monotonic()

    def tell() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _EVERY:
            last = now
            click.echo(_line(book), err=True)

    book.on_progress = tell
    yield
    click.echo(_line(book), err=True)


def _line(book: Book) -> str:
    return "Collected: " + (
        "; ".join(f"{name} {_told(told)}" for name, told in sorted(book.sources.items())) or "nothing"
    )


def _told(told: Any) -> str:
    parts = [f"{told.done:,} done"]
    if told.left:
        parts.append(f"{told.left:,} left")
    if told.throttled:
        parts.append(f"{plural(told.throttled, 'wait')} for its pace")
    return ", ".join(parts)


@contextmanager
def _in_place(book: Book) -> Iterator[None]:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

    def table() -> Table:
        shown = Table.grid(padding=(0, 2))
        for name, told in sorted(book.sources.items()):
            shown.add_row(name, _told(told))
        return shown

    with Live(console=Console(stderr=True), refresh_per_second=4, get_renderable=table):
        yield
