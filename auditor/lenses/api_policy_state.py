"""What holds at a point of a call's way through policies, and what holds where two ways meet. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from auditor.lenses.api_policy_model import Target
from auditor.lenses.truth import Truth, truth_or
from auditor.model import Unknown

FLAGS: Final = (
    "authenticated", "token", "certificate", "audience", "issuer", "sendsCertificate", "sendsIdentity",
    "sendsCredentials", "filtered", "limited", "frontDoor",
)  # fmt: skip
"""What is sure or not at a point of the way."""
_CONDITIONAL: Final = Unknown("it is asked for under a condition only")


class State:
    """What holds here. `targets` are the addresses that a call may go to from here."""

    __slots__ = ("addresses", "flags", "targets")

    def __init__(self, flags: dict[str, Truth], targets: tuple[Target, ...], addresses: tuple[str, ...]) -> None:
        self.flags, self.targets, self.addresses = flags, targets, addresses

    def copy(self) -> State:
        return State(dict(self.flags), self.targets, self.addresses)

    def add(self, flag: str, value: Truth = True) -> None:
        self.flags[flag] = truth_or(self.flags[flag], value)


def joined_with(one: State, other: State) -> State:
    """What holds in both."""
    flags: dict[str, Truth] = {}
    for flag, value in one.flags.items():
        there = other.flags[flag]
        if isinstance(value, Unknown) or value is there:
            flags[flag] = value
        else:
            flags[flag] = there if isinstance(there, Unknown) else _CONDITIONAL
    targets = tuple(dict.fromkeys((*one.targets, *other.targets)))
    if len(targets) > 1:
        targets = tuple(replace(target, certain=False) for target in targets)
    return State(flags, targets, tuple(dict.fromkeys((*one.addresses, *other.addresses))))
