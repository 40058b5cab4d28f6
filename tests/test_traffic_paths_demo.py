"""Traffic paths of the demo estate: the expected graph, and what one change each makes of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditor.demo.estate_inventory import inventory
from auditor.demo.faults import as_found, planted
from auditor.lenses.paths.path_table import as_json, as_text
from tests.paths_of_demo import LENS, VARIANTS, designed, paths_of, short, varied, verdicts

GOLDEN = Path(__file__).parent / "golden"
FORMATS = {
    "json": lambda paths: as_json(paths, []),
    "txt": lambda paths: as_text(paths, [], lambda text, _colour: text),
}


def expect(name: str, text: str) -> None:
    """Set AUDITOR_UPDATE_GOLDEN=1 to accept what is written now."""
    file = GOLDEN / name
    if os.environ.get("AUDITOR_UPDATE_GOLDEN") == "1":
        file.write_text(text)
    assert text == file.read_text(), f"{name} differs"


@pytest.mark.parametrize("form", FORMATS)
def test_the_graph_of_the_design(form: str) -> None:
    expect(f"paths.{form}", FORMATS[form](paths_of(inventory(designed()))))


def test_as_designed_every_verdict_is_good() -> None:
    assert verdicts(inventory(designed())) == set()


def test_as_found_the_verdicts_are_those_that_are_known() -> None:
    found = sorted(verdicts(inventory(as_found(designed(), planted()))))
    expect("paths-as-found.txt", "".join(f"{rule:18} {outcome:8} {path}\n" for rule, path, outcome in found))


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: str(variant["name"]))
def test_one_change_flips_one_verdict(variant: dict[str, Any]) -> None:
    found = verdicts(inventory(varied(variant)))
    known = {short(path.name) for path in paths_of(inventory(designed()))}
    names = {after: before for before, after in variant.get("renamed", {}).items()}
    outcome = variant.get("outcome", "fail")
    expected = {(variant["flips"], path, outcome) for path in variant["paths"]}
    expected |= {(rule, path, "fail") for rule, paths in variant.get("more", {}).items() for path in paths}
    expected |= {(rule, path, "unknown") for rule in variant.get("more_unknown", ()) for path in variant["paths"]}
    found = {(rule, names.get(path, path), verdict) for rule, path, verdict in found}
    fresh = {rule for rule, path, _verdict in found if path not in known}
    assert fresh <= set(variant.get("new", ())) or not variant.get("new"), "a path that was not there before"
    assert bool(fresh) == bool(variant.get("new"))
    seen = {one for one in found if one[1] in known}
    if variant.get("also_unknown"):  # behind an edge that is not known nothing is
        assert {one for one in seen if one[0] == variant["flips"]} == expected
        assert {verdict for _rule, _path, verdict in seen} == {"unknown"}
        assert {path for _rule, path, _verdict in seen} == set(variant["paths"])
    else:
        assert seen == expected


_MORE = {"more", "more_unknown", "also_unknown", "also_change", "new"}


def test_there_are_variants_enough_of_every_rule() -> None:
    alone = [v for v in VARIANTS if v["flips"] != "none" and not _MORE & v.keys()]
    assert len(alone) >= 60, "variants of one change that flip one verdict and no other"
    assert len({variant["name"] for variant in VARIANTS}) == len(VARIANTS)
    flipped = {variant["flips"] for variant in VARIANTS} | {rule for v in VARIANTS for rule in v.get("new", ())}
    assert flipped - {"none"} == {
        "authenticated", "certificates-valid", "complete", "encrypted", "front-door", "logs-together", "mutual",
        "names-match", "no-bypass", "tls-version", "trust-matches", "verified",
    }  # fmt: skip


def test_the_table_of_lenses_reads_what_the_hops_read() -> None:
    import importlib
    import pkgutil

    from auditor.lenses import paths
    from auditor.lenses.registry import API_POLICY_READS

    names = [module.name for module in pkgutil.walk_packages(paths.__path__, "auditor.lenses.paths.")]
    modules = [importlib.import_module(name) for name in names]
    assert (
        frozenset().union(API_POLICY_READS, *(getattr(module, "READS", frozenset()) for module in modules))
        == LENS.reads
    )
