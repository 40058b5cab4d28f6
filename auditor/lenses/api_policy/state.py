"""What holds at a point of a call's way through policies, and what holds where two ways meet. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from auditor.lenses.api_policy.model import Target
from auditor.lenses.truth import Truth, truth_and, truth_or
from auditor.model.resource import Unknown

FLAGS: Final = (
    "authenticated", "asked", "token", "certificate", "certificateAsked", "sendsCertificate", "sendsIdentity",
    "sendsCredentials", "filtered", "limited", "frontDoor",
)  # fmt: skip
"""What is sure or not at a point of the way. `asked`: a check stands there, whether or not it is switched off."""
REQUIRED: Final = ("audience", "issuer")
"""What every token must name. Each has a second flag, `…Kept`: no token is accepted that does not name it."""
ALL_FLAGS: Final = (*FLAGS, *REQUIRED, *(f"{flag}Kept" for flag in REQUIRED))
_CONDITIONAL: Final = Unknown("it is asked for under a condition only")


class State:
    """What holds here. `targets` are the addresses that a call may go to from here."""

    __slots__ = ("addresses", "flags", "targets")

    def __init__(self, flags: dict[str, Truth], targets: tuple[Target, ...], addresses: tuple[str, ...]) -> None:
        self.flags, self.targets, self.addresses = flags, targets, addresses

    def copy(self) -> State:
        return State(dict(self.flags), self.targets, self.addresses)

    @classmethod
    def start(cls, target: Target) -> State:
        """Where a call comes in."""
        return cls({flag: flag.endswith("Kept") for flag in ALL_FLAGS}, (target,), ())

    def add(self, flag: str, value: Truth = True) -> None:
        self.flags[flag] = truth_or(self.flags[flag], value)

    def require(self, flag: str, value: Truth) -> None:
        """A token check that names the audience or issuer, or does not. One that does makes up for others."""
        self.add(flag, value)
        named, kept = self.flags[flag], f"{flag}Kept"
        self.flags[kept] = True if named is True else truth_and(self.flags[kept], named)

    def keep(self, other: State) -> None:
        """A check that names no audience or issuer is a fault of its own wherever it stands."""
        for flag in (f"{required}Kept" for required in REQUIRED):
            self.flags[flag] = truth_and(self.flags[flag], other.flags[flag])

    def doubt(self, why: Unknown, flags: Iterable[str] = FLAGS) -> None:
        """What is not sure is not known. What a token check names or not stays: it was read."""
        for flag in flags:
            self.add(flag, why)


def joined_with(one: State, other: State) -> State:
    """What holds in both."""
    flags: dict[str, Truth] = {}
    for flag, value in one.flags.items():
        there = other.flags[flag]
        if flag.endswith("Kept"):
            flags[flag] = truth_and(value, there)  # a caller may take either way
        elif isinstance(value, Unknown) or value is there:
            flags[flag] = value
        else:
            flags[flag] = there if isinstance(there, Unknown) else _CONDITIONAL
    targets = tuple(dict.fromkeys((*one.targets, *other.targets)))
    if len(targets) > 1:
        targets = tuple(replace(target, certain=False) for target in targets)
    return State(flags, targets, tuple(dict.fromkeys((*one.addresses, *other.addresses))))
