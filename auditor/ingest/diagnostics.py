"""What one pass over the input could not read, and how much it could."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from auditor.model.accounting import Accounting
from auditor.model.errors import InputError
from auditor.model.gap import Gap
from auditor.sanitize.messages import message

GAPS_PER_FILE: Final = 1000
"""A million broken lines must not become a million gaps: further ones of a file are counted in one last gap."""


Element = Literal["expected", "new", "none"]
"""What a gap is in the accounting: the end of an element that was expected; an element that nobody could expect, such
as the rest of a file that is cut off; or none, because the element that it is about ends elsewhere."""


class Failure(Struct, frozen=True):
    """A part of the input that is not what it should be, in words for an `InputError`."""

    file: str
    place: str
    reason: str
    hint: str


class Log:
    """Filled while reading; belongs to one pass.

    `read` counts the documents that were understood, `failure` is the first that was broken: an input with a failure
    and nothing read is an error when it is all the user named. `accounting` has the elements of the input and what
    became of them, `given` the number of resources whose elements were counted before, by a reader of changes.
    """

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.read = 0
        self.failure: Failure | None = None
        self.accounting = Accounting()
        self.given = 0
        self._per_file: dict[str, int] = {}

    def gap(self, file: str, place: str, reason: str, kind: str = "unreadable", element: Element = "expected") -> None:
        """Note something that cannot be judged."""
        if element != "none":
            self.accounting.expect(element == "new")
            self.accounting.gap()
        count = self._per_file[file] = self._per_file.get(file, 0) + 1
        if count <= GAPS_PER_FILE:
            what = f"{label(file)}: {message(place)}" if place else label(file)
            self.gaps.append(Gap(what=what, reason=message(reason), kind=kind))

    def fail(
        self,
        file: str,
        place: str,
        reason: str,
        hint: str = "",
        kind: str = "unreadable",
        element: Element = "expected",
    ) -> None:
        """Note something broken: a gap, and an error when the rest of the input holds nothing either."""
        self.failure = self.failure or Failure(file, place, reason, hint)
        self.gap(file, place, reason, kind, element)

    def complete(self) -> list[Gap]:
        """The gaps of the pass, the last of each crowded file saying how many were left out."""
        crowded = [
            Gap(what=label(file), reason=f"{count - GAPS_PER_FILE} more parts of it could not be judged")
            for file, count in self._per_file.items()
            if count > GAPS_PER_FILE
        ]
        return [*self.gaps, *crowded]

    def error(self) -> InputError | None:
        """The error to raise when this was the only input; None when something was read or nothing was broken."""
        if self.read or self.failure is None:
            return None
        told = self.failure
        return InputError(f"{label(told.file)}{f', {told.place}' if told.place else ''}: {told.reason}", told.hint)


class Broken(Exception):  # noqa: N818  (caught inside `reading`, never seen by a user)
    """The rest of a file cannot be read. `place` is empty when it is the whole file."""

    def __init__(self, reason: str, place: str = "", hint: str = "", kind: str = "unreadable") -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place
        self.hint = hint
        self.kind = kind


def label(file: str) -> str:
    """The name of an input as people read it."""
    return "standard input" if file == "-" else file


def printable(path: str) -> str:
    """The name of a file as text: bytes that are not UTF-8 are written out, because no report can hold them."""
    return path.encode("utf-8", "backslashreplace").decode()
