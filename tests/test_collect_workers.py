"""In which order work is done that begets work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auditor.collect.azure.children import ON_REQUEST
from auditor.collect.azure.network import ACTIONS
from auditor.collect.azure.plan import plan_for
from auditor.collect.azure.tenant import EXTRA as ENTRA
from auditor.collect.collection_journal import Book
from auditor.collect.guard import Defect
from auditor.collect.request import EXTRAS, Needs
from auditor.collect.workers import Job, run


@dataclass(frozen=True)
class Read(Job):
    """Writes down that it was done."""

    done: list[str]
    name: str
    place: str = ""
    levels: int = 0
    more: tuple[Job, ...] = ()
    lane: str = "lane"

    @property
    def leads_to(self) -> int:
        return self.levels

    @property
    def pace(self) -> str:
        return self.place

    def run(self) -> Iterable[Job]:
        self.done.append(self.name)
        return self.more


def unexpected(job: Job, defect: Defect) -> None:
    raise AssertionError(f"{job}: {defect.reason}")


def order(folder: Path, done: list[str], *jobs: Job) -> list[str]:
    """What was done, one after the other."""
    book = Book(folder / "journal", {})
    assert run(jobs, {"lane": 1}, book, lost_by=unexpected) == []
    book.close()
    return done


def test_what_leads_to_more_comes_first(tmp_path: Path) -> None:
    done: list[str] = []
    apis = Read(done, "apis", levels=2, more=(Read(done, "policy"), Read(done, "operations", levels=1)))
    assert order(tmp_path, done, Read(done, "loggers"), Read(done, "tags"), apis) == [
        *("apis", "operations", "loggers", "tags", "policy"),
    ]


def test_where_most_is_left_comes_first(tmp_path: Path) -> None:
    done: list[str] = []
    many = [Read(done, f"many {number}", "many") for number in range(3)]
    few = [Read(done, f"few {number}", "few", levels=1) for number in range(2)]
    assert order(tmp_path, done, *few, *many) == ["many 0", "few 0", "many 1", "few 1", "many 2"]


def test_what_is_held_back_waits_for_the_others(tmp_path: Path) -> None:
    done: list[str] = []
    many = [Read(done, f"many {number}", "many") for number in range(2)]
    with Book(tmp_path / "journal", {}) as book:
        jobs = [*many, Read(done, "few", "few")]
        run(jobs, {"lane": 1}, book, unexpected, lambda lane, pace: (lane, pace) == ("lane", "many"))
    assert done == ["few", "many 0", "many 1"]


def test_whatever_can_be_asked_for_besides_is_read() -> None:
    assert set(EXTRAS) == {*ACTIONS, *ON_REQUEST, ENTRA}


def test_resource_graph_is_asked_first_for_what_leads_to_more() -> None:
    kinds = ("microsoft.apimanagement/service/apis/operations/policies", "microsoft.keyvault/vaults/keys")
    plan = plan_for(Needs(frozenset({*kinds, "microsoft.network/privateendpoints/privatednszonegroups",
                                     "microsoft.network/publicipaddresses"})))  # fmt: skip
    assert plan.in_turn(plan.tables["resources"]) == [
        ("microsoft.apimanagement/service", "microsoft.keyvault/vaults"),
        ("microsoft.network/privateendpoints",),
        ("microsoft.network/publicipaddresses",),
    ]
