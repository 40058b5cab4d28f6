"""What could not be read."""

from __future__ import annotations

from auditor.model.resource import Record


class Gap(Record, frozen=True, kw_only=True):
    """Something that could not be read.

    `what` names it (a file and place, a resource id, a call), `reason` says why in a sentence. `type` is the resource
    type that is incomplete because of it, when one is: rules that relate to this type then answer *unknown*.
    """

    what: str
    reason: str
    kind: str = "unreadable"  # unreadable forbidden not-found throttled unreachable unknown-until-apply
    type: str | None = None
