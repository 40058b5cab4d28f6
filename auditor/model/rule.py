"""Rules, as they are evaluated."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from auditor.model.finding import Severity
from auditor.model.kubernetes_types import is_cluster_type
from auditor.model.resource import Record

CHANGES: Final = frozenset({"plan", "template", "manifest"})
"""What a change is read from, as `Origin.source` has it."""

CHANGED: Final = CHANGES | {"change"}
"""The same, and what a change is laid over an estate as."""


class Parameter(Record, frozen=True, kw_only=True):
    """A value of a rule that an estate may set for itself."""

    default: Any
    description: str = ""


class Remediation(Record, frozen=True, kw_only=True):
    """How to mend it: in words, and as code where code exists."""

    text: str
    azcli: str | None = None
    bicep: str | None = None
    terraform: str | None = None
    kubernetes: str | None = None


class Rule(Record, frozen=True, kw_only=True):
    """One question about one kind of resource. Conditions are kept as written; `conditions.grammar` reads them."""

    id: str
    title: str
    severity: Severity
    resource: tuple[str, ...]
    each: str | None = None
    when: Any = None
    condition: Any = msgspec.field(name="assert")
    related: tuple[str, ...] | None = None
    """The casefolded types that its relations name; None where nobody has looked yet."""
    parameters: dict[str, Parameter] = {}
    rationale: str
    remediation: Remediation
    sources: tuple[str, ...] = ()
    controls: dict[str, tuple[str, ...]] = {}
    equivalents: dict[str, tuple[str, ...]] = {}
    references: tuple[str, ...] = ()

    @property
    def component(self) -> str:
        """The folder of the rule: `azure/application-gateway`, `kubernetes`."""
        return self.id.rpartition(".")[0].replace(".", "/")

    def asks_of(self, kind: str, source: str) -> bool:
        """Whether the rule is asked of a resource of this type that was read there (`Origin.source`): of what a change
        makes, where it says that it can be decided. An object of a cluster is the same in a plan and in a manifest."""
        if source not in CHANGES:
            return True
        return ("manifest" if is_cluster_type(kind) else source) in self.sources


class RulePack(Record, frozen=True, kw_only=True):
    """Which rules judged: a digest of all that they say, and their number. Equal digests: equal rules and settings."""

    digest: str
    rules: int
