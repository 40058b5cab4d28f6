"""What one rule says of one resource, by the reference interpreter: slow, and right by definition. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.evaluate.bound_rule import Bound
from auditor.evaluate.conditions import semantics
from auditor.evaluate.conditions.paths import Scope, values_at
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.conditions.verdicts import ASK, FAILS, PASSES, SKIP
from auditor.evaluate.finding_writer import Answer
from auditor.model.finding import Evidence, Outcome
from auditor.model.resource import Resource, Unknown

Reason = Callable[[Scope], Sequence[Evidence]]
"""Gives the evidence of a failure."""


def answers(bound: Bound, resource: Resource, relations: Relations) -> list[Answer]:
    """The reference: every answer of one rule for one resource. An empty list: the rule does not apply."""
    if bound.each is None:
        answer = _answer(bound, Scope.of(resource), None, relations)
        return [] if answer is None else [answer]
    return marked_answers(bound, resource, relations)


def marked_answers(
    bound: Bound,
    resource: Resource,
    relations: Relations,
    marks: Sequence[int] | None = None,
    why: Reason | None = None,
) -> list[Answer]:
    """The same for a rule with `each`. `marks`: what is known of the elements already; then only some are judged, and
    `why` tells of failures."""
    assert bound.each is not None  # noqa: S101
    values = values_at(bound.each, Scope.of(resource))
    found: list[Answer] = []
    names: set[str] = set()
    for (text, element), mark in zip(values, marks or [ASK] * len(values), strict=True):
        if isinstance(element, Unknown) and not text.endswith("]"):
            return [Answer(None, Outcome.UNKNOWN, gap=f"{text}: {element.reason}")]
        name = semantics.element_name(element, text)
        if name in names:
            name = f"{name} ({text})"
        names.add(name)
        answer: Answer | None = None
        if mark == PASSES:
            answer = Answer(name, Outcome.PASS)
        elif mark != SKIP:
            scope = Scope.of_element(resource, element, text)
            if mark == FAILS and why is not None:
                answer = Answer(name, Outcome.FAIL, tuple(why(scope)))
            else:
                answer = _answer(bound, scope, name, relations)
        if answer is not None:
            found.append(answer)
    return found


def _answer(bound: Bound, scope: Scope, element: str | None, relations: Relations) -> Answer | None:
    applies = True if bound.when is None else semantics.truth(bound.when, scope, relations)
    if applies is False:
        return None
    verdict = semantics.truth(bound.condition, scope, relations)
    if verdict is True:
        return Answer(element, Outcome.PASS)
    if verdict is False and applies is True:
        return Answer(element, Outcome.FAIL, tuple(semantics.evidence(bound.condition, scope, relations)))
    reasons = [part.reason for part in (applies, verdict) if isinstance(part, Unknown)]
    return Answer(element, Outcome.UNKNOWN, gap=reasons[0])
