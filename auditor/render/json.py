"""The audit as one JSON object, documented by `reports/audit.schema.json`. Findings are copied, never held.

Every rule, gap and finding stands on a line of its own, which keeps differences readable and lets `load` stream.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Final

import msgspec

from auditor.model.audit import Audit, Counts
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings, verdict_of
from auditor.render.document import SCHEMA_VERSION, Tool, entry_of, summary_of
from auditor.render.options import EVERYTHING, Options

FINDINGS_BEGIN: Final = b'"findings":[\n'
FINDINGS_END: Final = b"],\n"
_ENCODER = msgspec.json.Encoder(order="deterministic")
_BATCH: Final = 200


def render_json(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the document: everything another format needs, and `listed`, the outcomes of the findings within."""
    outcomes = EVERYTHING if options.outcomes is None else options.outcomes
    out.write(b"{\n")
    _member(out, "schemaVersion", SCHEMA_VERSION)
    _member(out, "tool", Tool(name="auditor", version=audit.tool_version))
    _member(out, "asOf", audit.as_of)
    _member(out, "scope", audit.scope)
    _member(out, "summary", summary_of(audit))
    _list(out, "rules", (entry_of(run) for run in audit.rules))
    _list(out, "gaps", audit.gaps)
    if audit.rule_pack is not None:
        _member(out, "rulePack", audit.rule_pack)
    if audit.certificates is not None:
        _member(out, "certificates", audit.certificates)
    if audit.paths is not None:
        _member(out, "paths", audit.paths)
    if audit.excerpts:
        _list(out, "excerpts", audit.excerpts)
    _list(out, "notices", audit.notices)
    out.write(FINDINGS_BEGIN)
    listed = _copy(findings, out, outcomes)
    out.write(b"\n" + FINDINGS_END)
    out.write(b'"listed":' + _ENCODER.encode(listed) + b"\n}\n")


def _member(out: BinaryIO, name: str, value: object) -> None:
    out.write(b'"%b":%b,\n' % (name.encode(), _ENCODER.encode(value)))


def _list(out: BinaryIO, name: str, items: Iterable[object]) -> None:
    out.write(b'"%b":[\n%b\n],\n' % (name.encode(), b",\n".join(map(_ENCODER.encode, items))))


def _copy(findings: Findings, out: BinaryIO, outcomes: frozenset[Outcome]) -> Counts:
    tally = dict.fromkeys(Outcome, 0)
    batch: list[bytes] = []
    written = False
    for line in findings.lines():
        outcome = verdict_of(line).outcome
        if outcome not in outcomes:
            continue
        tally[outcome] += 1
        batch.append(line)
        if len(batch) == _BATCH:
            out.write((b",\n" if written else b"") + b",\n".join(batch))
            written = True
            batch.clear()
    if batch:
        out.write((b",\n" if written else b"") + b",\n".join(batch))
    return Counts.of(tally)
