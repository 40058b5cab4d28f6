"""Lenses keep what they read of a large estate, and no more: nothing that they read may be left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from auditor.demo.estate_inventory import inventory
from auditor.demo.faults import as_found, planted
from auditor.ingest.inventory import Inventory
from auditor.lenses.coverage import Coverage
from auditor.lenses.paths.field_projection import FIELDS, KEPT
from auditor.lenses.registry import Lens, lens_of
from auditor.model.projection import path_of
from auditor.model.resource import Resource
from tests.paths_of_demo import VARIANTS, designed, varied

Read = dict[str, set[tuple[str, ...]]]
"""By casefolded type the paths that were asked for."""


class Watched(dict[str, Any]):
    """A body that notes what is asked of it. It is no plain dict, so that lenses keep all of it."""

    def __init__(self, body: dict[str, Any], path: tuple[str, ...], read: set[tuple[str, ...]]) -> None:
        self._path, self._read = path, read
        super().__init__({key: watched(value, (*path, key), read) for key, value in body.items()})

    def get(self, key: str, default: Any = None) -> Any:
        self._read.add((*self._path, key))
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self._read.add((*self._path, key))
        return super().__getitem__(key)


def watched(value: Any, path: tuple[str, ...], read: set[tuple[str, ...]]) -> Any:
    if isinstance(value, dict):
        return Watched(value, path, read)
    return [watched(one, (*path, "[*]"), read) for one in value] if isinstance(value, list) else value


def told(lens: Lens, resources: Iterator[Resource], estate: Inventory) -> list[tuple[str, str]]:
    found = lens.derive(resources, Coverage(estate.covers, estate.gaps))
    return [(one.id, repr(one.body)) for one in found]


def agree(lens: Lens, estate: Inventory) -> Read:
    """What a lens reads of an estate; of reduced bodies it says what it says of whole ones."""
    read: Read = defaultdict(set)

    def whole() -> Iterator[Resource]:
        for one in estate.resources(lens.reads):
            body = watched(one.body, (), read[one.type.casefold()])
            yield Resource(one.type, body, one.origin, one.cluster, partial=one.partial)

    assert told(lens, whole(), estate) == told(lens, estate.resources(lens.reads), estate)
    return read


ESTATES = {
    "as designed": lambda: designed(),
    "as found": lambda: as_found(designed(), planted()),
    **{str(one["name"]): (lambda one=one: varied(one)) for one in VARIANTS[::5]},
}


@pytest.mark.parametrize("name", ESTATES)
def test_paths_keep_what_they_read(name: str) -> None:
    read = agree(lens_of("auditor/trafficPath"), inventory(ESTATES[name]()))
    for kind, text in KEPT.items():
        kept = {tuple(map(str.casefold, path_of(field))) for field in text.split()}
        for asked in {tuple(map(str.casefold, path)) for path in read[kind]}:
            assert any(asked[: len(path)] == path or path[: len(asked)] == asked for path in kept), (kind, asked)


@pytest.mark.parametrize("name", ["as designed", "as found"])
@pytest.mark.parametrize("lens", ["auditor/privateConnectivity", "auditor/vaultAccess"])
def test_proofs_keep_what_they_read(lens: str, name: str) -> None:
    agree(lens_of(lens), inventory(ESTATES[name]()))


def test_keys_of_yaml_that_are_no_texts_are_passed_over() -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {8443: "x", "ca.crt": "y"}}
    assert FIELDS["core/configmap"].part_of(body)["data"] == {"ca.crt": "y"}
