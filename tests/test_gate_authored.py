"""What a change writes is evaluated as its author's, also against an estate: no owner that it names exempts it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PRIVILEGED = "kubernetes.workload.no-privileged-containers"
SPEC = {"containers": [{"name": "c", "image": "mcr.microsoft.com/oss/x:1", "securityContext": {"privileged": True}}]}


def pod(name: str, namespace: str, **metadata: Any) -> dict[str, Any]:
    named = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": SPEC}


OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "1", "controller": True}
OWNED = pod("x", "d", ownerReferences=[OWNER])
OTHER = pod("other", "d", ownerReferences=[OWNER])


def gate(command: Any, tmp_path: Path, changed: Any, estate: list[Any] | None, *more: str) -> tuple[int, list[str]]:
    """The exit code, and the names of what fails."""
    (tmp_path / "change.json").write_text(json.dumps(changed))
    if estate is not None:
        (tmp_path / "estate.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": estate}))
        more = (*more, "--against", "estate.json")
    done = command("gate", "change.json", *more, "--select", PRIVILEGED, "-f", "json", "-o", "out.json")
    audit = json.loads((tmp_path / "out.json").read_text())
    failing = [one["resource"]["name"] for one in audit["findings"] if one["outcome"] == "fail"]
    assert not any("defect" in gap["reason"] for gap in audit["gaps"])
    return done.returncode, sorted(failing)


@pytest.mark.parametrize("estate", [None, [OTHER], [OWNED]], ids=["alone", "estate", "overwritten"])
def test_a_pod_of_a_change_is_evaluated_whatever_owner_it_names(
    command: Any, tmp_path: Path, estate: list[Any] | None
) -> None:
    assert gate(command, tmp_path, OWNED, estate) == (1, ["x"])


def test_a_pod_of_the_estate_is_evaluated_as_its_owner(command: Any, tmp_path: Path) -> None:
    good = {**pod("y", "d"), "spec": {"containers": [{"name": "c", "image": "x"}]}}
    assert OTHER["metadata"]["name"] not in gate(command, tmp_path, good, [OTHER])[1]


def test_what_a_change_writes_over_something_that_was_left_out_is_new(command: Any, tmp_path: Path) -> None:
    assert gate(command, tmp_path, OWNED, [OWNED], "--new-only") == (1, ["x"])


def test_each_finding_is_counted_once(command: Any, tmp_path: Path) -> None:
    gate(command, tmp_path, OWNED, [pod("old", "d")])
    audit = json.loads((tmp_path / "out.json").read_text())
    assert audit["summary"]["counts"]["fail"] == 2
    assert audit["summary"]["resources"] == 2
    assert audit["summary"]["elements"]["resources"] == 2
