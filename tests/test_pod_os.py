"""Which operating system pods need, by everything in a specification that says it."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.kubernetes.workloads import pod_os_of
from auditor.model.resource import MISSING, Origin, Resource, Unknown

HIDDEN = Unknown("not readable")


def wants(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def affinity(*terms: Any) -> dict[str, Any]:
    required = {"nodeSelectorTerms": list(terms)}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


WINDOWS = wants("kubernetes.io/os", "In", "windows")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, MISSING),
        ({"os": {"name": "windows"}}, "windows"),
        ({"os": {"name": "linux"}}, "linux"),
        ({"os": HIDDEN}, HIDDEN),
        ({"os": HIDDEN, "nodeSelector": {"kubernetes.io/os": "windows"}}, "windows"),
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, "windows"),
        ({"nodeSelector": {"beta.kubernetes.io/os": "windows"}}, "windows"),
        ({"nodeSelector": {"kubernetes.io/os": "linux"}}, "linux"),
        ({"nodeSelector": {"pool": "a"}}, MISSING),
        ({"nodeSelector": HIDDEN}, HIDDEN),
        ({"securityContext": {"windowsOptions": {"hostProcess": True}}}, "windows"),
        (affinity(WINDOWS), "windows"),
        (
            affinity(
                WINDOWS,
                {"matchExpressions": [*wants("pool", "In", "a")["matchExpressions"], *WINDOWS["matchExpressions"]]},
            ),
            "windows",
        ),
        (affinity(WINDOWS, wants("pool", "In", "a")), MISSING),
        (affinity(WINDOWS, {"matchFields": []}), MISSING),
        (affinity(wants("kubernetes.io/os", "NotIn", "windows")), MISSING),
        (affinity(wants("kubernetes.io/os", "In", "windows", "linux")), MISSING),
        (affinity(), MISSING),
        (affinity({"matchExpressions": HIDDEN}), HIDDEN),
        ({"affinity": HIDDEN}, HIDDEN),
        ({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [WINDOWS]}}}, MISSING),
    ],
)
def test_the_operating_system_of_pods(spec: dict[str, Any], expected: Any) -> None:
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    assert pod_os_of(Resource("core/Pod", body, Origin())) == expected


def test_what_runs_no_pods_needs_none() -> None:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"os": {"name": "windows"}}}
    assert pod_os_of(Resource("core/Service", body, Origin())) is MISSING


def test_objects_that_the_server_will_name_are_told_apart_by_what_their_names_begin_with() -> None:
    bodies = [{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": f"{one}-"}} for one in ("a", "b")]
    assert [Resource("batch/Job", body, Origin()).name for body in bodies] == ["a-", "b-"]
    assert len({Resource("batch/Job", body, Origin()).id for body in bodies}) == 2
