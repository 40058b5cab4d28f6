"""Reads a saved JSON audit back, so that it can be rendered again, in any format, byte for byte."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from auditor.model.audit import Audit, Counts
from auditor.model.errors import InputError
from auditor.model.finding import Finding, Outcome
from auditor.model.finding_store import Findings
from auditor.render.document import SCHEMA_VERSION, RawDocument, audit_of
from auditor.render.json import FINDINGS_BEGIN, FINDINGS_END
from auditor.render.phrasing import count_of, utc

_HINT: Final = (
    "Give a file that was written with --format json, again if it was edited or cut short; "
    "an export is audited by `auditor scan --from`."
)
_NO_FILE: Final = "Check the path; `auditor scan … --format json --output FILE` writes an audit."
_DOCUMENT = msgspec.json.Decoder(RawDocument)
_FINDING = msgspec.json.Decoder(Finding)
_BATCH: Final = 2000
_START: Final = 200


def load_audit(path: str | Path) -> tuple[Audit, Findings]:
    """Read a saved JSON audit; `-` is standard input. The findings belong to the caller, who closes them.

    InputError when the file cannot be read, is no audit, was written by a newer major version, or was cut short.
    """
    try:
        if str(path) == "-":
            return load_document(sys.stdin.buffer, "standard input")
        with Path(path).open("rb") as source:
            return load_document(source, str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", _NO_FILE) from error


def load_baseline(path: str | Path) -> tuple[Audit, Findings]:
    """Read an audit to compare a later one with: saved as JSON, or as SARIF. Raises InputError."""
    from auditor.render.sarif.load import is_sarif, load_sarif

    try:
        with Path(path).open("rb") as source:
            read = load_sarif if is_sarif(source.peek(_START)[:_START]) else load_document
            return read(source, str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", _NO_FILE) from error


def load_document(source: BinaryIO, path: str) -> tuple[Audit, Findings]:
    """The same from a stream; `path` is what errors call it."""
    with ExitStack() as stack:
        findings = stack.enter_context(Findings())
        try:
            audit = _load(source, findings, path)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"{path} is not a saved audit: {error}.", _HINT) from error
        stack.pop_all()  # all went well: the findings stay open
    return audit, findings


class _Time(msgspec.Struct, rename="camel"):
    """The one member of a document that says when it was written."""

    as_of: dt.datetime


_TIME = msgspec.json.Decoder(_Time)


def time_of(path: str | Path) -> dt.datetime:
    """The time of a saved JSON audit, in UTC. Raises InputError."""
    try:
        return utc(_TIME.decode(Path(path).read_bytes()).as_of)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", _NO_FILE) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not a saved audit: {error}.", _HINT) from error


def _load(source: BinaryIO, findings: Findings, path: str) -> Audit:
    tally = dict.fromkeys(Outcome, 0)
    rules: set[str] = set()
    document = _DOCUMENT.decode(b"".join(_read_lines(source, findings, tally, rules)))
    if document.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise InputError(
            f"{path} has schema version {document.schema_version}; this auditor reads {SCHEMA_VERSION}.",
            "Update auditor, or write the audit again with this version.",
        )
    for begin in range(0, len(document.findings), _BATCH):
        # Another program laid the file out anew: bring each finding back into our own form.
        decoded = [_FINDING.decode(raw) for raw in document.findings[begin : begin + _BATCH]]
        for finding in decoded:
            tally[finding.outcome] += 1
            rules.add(finding.rule_id)
        findings.extend(decoded)
    if Counts.of(tally) != document.listed:
        raise InputError(f"{path} holds {len(findings)} findings, but lists {document.listed.total}.", _HINT)
    if any(tally[outcome] > count_of(document.summary.counts, outcome) for outcome in Outcome):
        raise InputError(f"{path} holds more findings than its summary counts.", _HINT)
    strange = rules - {entry.id for entry in document.rules}
    if strange:
        raise InputError(f"{path} holds findings of a rule that it does not list: {min(strange)}.", _HINT)
    return audit_of(document)


def _read_lines(source: BinaryIO, findings: Findings, tally: dict[Outcome, int], rules: set[str]) -> Iterator[bytes]:
    """The lines of the document but for its findings, which go to the store as they are met."""
    batch: list[bytes] = []
    inside = False
    for line in source:
        if not inside:
            yield line
            inside = line == FINDINGS_BEGIN
        elif line == FINDINGS_END:
            inside = False
            yield line
        elif line != b"\n":
            line = line.rstrip(b",\n")
            finding = _FINDING.decode(line)
            tally[finding.outcome] += 1
            rules.add(finding.rule_id)
            batch.append(line)
            if len(batch) == _BATCH:
                findings.extend_lines(batch)
                batch = []
    if batch:
        findings.extend_lines(batch)
