"""Puts a report where it belongs: on stdout, or in a file that is whole or not there at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from auditor.model.errors import OutputError


def write_report(path: str | None, produce: Callable[[BinaryIO], object]) -> None:
    """Let `produce` write to `path`; `-` or None is stdout. A file is written aside and renamed when complete.

    OutputError when it cannot be written. A reader of stdout that went away (`| head`) is no error.
    """
    if path is None or path == "-":
        _to_stdout(produce)
        return
    try:
        _to_file(Path(path), produce)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Choose another place with --output, or make the folder and its rights fit.",
        ) from error


def write_text(path: str | None, text: str) -> None:
    """Write a text that is there already, as `write_report` does."""
    write_report(path, lambda out: out.write(text.encode("utf-8", "backslashreplace")))


def _to_stdout(produce: Callable[[BinaryIO], object]) -> None:
    if sys.stdout is None:
        raise OutputError("The report cannot be written to stdout: it is closed.", "Name a file with --output.")
    out = sys.stdout.buffer
    try:
        produce(out)
        out.flush()
    except BrokenPipeError:
        abandon_stdout()
    except OSError as error:
        abandon_stdout()
        raise OutputError(f"The report cannot be written to stdout: {error.strerror or error}.") from error


def abandon_stdout() -> None:
    """Standard output takes no more. Python flushes it once more when it exits, and would end with its own code."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _to_file(path: Path, produce: Callable[[BinaryIO], object]) -> None:
    target = path.resolve()  # a symlink stays a symlink: what it points to is replaced
    if target.exists() and not target.is_file():
        with target.open("wb") as out:  # /dev/null, a named pipe: nothing to rename over; a folder: an error
            produce(out)
        return
    import secrets  # here, with all that it loads: most reports go to stdout

    aside = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        # Not tempfile: its files are private to the user, a report has the rights that other files get here.
        with aside.open("xb") as out:
            produce(out)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)  # gone already when all went well; Ctrl-C leaves nothing behind
