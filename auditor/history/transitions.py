"""What an audit does to the findings that stood before it: opened, changed, resolved. Pure.

A finding stands until a later audit has really looked and found it well, or gone. What is unknown resolves nothing:
it is *not evaluated*, and stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Set
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from auditor.history.audit_view import Side, looked_at
from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome
from auditor.model.finding_store import Findings


class Status(StrEnum):
    """How a finding stands."""

    OPEN = "Open"
    EXEMPT = "Exempt"
    NOT_EVALUATED = "NotEvaluated"
    RESOLVED = "Resolved"


class Change(StrEnum):
    """What an audit did to a finding."""

    OPENED = "Opened"
    CHANGED = "Changed"
    RESOLVED = "Resolved"
    UNCHANGED = "Unchanged"


class State(NamedTuple):
    """A finding that stands: how, a digest of what it said, the time of the audit that opened it (ISO 8601), and of the
    first one in which it failed (None: in none yet)."""

    status: Status
    digest: bytes
    opened: str
    failed: str | None


class Move(NamedTuple):
    """A finding after an audit. `finding` is the audit's own, as JSON; None when the audit holds it no more. `was` is
    how it stood before; None when it did not.

    `step` counts failures: 1 when it fails for the first time since it stands, -1 when such a one is resolved, else 0.
    Summed up they are the findings that stand and have failed.
    """

    fingerprint: str
    change: Change
    state: State
    finding: bytes | None
    step: int = 0
    was: Status | None = None


_STATUS: Final = {
    Outcome.FAIL: Status.OPEN,
    Outcome.EXEMPT: Status.EXEMPT,
    Outcome.UNKNOWN: Status.NOT_EVALUATED,
    Outcome.ERROR: Status.NOT_EVALUATED,
    Outcome.PASS: Status.RESOLVED,
}
_FINDING: Final = msgspec.json.Decoder(Finding)


def types_of(audit: Audit) -> Set[str]:
    """The types that an audit looked at, for `moves` of later ones."""
    return looked_at(audit.scope)


def moves(
    states: Mapping[str, State], told: Callable[[str], bytes], known: Set[str], audit: Audit, findings: Findings
) -> Iterator[Move]:
    """What an audit does to the findings that stand: `states`, by fingerprint. `told` gives what one of them said,
    `known` are the types that some earlier audit looked at (`types_of`).
    """
    now = audit.as_of.isoformat()
    side = Side("later", audit, findings)
    for line, key in side.each():
        before, status = states.get(key.fingerprint), _STATUS[key.outcome]
        if status is Status.RESOLVED:
            if before:
                yield _resolved(key.fingerprint, before, line)
            continue
        failed = before.failed if before else None
        fails = failed or (now if status is Status.OPEN else None)
        state = State(status, digest_of(_FINDING.decode(line)), before.opened if before else now, fails)
        change = Change.OPENED if before is None else Change.UNCHANGED if before == state else Change.CHANGED
        yield Move(key.fingerprint, change, state, line, int(fails != failed), before.status if before else None)
    for fingerprint in sorted(states.keys() - side.answers.keys()):
        if side.did_not_look(_FINDING.decode(told(fingerprint)), known) is None:
            yield _resolved(fingerprint, states[fingerprint], None)


def _resolved(fingerprint: str, before: State, line: bytes | None) -> Move:
    after = before._replace(status=Status.RESOLVED)
    return Move(fingerprint, Change.RESOLVED, after, line, -int(before.failed is not None), before.status)


def digest_of(finding: Finding) -> bytes:
    """Of what a finding says: two that say the same have the same digest, wherever in a file they were found.

    What was expected is left out, for with ages and dates that is another moment in every audit.
    """
    found = [(one.path, one.actual) for one in finding.evidence]
    said = (finding.severity, finding.outcome, finding.title, found, finding.gap, finding.exemption)
    return hashlib.sha256(msgspec.json.encode(said)).digest()[:16]
