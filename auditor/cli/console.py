"""The console of the command line: messages and progress on standard error, colors on standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import use_color, width
from auditor.pipeline.console import Console, Progress

if TYPE_CHECKING:
    from auditor.collect.collection_journal import Book

_EVERY = 10.0
"""Seconds between lines where no terminal shows them in place."""


def message(text: str) -> None:
    """Write a message to standard error."""
    click.echo(text, err=True)


def console() -> Console:
    """The console of a command."""
    if sys.stderr is None:
        return Console(message=message, color=use_color(), width=width())
    return Console(
        message=message,
        evaluation=evaluation_progress,
        collection=collection_progress,
        color=use_color(),
        width=width(),
    )


@contextmanager
def evaluation_progress() -> Iterator[Progress | None]:
    """A counter on a terminal, for work that takes more than a second."""
    if not sys.stderr.isatty():
        yield None
        return
    begun = time.monotonic()
    bars: list[Any] = []

    def show(done: int) -> None:
        if not bars and time.monotonic() - begun > 1:
            bars.append(_bar())
        for bar in bars:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield show
    finally:
        for bar in bars:
            bar.stop()


def _bar() -> Any:
    from rich.console import Console as Terminal
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} resources evaluated"), TimeElapsedColumn()
    bar = Bar(*columns, console=Terminal(stderr=True), transient=True)
    bar.add_task("", total=None)
    bar.start()
    return bar


@contextmanager
def collection_progress(book: Book) -> Iterator[None]:
    """Show the progress of a collection, in place on a terminal, else as a line now and then and at the end."""
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
    from auditor.render.phrasing import plural

    parts = [f"{told.done:,} done"]
    if told.left:
        parts.append(f"{told.left:,} left")
    if told.throttled:
        parts.append(f"{plural(told.throttled, 'wait')} for its pace")
    return ", ".join(parts)


@contextmanager
def _in_place(book: Book) -> Iterator[None]:
    from rich.console import Console as Terminal
    from rich.live import Live
    from rich.table import Table

    def table() -> Table:
        shown = Table.grid(padding=(0, 2))
        for name, told in sorted(book.sources.items()):
            shown.add_row(name, _told(told))
        return shown

    with Live(console=Terminal(stderr=True), refresh_per_second=4, get_renderable=table):
        yield
