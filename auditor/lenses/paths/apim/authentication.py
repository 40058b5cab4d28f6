"""Who calls: whether every operation of an API knows it, by its policies or by a check of the gateway before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.lenses.paths.model import Tail
from auditor.lenses.truth import Truth, truth_and
from auditor.model.resource import Unknown

if TYPE_CHECKING:
    from auditor.lenses.api_policy.model import EffectivePolicy


def authentication_of(policies: tuple[EffectivePolicy, ...], hole: str | None) -> dict[str, Any]:
    """Whether every operation of an API knows who calls, by what, and which do not."""
    if not policies:
        return {"effective": Unknown(hole or "the policy of the API was not read"), "by": [], "exceptions": []}
    bare = sorted(
        operation
        for policy in policies
        if policy.authenticated is False
        for operation in (policy.operations or (policy.operation or policy.api,))
    )
    by = {token.policy for policy in policies for token in policy.tokens}
    if any(policy.certificates for policy in policies):
        by.add("validate-client-certificate")
    effective = truth_and(*(policy.authenticated for policy in policies))
    found = {"effective": effective, "by": sorted(by), "exceptions": bare}
    names = [operation.rpartition("/apis/")[2].replace("/operations/", "/") for operation in bare]
    return found | ({"says": f"callers are not checked in {', '.join(names)}"} if bare else {})


def known_by(tail: Tail, check: str, sure: Truth) -> Tail:
    """A tail behind a check of the gateway: then the operations behind it know who calls, whatever they do."""
    before = tail.authentication
    told = before is None or before["effective"] is True
    if sure is False or tail.redirect is not None or (sure is not True and told):
        return tail
    if isinstance(sure, Unknown):
        return replace(tail, authentication={**(before or {}), "effective": sure})
    by = [*(before or {"by": []})["by"], check]
    return replace(tail, authentication={"effective": True, "by": sorted(by), "exceptions": []})
