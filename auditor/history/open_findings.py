"""How each resource stands with each rule, over all of its elements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from auditor.history.store import Store
from auditor.history.transitions import Status
from auditor.model.finding import Finding

Key = tuple[str, str]
"""A rule, and the casefolded id of a resource."""


class Standing(msgspec.Struct):
    """What stands of a rule at a resource: what fails (its messages), what is accepted (why, and until when), whether
    something cannot be told. `since`: when the first failure began, ISO 8601."""

    failing: list[str] = []
    accepted: list[str] = []
    unknown: bool = False
    since: str | None = None


_FINDING = msgspec.json.Decoder(Finding)


def standing(store: Store, estate: str) -> Mapping[Key, Standing]:
    """What stands in an estate. A rule and a resource of which nothing stands are not in it."""
    found: defaultdict[Key, Standing] = defaultdict(Standing)
    for state, body in store.standing(estate):
        finding = _FINDING.decode(body)
        one = found[finding.rule_id, finding.resource.id.casefold()]
        if state.status is Status.OPEN:
            one.failing.append(f"{finding.element}: {finding.message}" if finding.element else finding.message)
            one.since = min(filter(None, (one.since, state.failed)), default=None)
        elif state.status is Status.EXEMPT and finding.exemption:
            one.accepted.append(f"{finding.exemption.reason} (until {finding.exemption.expires_on})")
        else:
            one.unknown = True
    return found
