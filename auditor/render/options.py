"""What a caller may choose about a report, and what every renderer looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from auditor.findings import Findings
from auditor.model import Audit, Outcome, Record

EVERYTHING: Final = frozenset(Outcome)
NOTEWORTHY: Final = EVERYTHING - {Outcome.PASS}
"""What people read: everything but what is well."""


class Options(Record, frozen=True, kw_only=True):
    """How to render. `outcomes` None means the format's own default."""

    outcomes: frozenset[Outcome] | None = None
    color: bool = False
    width: int = 100
    sarif_limit: int = 25_000


Renderer = Callable[[Audit, Findings, BinaryIO, Options], None]
