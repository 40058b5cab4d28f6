"""What a caller may choose about a report, and what every renderer looks like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from msgspec import Struct

from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.model.resource import Record

if TYPE_CHECKING:
    from auditor.render.changes import Changes

EVERYTHING: Final = frozenset(Outcome)
NOTEWORTHY: Final = EVERYTHING - {Outcome.PASS}
"""What people read: everything but what is well."""
OPEN: Final = NOTEWORTHY - {Outcome.EXEMPT}
"""What somebody has to act on."""


class Earlier(NamedTuple):
    """An earlier audit of the same estate."""

    audit: Audit
    findings: Findings


class Past(Struct, frozen=True):
    """An earlier run in numbers: its time, its failures by severity and by framework, and how many findings it opened
    and resolved (None: it is not known)."""

    as_of: dt.datetime
    failures: Mapping[str, int]
    frameworks: Mapping[str, int] = {}
    opened: int | None = None
    resolved: int | None = None


class Options(Record, frozen=True, kw_only=True):
    """How to render. `outcomes` None means the format's own default.

    `baseline` is an earlier audit, `changes` what became of its answers: both or neither. `history`
    are earlier runs, oldest first. `only` are the fingerprints of the failures to list, those of a change; None: all.
    """

    outcomes: frozenset[Outcome] | None = None
    color: bool = False
    width: int = 100
    sarif_limit: int = 25_000
    baseline: Earlier | None = None
    changes: Changes | None = None
    history: Sequence[Past] = ()
    only: frozenset[str] | None = None


Renderer = Callable[[Audit, Findings, BinaryIO, Options], None]
