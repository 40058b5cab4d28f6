"""Answers as findings, made the plain way: what the product writes piece by piece must be the same."""

from __future__ import annotations

import msgspec

from auditor.evaluate.finding_writer import Answer, fingerprint, message
from auditor.model.finding import Finding, ResourceRef
from auditor.model.resource import Resource
from auditor.model.rule import Rule


def finding_of(rule: Rule, resource: Resource, answer: Answer, owner: str | None = None) -> Finding:
    """An answer as a finding."""
    return Finding(
        fingerprint=fingerprint(rule.id, resource.id, answer.element),
        rule_id=rule.id,
        outcome=answer.outcome,
        severity=rule.severity,
        resource=ResourceRef.of(resource),
        element=answer.element,
        title=rule.title,
        message=message(rule, answer, resource),
        evidence=answer.evidence,
        gap=answer.gap,
        origin=resource.origin,
        owner=msgspec.UNSET if owner is None else owner,
    )
