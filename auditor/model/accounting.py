"""How many elements an input holds, and what became of each of them. Pure.

An element is a row of an export, an item of a list, a line of NDJSON, a YAML document, an entry of `resource_changes`,
a resource of a template, a change of a what-if, or a file in a folder. Each ends as a resource (or as a part of one),
as a gap, as a duplicate that is left out, or is not evaluated for a reason that has a name.

Readers count twice, at two places: elements where the container of the elements is opened, and outcomes where each
element ends. A reader that loses an element on the way leaves a difference, and a difference is a gap:

    accounting.expect(len(items))    # before the items are read
    accounting.open()                # an item holds further elements, which are expected in its place
    accounting.resource()            # an item became a resource, or a part of one
    accounting.gap()                 # an item became a gap, which the caller writes
    accounting.leave_out("data source", "data.azurerm_client_config.x")    # an item is not evaluated

`reading.log.Log` has an accounting for files; a reader of changes fills one and returns it as `Changes.accounting`.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from auditor.model.resource import Tally

MOST_EXAMPLES: Final = 100
"""Names that are kept of what is not evaluated for one reason."""


class NotEvaluated(Tally):
    """Elements that are not evaluated for one reason: how many there are, and the names of the first ones."""

    count: int = 0
    examples: list[str] = []


class Accounting(Tally):
    """Elements and their outcomes. `resources` counts elements, not what was made of them: one entry of a plan may
    make several resources, and several may make one."""

    total: int = 0
    resources: int = 0
    gaps: int = 0
    duplicates: int = 0
    not_evaluated: dict[str, NotEvaluated] = {}

    def expect(self, count: int = 1) -> None:
        """Count elements that are about to be read."""
        self.total += count

    def open(self) -> None:
        """An element that was expected holds others, which are expected in its place."""
        self.total -= 1

    def resource(self, count: int = 1) -> None:
        """Elements became resources, or parts of one."""
        self.resources += count

    def gap(self, count: int = 1) -> None:
        """Elements became gaps. The caller writes these."""
        self.gaps += count

    def duplicate(self, count: int = 1) -> None:
        """Elements that were counted as resources are left out, because an equal one is evaluated."""
        self.resources -= count
        self.duplicates += count

    def leave_out(self, reason: str, name: str, count: int = 1) -> None:
        """Elements are not evaluated. `reason` names the class of them in the singular, as in `data source`; `name` is
        the element, as the input calls it."""
        entry = self.not_evaluated.setdefault(reason, NotEvaluated())
        entry.count += count
        if name and len(entry.examples) < MOST_EXAMPLES:
            entry.examples.append(name)

    def add(self, other: Accounting) -> None:
        """Add the elements of another input, or of another part of this one."""
        self.total += other.total
        self.resources += other.resources
        self.gaps += other.gaps
        self.duplicates += other.duplicates
        for reason, entry in other.not_evaluated.items():
            own = self.not_evaluated.setdefault(reason, NotEvaluated())
            own.count += entry.count
            own.examples.extend(entry.examples[: MOST_EXAMPLES - len(own.examples)])

    def without_resources(self) -> Accounting:
        """The elements that became no resources, for where the resources are counted again."""
        return structs.replace(self, total=self.total - self.resources, resources=0)

    @property
    def left_out(self) -> int:
        """Elements that are not evaluated, for whatever reason."""
        return sum(entry.count for entry in self.not_evaluated.values())

    @property
    def difference(self) -> int:
        """Elements without an outcome. Negative where more outcomes were counted than elements."""
        return self.total - self.resources - self.gaps - self.duplicates - self.left_out


def sum_of(parts: list[Accounting]) -> Accounting:
    """The accounting of several inputs together."""
    total = Accounting()
    for part in parts:
        total.add(part)
    return total
