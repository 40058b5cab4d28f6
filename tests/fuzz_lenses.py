"""Lenses themselves, on damaged bodies. What the command line tells as a gap ("a defect of the auditor") fails here.

    python -m tests.fuzz_lenses --count 5000 --seed 1

Every round damages a few resources of the demo estate as found, takes some away, and asks every lens what follows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import traceback
from collections.abc import Iterator, Sequence

from auditor.demo import estate_inventory
from auditor.demo.faults import as_found, planted
from auditor.lenses import report_views
from auditor.lenses.certificates import calendar, certificate_table
from auditor.lenses.coverage import Coverage
from auditor.lenses.paths import path_table as paths
from auditor.lenses.registry import LENSES, Lens
from auditor.model.resource import Resource, Unknown, holds_unknown
from tests.damage import Random, damage_tree, parts

_OF_A_KIND = 12  # resources; more of one type damage nothing else
_HIDDEN = Unknown("known after apply")
_CLOCK = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def rounds(count: int, seed: int) -> Iterator[tuple[Lens, list[Resource], Coverage]]:
    """A lens, what it is given, and what was looked at. Round `n` of a seed is always the same."""
    found = as_found(estate_inventory.as_designed(), planted())
    estate = list(_few(estate_inventory.inventory(found).resources()))
    for number in range(count):
        rng = Random(f"{seed} {number}")
        damaged = {id(one): _damaged(one, rng) for one in rng.sample(estate, rng.choice((1, 10, 60)))}
        given = [damaged.get(id(one), one) for one in estate if rng.random() < 0.9]
        for lens in LENSES:
            covers = lens.reads if rng.random() < 0.5 else None
            yield lens, [one for one in given if one.type.casefold() in lens.reads], Coverage(covers)


def _few(resources: Iterator[Resource]) -> Iterator[Resource]:
    seen: dict[str, int] = {}
    for one in resources:
        seen[one.type] = seen.get(one.type, 0) + 1
        if seen[one.type] <= _OF_A_KIND:
            yield one


def _damaged(resource: Resource, rng: Random) -> Resource:
    own = {key: resource.body.get(key) for key in ("id", "type", "name", "apiVersion", "kind") if key in resource.body}
    body = damage_tree(resource.body, rng)
    body = {**body, **own} if isinstance(body, dict) else own
    places = [(holder, key) for holder, key in parts(body) if holder is not body or key not in own]
    for holder, key in rng.sample(places, min(len(places), rng.randint(0, 2))):
        holder[key] = _HIDDEN
    return Resource(resource.type, body, resource.origin, resource.cluster, partial=holds_unknown(body))


def follows(lens: Lens, given: Sequence[Resource], coverage: Coverage) -> int:
    """What a lens derives, shown in every way there is; how many it is."""
    found = list(lens.derive(given, coverage))
    report_views.certificates(found), report_views.paths(found)
    if lens.type == "auditor/certificate":
        rows = certificate_table.soonest(certificate_table.listed(one, _CLOCK, ()) for one in found)
        certificate_table.as_text(rows, _CLOCK, {}, ()), certificate_table.as_csv(rows), calendar.as_ics(rows, _CLOCK)
    if lens.type == "auditor/trafficPath":
        paths.as_text(found, (), lambda text, _colour: text)
    return len(found)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    broken: dict[str, int] = {}
    for lens, given, coverage in rounds(options.count, options.seed):
        try:
            follows(lens, given, coverage)
        except Exception:  # noqa: BLE001  (whatever escapes is what is looked for)
            told = "".join(traceback.format_exc().splitlines(keepends=True)[-5:])
            broken[told] = broken.get(told, 0) + 1
    for told, times in sorted(broken.items(), key=lambda pair: -pair[1]):
        print(f"{times} times:\n{told}")
    print(f"{options.count} rounds, {len(broken)} places that break")


if __name__ == "__main__":
    main()
