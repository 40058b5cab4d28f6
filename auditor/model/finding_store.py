"""Findings of one audit, kept outside memory once they are many: written once in order, read as often as needed.

Every report is rendered from this one stream, which is why all formats count the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Final

import msgspec

from auditor.model.finding import Finding, Outcome, Severity

_IN_MEMORY = 8 * 1024 * 1024
_CHUNK = 256 * 1024
_BATCH = 512
_ENCODER = msgspec.json.Encoder()


class Findings:
    """An append-only store of findings, one JSON object a line. Iterate to read; close, or use `with`, to release.

    It lies in memory while small, then in a nameless temporary file; or in the file that is given.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file: IO[bytes] = file.open("w+b") if file else io.BytesIO()
        self._count = 0

    def __enter__(self) -> Findings:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release the store."""
        self._file.close()

    def absorb(self, file: Path) -> None:
        """Append the findings of a file that another store wrote."""
        self._file.seek(0, 2)
        with file.open("rb") as source:
            while chunk := source.read(_CHUNK):
                self._write(chunk)
                self._count += chunk.count(b"\n")

    def __len__(self) -> int:
        return self._count

    def extend(self, findings: Iterable[Finding]) -> None:
        """Append findings."""
        lines = [_ENCODER.encode(finding) for finding in findings]
        if lines:
            self.extend_lines(lines)

    def extend_lines(self, lines: list[bytes]) -> None:
        """Append findings that are JSON already, without their line ends."""
        self._file.seek(0, 2)
        self._write(b"\n".join((*lines, b"")))
        self._count += len(lines)

    def _write(self, text: bytes) -> None:
        self._file.write(text)
        if isinstance(self._file, io.BytesIO) and self._file.tell() > _IN_MEMORY:
            self._file = _on_disk(self._file)

    def rewrite(self, change: Callable[[bytes], bytes]) -> None:
        """Put each finding through `change`, as JSON."""
        with ExitStack() as stack:
            new, lines = stack.enter_context(Findings()), self.lines()
            while batch := [change(line) for line in islice(lines, _BATCH)]:
                new.extend_lines(batch)
            stack.pop_all()  # all went well: the new one stays open
        self._file.close()
        self._file = new._file

    def lines(self) -> Iterator[bytes]:
        """The findings as JSON, one after the other, without line ends."""
        self._file.seek(0)
        rest = b""
        while chunk := self._file.read(_CHUNK):  # cut into lines at once: half the time of reading line by line
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines

    def __iter__(self) -> Iterator[Finding]:
        for line in self.lines():
            yield _decoder().decode(line)

    def of(self, *outcomes: Outcome) -> Iterator[Finding]:
        """The findings with one of these outcomes, in order."""
        for line in self.lines():
            if verdict_of(line).outcome in outcomes:
                yield _decoder().decode(line)


def _on_disk(held: io.BytesIO) -> IO[bytes]:
    """A nameless file, with what was held in memory so far."""
    from tempfile import TemporaryFile  # here: most audits need none

    file: IO[bytes] = TemporaryFile()  # noqa: SIM115  (closed with the store)
    file.write(held.getbuffer())
    return file


@cache
def _decoder() -> msgspec.json.Decoder[Finding]:
    return msgspec.json.Decoder(Finding)  # here: most reports copy the findings as they are


class Verdict(msgspec.Struct, frozen=True):
    """What must be known of a finding to choose it."""

    outcome: Outcome
    severity: Severity


def verdict_of(line: bytes) -> Verdict:
    """The verdict of a finding that is JSON, without reading all of it where it is written as we write it."""
    at = line.find(_OUTCOME)
    if at < 0 or not line.startswith(_FIRST) or line.find(b"{", 1, at) > 0:
        return _VERDICT.decode(line)
    key = line[at : at + _LONGEST]
    found = _VERDICTS.get(key)
    if found is None:
        found = _VERDICT.decode(line)
        if len(_VERDICTS) < _MOST:
            _VERDICTS[key] = found
    return found


_VERDICT: Final = msgspec.json.Decoder(Verdict)
_FIRST: Final = b'{"fingerprint":"'
_OUTCOME: Final = b'"outcome":"'
_LONGEST: Final = len(b'"outcome":"unknown","severity":"critical"')
"""What follows a shorter outcome and severity is the same in every finding: the name of the next field."""
_MOST: Final = len(Outcome) * len(Severity)
_VERDICTS: Final[dict[bytes, Verdict]] = {}
