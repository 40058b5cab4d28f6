"""Pods are judged as what controls them, where that is judged; else they are judged themselves, or told as a gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Command

RULE = "kubernetes.workload.no-privileged-containers"


def one(kind: str, name: str, controller: str = "", namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    """A workload with a privileged container; `controller` is the API version and kind of its owner."""
    pods = {"containers": [{"name": "c", "securityContext": {"privileged": True}}], **spec}
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if controller:
        version, _, owner = controller.rpartition("/")
        metadata["ownerReferences"] = [
            {"apiVersion": version, "kind": owner, "name": "owner", "uid": "1", "controller": True}
        ]
    versions = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1", "Rollout": "argoproj.io/v1alpha1"}
    template = {"template": {"spec": pods}}
    made = {"Pod": pods, "CronJob": {"jobTemplate": {"spec": template}}}.get(kind, template)
    return {"apiVersion": versions.get(kind, "apps/v1"), "kind": kind, "metadata": metadata, "spec": made}


def judged(command: Command, folder: Path, *objects: dict[str, Any]) -> tuple[int, set[str], list[str]]:
    """The exit code, what failed, and the gaps."""
    (folder / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    done = command("scan", "--from", "all.json", "--select", RULE, "--format", "json", "--fail-on", "critical")
    audit = json.loads(done.stdout)
    failed = {found["resource"]["name"] for found in audit["findings"] if found["outcome"] == "fail"}
    return done.returncode, failed, [gap["what"] for gap in audit["gaps"]]


@pytest.mark.parametrize(
    "made",
    [
        one("Pod", "x", "postgresql.cnpg.io/v1/Cluster"),
        one("ReplicaSet", "x", "apps.kruise.io/v1alpha1/CloneSet"),
        one("StatefulSet", "x", "monitoring.coreos.com/v1/Prometheus"),
        one("Deployment", "x", "serving.knative.dev/v1/Revision"),
        one("Job", "x", "keda.sh/v1alpha1/ScaledJob"),
        one("Pod", "x", "apps.kruise.io/v1beta1/StatefulSet"),
    ],
    ids=lambda made: f"{made['kind']} of {made['metadata']['ownerReferences'][0]['kind']}",
)
def test_what_a_custom_resource_controls_is_judged(command: Command, folder: Path, made: dict[str, Any]) -> None:
    assert judged(command, folder, made) == (1, {"x"}, [])


def test_a_pod_is_judged_once_as_what_controls_it(command: Command, folder: Path) -> None:
    pods = one("Pod", "web-1-a", "apps/v1/ReplicaSet"), one("ReplicaSet", "web-1", "apps/v1/Deployment")
    assert judged(command, folder, *pods, one("Deployment", "web")) == (1, {"web"}, [])


def test_a_debugger_is_in_no_template(command: Command, folder: Path) -> None:
    privileged = [{"name": "debugger", "securityContext": {"privileged": True}}]
    pod = one("Pod", "web-1-a", "apps/v1/ReplicaSet", containers=[{"name": "c"}], ephemeralContainers=privileged)
    web = one("Deployment", "web", containers=[{"name": "c"}])
    assert judged(command, folder, pod, web)[:2] == (1, {"web-1-a"})


def test_pods_alone_are_a_gap(command: Command, folder: Path) -> None:
    """`kubectl get pods -o json`: nothing of it was judged, and the audit said that all was well."""
    pods = [one("Pod", f"web-{number}", "apps/v1/ReplicaSet") for number in range(3)]
    code, failed, gaps = judged(command, folder, *pods, one("Pod", "j", "batch/v1/Job"))
    assert (code, failed, gaps) == (3, set(), ["apps/ReplicaSet", "batch/Job"])


def test_deployments_tell_what_their_replica_sets_would(command: Command, folder: Path) -> None:
    pods = one("Pod", "web-1-a", "apps/v1/ReplicaSet"), one("Pod", "b", "batch/v1/Job")
    both = one("Deployment", "web"), one("CronJob", "nightly")
    assert judged(command, folder, *pods, *both) == (1, {"web", "nightly"}, [])


def test_pods_of_the_platform_miss_no_controller(command: Command, folder: Path) -> None:
    pod = one("Pod", "coredns-1", "apps/v1/ReplicaSet", namespace="kube-system")
    assert judged(command, folder, pod, one("Pod", "mine"))[1:] == ({"mine"}, [])


REVISION = one("ReplicaSet", "x", "apps.kruise.io/v1alpha1/CloneSet")
REVISION["spec"]["replicas"] = 0
DONE = {"conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}]}


@pytest.mark.parametrize(
    "past",
    [
        REVISION,
        one("Pod", "x", "tekton.dev/v1/TaskRun") | {"status": {"phase": "Succeeded"}},
        one("Job", "x", "keda.sh/v1alpha1/ScaledJob") | {"status": DONE},
    ],
    ids=lambda made: made["kind"],
)
def test_what_a_custom_resource_keeps_of_the_past_is_not_judged(
    command: Command, folder: Path, past: dict[str, Any]
) -> None:
    assert judged(command, folder, past, one("Pod", "mine"))[1:] == ({"mine"}, [])
    past = {**past, "metadata": {"name": "x", "namespace": "shop"}}
    assert judged(command, folder, past)[1] == {"x"}, "it is nobody's past"


def test_a_change_is_judged_whoever_it_says_owns_it(command: Command, folder: Path) -> None:
    """Four lines of a manifest would lead it past the gate."""
    pod = one("Pod", "x", "apps/v1/StatefulSet")
    (folder / "pods.json").write_text(json.dumps([pod, one("StatefulSet", "other", containers=[{"name": "c"}])]))
    done = command("gate", "pods.json", "--select", RULE, "--format", "json", "--fail-on", "critical")
    assert done.returncode == 1
    audit = json.loads(done.stdout)
    assert [each["resource"]["name"] for each in audit["findings"] if each["outcome"] == "fail"] == ["x"]
    assert audit["gaps"] == []


@pytest.mark.parametrize("verb", ["scan --from", "gate"])
def test_a_rollout_is_judged_as_a_deployment_is(command: Command, folder: Path, verb: str) -> None:
    template = one("Rollout", "other")
    template["spec"] = {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    both = [one("Rollout", "x"), template]
    (folder / "all.json").write_text(json.dumps(both))
    args = (
        *verb.split(),
        "all.json",
        "--select",
        RULE,
        "--select",
        "kubernetes.workload.cpu-limit",
        "--format",
        "json",
    )
    audit = json.loads(command(*args).stdout)
    assert {each["resource"]["name"] for each in audit["findings"]} == {"x"}


def test_the_replica_sets_of_a_rollout_are_judged_as_it(command: Command, folder: Path) -> None:
    revision = one("ReplicaSet", "x-1", "argoproj.io/v1alpha1/Rollout")
    assert judged(command, folder, revision, one("Rollout", "x")) == (1, {"x"}, [])
    assert judged(command, folder, revision) == (3, set(), ["argoproj.io/Rollout"])
