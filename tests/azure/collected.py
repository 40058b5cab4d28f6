"""One collection of a local Azure, in this process: its gaps and the ids of what it brought."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Final

from auditor.ingest.inventory import open_inventory
from auditor.ingest.snapshot import open_snapshot
from auditor.model.gap import Gap
from tests.azure.estate import Body, Estate, demo_estate
from tests.azure.fault_plan import Fault, FaultPlan
from tests.azure.local import LocalAzure, local_azure
from tests.azure.product import Done, run
from tests.azure.resource_graph import Quota
from tests.azure.rights import Rights

DEMO: Final = "3f1e6b7a-5c2d-4e8f-9a10-b2c3d4e5f601"
"""The subscription of the demo estate."""
OTHER: Final = "00000000-0000-4000-8000-00000000dead"
"""One that is not there, unless a test makes it."""


class Collected:
    """What one collection brought."""

    def __init__(self, azure: LocalAzure, folder: Path, *options: str, code: int = 0, resume: bool = False) -> None:
        place = str(folder / "snap")
        scope = () if any(word.startswith(("--sub", "--man", "--all")) for word in options) else ("--all",)
        self.done: Done = run(azure, "collect", *scope, *options, "--resume" if resume else "-o", place)
        assert self.done.code == code, self.done.err + self.done.escaped
        assert not azure.violations
        there = (folder / "snap").exists()
        self.gaps: list[Gap] = list(open_snapshot(place).gaps) if there else []
        self.ids = [one.id for one in open_inventory([place]).resources()] if there else []

    def of(self, kind: str) -> list[str]:
        return [id_ for id_ in self.ids if f"/{kind}/".casefold() in id_.casefold()]


def azure_of(estate: Estate | None = None, *faults: Fault, rights: Rights | None = None) -> Any:
    return local_azure(estate or demo_estate(), rights=rights, faults=FaultPlan(faults), quota=Quota(window=0.2))


def copies(estate: Estate, kind: str, count: int, **properties: Any) -> list[Body]:
    """Further resources like the first of a type."""
    first = estate.of_type(kind)[0]
    found = []
    for number in range(count):
        body = copy.deepcopy(first)
        body["name"] = f"copy-{number:04}"
        body["id"] = f"{first['id'].rpartition('/')[0]}/{body['name']}"
        body["properties"] |= properties
        found.append(body)
    return found
