"""The audit in one line of `key=value` pairs, for logs. No name from outside is in it: none can forge a pair."""

from __future__ import annotations

from typing import BinaryIO

from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.changes import SHOWN, Change
from auditor.render.document import summary_of
from auditor.render.options import Options
from auditor.render.phrasing import by_severity, count_of, utc, verdict, visible


def render_line(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:  # noqa: ARG001
    """Write the line."""
    summary = summary_of(audit)
    pairs: list[tuple[str, str | int]] = [
        ("tool", "auditor"),
        ("version", "_".join(visible(audit.tool_version).split())),
        ("as_of", f"{utc(audit.as_of):%Y-%m-%dT%H:%M:%SZ}"),
        ("verdict", verdict(audit)[0]),
        *((outcome.value, count_of(audit.counts, outcome)) for outcome in Outcome),
        *by_severity(audit.fail_counts),
        ("resources", summary.resources),
        ("rules", summary.rules),
        ("rules_exercised", summary.rules_exercised),
        ("gaps", summary.gaps),
        ("notices", summary.notices),
    ]
    if options.changes:
        pairs += [(change.value, options.changes.counts[change]) for change in SHOWN]
        pairs.append(("not_compared", options.changes.counts[Change.NOT_COMPARED]))
    out.write(" ".join(f"{name}={value}" for name, value in pairs).encode() + b"\n")
