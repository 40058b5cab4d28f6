"""A lens that breaks on a resource, or as a whole, ends nothing and hides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.lenses import registry
from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import Lens
from auditor.model.audit import Audit
from auditor.model.finding import Finding
from auditor.model.resource import Origin, Resource
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules

CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
READS = "microsoft.keyvault/vaults/certificates"
DERIVES = "auditor/certificate"


class Fragile:
    """Breaks on a resource named `broken`, and in the end when it was given one named `last`."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._names: list[str] = []

    def take(self, resource: Resource) -> None:
        if resource.name == "broken":
            raise ZeroDivisionError("by nothing")
        self._names.append(resource.name)

    def derived(self) -> Iterator[Resource]:
        ends = "2030-01-01T00:00:00Z"
        hole = self._coverage.hole(READS, occurs=True)
        for name in self._names:
            if name == "last":
                raise LookupError("lost")
            uses = [{"name": hole or "-", "kind": "listener"}]
            body = {"id": f"/certificates/{name}", "name": name, "properties": {"notAfter": ends, "uses": uses}}
            yield Resource(DERIVES, body, Origin(source="live"))


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "LENSES", (Lens(DERIVES, frozenset({READS}), Fragile),))


def judged(*names: str) -> tuple[Audit, list[Finding]]:
    rules = [bind(rule, CLOCK) for rule in load_rules() if rule.id == "certificates.not-expired"]
    kind = "Microsoft.KeyVault/vaults/certificates"
    found = [Resource(kind, {"id": f"/v/{name}", "name": name}, Origin(source="live")) for name in names]
    made, findings = audit(rules, Inventory(["x"], [CollectedSource(found)]), clock=CLOCK)
    with findings:
        return made, list(findings)


@pytest.mark.usefixtures("fragile")
def test_what_one_resource_breaks_is_a_gap_and_the_others_are_judged() -> None:
    made, findings = judged("first", "broken", "second")
    assert [finding.resource.name for finding in findings] == ["first", "second"]
    (gap,) = made.gaps
    assert (gap.what, gap.type) == ("/v/broken", "Microsoft.KeyVault/vaults/certificates")
    assert "ZeroDivisionError" in gap.reason


@pytest.mark.usefixtures("fragile")
def test_what_a_broken_lens_no_longer_derives_is_a_gap() -> None:
    made, findings = judged("first", "last", "never")
    assert [finding.resource.name for finding in findings] == ["first"]
    (gap,) = made.gaps
    assert (gap.what, "LookupError" in gap.reason) == (DERIVES, True)
