"""Findings as rows, for CSV and XLSX. The columns are a contract: new ones come last, none changes its meaning.

Every text is made visible (no control character survives), so that one finding is one line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from auditor.model.finding import Finding
from auditor.model.rule import Rule
from auditor.render.phrasing import utc, value_text, visible

Cell = str | int | None
Row = tuple[Cell, ...]

COLUMNS: Final[dict[str, Callable[[Finding, Rule], Cell]]] = {
    "fingerprint": lambda finding, _: finding.fingerprint,
    "rule": lambda finding, _: finding.rule_id,
    "severity": lambda finding, _: finding.severity.value,
    "outcome": lambda finding, _: finding.outcome.value,
    "title": lambda finding, _: finding.title,
    "resource": lambda finding, _: finding.resource.name,
    "type": lambda finding, _: finding.resource.type,
    "subscription": lambda finding, _: finding.resource.subscription_id,
    "resource_group": lambda finding, _: finding.resource.resource_group,
    "namespace": lambda finding, _: finding.resource.namespace,
    "element": lambda finding, _: finding.element,
    "message": lambda finding, _: finding.message,
    # The field that decided first, and how many did.
    "path": lambda finding, _: finding.evidence[0].path if finding.evidence else None,
    "actual": lambda finding, _: value_text(finding.evidence[0].actual) if finding.evidence else None,
    "expected": lambda finding, _: finding.evidence[0].expected if finding.evidence else None,
    "evidence": lambda finding, _: len(finding.evidence),
    "unknown_because": lambda finding, _: finding.gap,
    "exempt_category": lambda finding, _: finding.exemption.category if finding.exemption else None,
    "exempt_owner": lambda finding, _: finding.exemption.owner if finding.exemption else None,
    "exempt_reason": lambda finding, _: finding.exemption.reason if finding.exemption else None,
    "exempt_until": lambda finding, _: finding.exemption.expires_on if finding.exemption else None,
    "source": lambda finding, _: finding.origin.source,
    "address": lambda finding, _: finding.origin.address,
    "file": lambda finding, _: finding.origin.file,
    "line": lambda finding, _: finding.origin.line,
    "controls": lambda _, rule: controls_text(rule),
    "remediation": lambda _, rule: " ".join(rule.remediation.text.split()),
    "resource_id": lambda finding, _: finding.resource.id,
    "owner": lambda finding, _: finding.owner or None,
    "first_seen": lambda finding, _: f"{utc(finding.first_seen):%Y-%m-%d}" if finding.first_seen else None,
}
"""Column → what it holds of a finding and its rule."""


def row_of(finding: Finding, rule: Rule) -> Row:
    """The cells of a finding, in the order of `COLUMNS`."""
    return tuple(cell(finding, rule) for cell in COLUMNS.values())


def shown(cell: Cell) -> str:
    """A cell as text."""
    if isinstance(cell, str):
        return cell if cell.isprintable() else visible(cell)  # by far the most are, and asking is quick
    return "" if cell is None else str(cell)


def controls_text(rule: Rule) -> str:
    """`mcsb:DP-8; cis-azure-6.0:8.3.5`."""
    return "; ".join(f"{name}:{control}" for name, controls in sorted(rule.controls.items()) for control in controls)
