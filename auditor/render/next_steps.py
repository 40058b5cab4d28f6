"""What would answer what an audit does not know: the option or command, and what it is for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from auditor.model.audit import Audit
from auditor.render.reasons import Reason

_NOT_GIVEN: Final = re.compile(r"\bparameter \S+ is not given\b")
_NO_SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000000"
"""What stands for a subscription that nobody named (`plans.change`)."""
_NOT_COLLECTED: Final = re.compile(r"\bno (?P<type>\S+) was collected\b")


def ways_out(audit: Audit, reasons: Sequence[Reason], *, compared: bool) -> list[tuple[str, str]]:
    """What to give or to run, with its purpose. `compared`: the audit has an earlier one, so that a change may have
    been laid over its estate already."""
    why = [reason.text for reason in reasons] + [gap.reason for gap in audit.gaps]
    missing = {found["type"] for found in map(_NOT_COLLECTED.search, why) if found}
    found = []
    if any(_NOT_GIVEN.search(text) for text in why):
        found.append(("--parameters FILE", "for the parameters that are not given"))
    if audit.scope.change and missing and not compared:
        found.append(("--against SNAPSHOT", "for what is there already and not in the change"))
    if audit.scope.change and compared and _NO_SUBSCRIPTION in audit.scope.subscriptions:
        found.append(("--deployed-to ID", "for the subscription or group, which the change does not name"))
    exported = not (audit.scope.change or audit.scope.looked_for)  # a collection says what it looked for
    if exported and any(kind.startswith("microsoft.") for kind in missing):
        found.append(("auditor collect --all --output snap/", "for what an export leaves out, then scan --from snap/"))
    return found
