"""Three-valued truth, as lenses work it out: True, False, or `Unknown` with the reason. Pure."""

from __future__ import annotations

from auditor.model.resource import Unknown

Truth = bool | Unknown
"""Known for sure, or `Unknown` with the reason."""


def truth_and(*values: Truth) -> Truth:
    """False when one is, else unknown when one is; True of nothing."""
    if any(value is False for value in values):
        return False
    return next((value for value in values if isinstance(value, Unknown)), True)


def truth_not(value: Truth) -> Truth:
    """The contrary; what is unknown stays so."""
    return value if isinstance(value, Unknown) else not value


def truth_or(*values: Truth) -> Truth:
    """True when one is, else unknown when one is; False of nothing."""
    if any(value is True for value in values):
        return True
    return next((value for value in values if isinstance(value, Unknown)), False)
