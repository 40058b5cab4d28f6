"""What holds on every way in to an API: the worst of each, and what the backends of their targets bring by themselves.

Of a way that may not exist nothing bad is sure. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from auditor.lenses.api_policy.entrypoints import Way
from auditor.lenses.api_policy.model import Target, Weakness
from auditor.lenses.api_policy.scopes import Estate
from auditor.lenses.api_policy.state import ALL_FLAGS
from auditor.lenses.api_policy.walk import Walk
from auditor.lenses.truth import Truth, truth_and, truth_or
from auditor.lenses.values import text_at
from auditor.model.case_insensitive import get
from auditor.model.resource import Unknown


class Facts:
    """What the ways in have in common: the worst of each, and everything that is told."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._flags: dict[str, Truth] = dict.fromkeys(ALL_FLAGS, True)
        self._hopeful: set[str] = set()  # flags that hold, or may, on some way
        self.first: Truth = False
        self.answers_itself = True
        self.targets: tuple[Target, ...] = ()
        self.addresses: dict[str, None] = {}
        self.tokens: dict[Any, Any] = {}
        self.certificates: dict[Any, Any] = {}
        self.cors: dict[Any, Any] = {}
        self.weaknesses: dict[Any, Any] = {}
        self.unreadable: dict[str, None] = {}
        self.not_collected: dict[str, None] = {}

    def take(self, way: Way, walk: Walk) -> None:
        """Add one way in; of one that may not exist nothing bad is sure."""
        ends = [walk.end] if walk.end else walk.answers
        for flag in ALL_FLAGS:
            value: Truth = True
            for state in ends:
                value = truth_and(value, self._with_backend(flag, state.flags[flag], state.targets if walk.end else ()))
            if value is not False:
                self._hopeful.add(flag)
            self._flags[flag] = truth_and(
                self._flags[flag], value if way.exists is True or value is True else _maybe(way)
            )
        self.first = truth_or(self.first, walk.first if way.exists is True or walk.first is False else _maybe(way))
        self.answers_itself = self.answers_itself and walk.end is None and bool(walk.answers)
        found = walk.end.targets if walk.end else ()
        merged = tuple(dict.fromkeys((*self.targets, *found)))
        if len(merged) > 1:
            merged = tuple(dict.fromkeys(replace(target, certain=False) for target in merged))
        self.targets = merged
        for state in ends:
            self.addresses |= dict.fromkeys(state.addresses)
        self.unreadable |= walk.unreadable
        self.not_collected |= walk.not_collected
        self._record(way, walk)

    def _record(self, way: Way, walk: Walk) -> None:
        """Token checks, certificate checks and weaknesses; those of a product that may not lead here are doubts."""
        for told, kept in (
            (walk.tokens, self.tokens),
            (walk.certificates, self.certificates),
            (walk.weaknesses, self.weaknesses),
        ):
            for item in told:
                if way.doubtful is None or item.place.document != way.doubtful:
                    kept[repr(item)] = item
                elif isinstance(item, Weakness):
                    self.unreadable[_maybe(way).reason] = None
        self.cors.update((repr(item), item) for item in walk.cors)

    def required(self, flag: str, incomplete: str | None) -> Truth:
        """Whether no token is accepted without audience or issuer; `incomplete`: why checks may not have been read."""
        flags = self.flags
        if flags[f"{flag}Kept"] is True and flags[flag] is not True and incomplete:
            return Unknown(incomplete)
        return flags[f"{flag}Kept"]

    @property
    def flags(self) -> dict[str, Truth]:
        """What holds on every way; where it holds on none, that is sure whichever exist."""
        return {flag: value if flag in self._hopeful else False for flag, value in self._flags.items()}

    def _with_backend(self, flag: str, value: Truth, targets: tuple[Target, ...]) -> Truth:
        """What the policies send, or else every backend entity by itself."""
        if value is True or flag not in _OF_BACKEND or not targets:
            return value
        every: Truth = True
        for target in targets:
            every = truth_and(every, self._sent_by(flag, target))
        return truth_or(value, every)

    def _sent_by(self, flag: str, target: Target) -> Truth:
        if target.resource is None:
            if target.unknown:
                return Unknown(target.unknown)
            return Unknown(f"backend {target.backend} was not read") if target.backend else False
        properties = self._estate.backends[target.resource.casefold()].properties
        if (text_at(properties, "type") or "").casefold() == "pool":
            return Unknown(f"backend {target.backend} is a pool")
        given = get(properties, "credentials")
        if isinstance(given, Unknown):
            return given
        found = [get(given, key) for key in _OF_BACKEND[flag]]
        unknown = next((value for value in found if isinstance(value, Unknown)), None)
        return any(bool(value) for value in found if not isinstance(value, Unknown)) or unknown or False


_OF_BACKEND: Final = {
    "sendsCertificate": ("certificate", "certificateIds"),
    "sendsIdentity": ("managedIdentity",),
    "sendsCredentials": ("authorization", "header", "query"),
}
"""By which credentials of a backend (2024-05-01) API Management proves itself."""


def _maybe(way: Way) -> Unknown:
    return way.exists if isinstance(way.exists, Unknown) else Unknown("whether this way in exists is not known")
