"""What stands in a resource where a secret stood. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple


class Marks(NamedTuple):
    """The texts that replace secrets. `secret` replaces what rules about literal secrets report; `harmless` replaces a
    value that may be a secret and that those rules do not report, so that they still do not report it."""

    secret: str
    harmless: str


AZURE: Final = Marks("(removed)", "(removed)")
KUBERNETES: Final = Marks("removed-by-auditor", "$(removed-by-auditor)")
"""The first is as long and as plain as a secret, the second is a reference in the syntax of Kubernetes."""

MARKS: Final = frozenset({*AZURE, *KUBERNETES, "(secret)"})
"""`(secret)`: what a template will leave in the history of deployments (`auditor.plans.arm.secrets`)."""
