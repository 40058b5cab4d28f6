"""Label selectors as Kubernetes reads them, and what rules say by the operator that uses them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from auditor.cli import root
from auditor.evaluate.conditions import semantics
from auditor.evaluate.conditions.grammar import parse
from auditor.evaluate.conditions.index_fields import kept_of, read_paths
from auditor.evaluate.conditions.paths import Scope
from auditor.evaluate.conditions.relations import Relations
from auditor.kubernetes.label_selectors import selects
from auditor.kubernetes.workloads import pod_labels_of
from auditor.model.kubernetes_types import WORKLOADS
from auditor.model.packing import pack, unpack
from auditor.model.resource import MISSING, Origin, Resource, Unknown

UNKNOWN = Unknown("not readable")


def expression(operator: Any, *values: Any, key: Any = "app") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"matchLabels": None, "matchExpressions": []}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "WEB"}}, False),
        ({"matchLabels": {"App": "web"}}, False),
        ({"matchLabels": {"app": "web", "tier": "front"}}, True),
        ({"matchLabels": {"app": "web", "tier": "back"}}, False),
        ({"matchLabels": {"owner": "x"}}, False),
        (expression("In", "web", "api"), True),
        (expression("In", "api"), False),
        (expression("In", "x", key="owner"), False),
        (expression("NotIn", "api"), True),
        (expression("NotIn", "web"), False),
        (expression("NotIn", "x", key="owner"), True),
        (expression("Exists"), True),
        (expression("Exists", key="owner"), False),
        (expression("DoesNotExist"), False),
        (expression("DoesNotExist", key="owner"), True),
        ({"matchLabels": {"app": "web"}, **expression("In", "back", key="tier")}, False),
        (expression("Near", "web"), UNKNOWN),
        ({"matchExpressions": ["app"]}, UNKNOWN),
        ({"matchLabels": UNKNOWN}, UNKNOWN),
        ({"matchLabels": UNKNOWN, **expression("DoesNotExist")}, False),
        ({"matchLabels": {"app": UNKNOWN}}, UNKNOWN),
        ({"matchLabels": {"app": UNKNOWN, "tier": "back"}}, False),
        (expression("In", "api", UNKNOWN), UNKNOWN),
        (expression("In", "web", UNKNOWN), True),
        (expression("In", "web", key="zone"), UNKNOWN),
        (expression("Exists", key="zone"), UNKNOWN),
        ({"matchLabels": {"k8s:app": "web", "any:tier": "front"}}, True),
        ({"matchLabels": {"k8s:app": "api"}}, False),
        ({"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop"}}, UNKNOWN),
    ],
    ids=str,
)
def test_a_selector_selects_what_kubernetes_says(selector: dict[str, Any], expected: bool | Unknown) -> None:
    found = selects(selector, {"app": "web", "tier": "front", "zone": UNKNOWN, "owner": None})
    assert isinstance(found, Unknown) if isinstance(expected, Unknown) else found is expected


@pytest.mark.parametrize("kind", [*WORKLOADS, "core/Service"])
def test_the_labels_of_pods_stand_where_each_kind_keeps_them(kind: str) -> None:
    group, _, name = kind.partition("/")
    body: dict[str, Any] = {"apiVersion": "v1" if group == "core" else f"{group}/v1", "kind": name}
    node = body
    for key in WORKLOADS.get(kind, ("spec",))[:-1]:
        node = node.setdefault(key, {})
    expected = {} if kind in WORKLOADS else MISSING
    assert pod_labels_of(Resource(kind, body, Origin())) == expected
    node["metadata"] = {"labels": {"app": "web"}}
    expected = {"app": "web"} if kind in WORKLOADS else MISSING
    assert pod_labels_of(Resource(kind, body, Origin())) == expected
    node["metadata"] = UNKNOWN
    assert (pod_labels_of(Resource(kind, body, Origin())) is UNKNOWN) == (kind in WORKLOADS)


def test_labels_that_are_not_known_leave_the_verdict_open() -> None:
    pod = Resource("core/Pod", {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": UNKNOWN}}, Origin())
    condition = parse({"field": "spec", "selects": {"field": "podLabels"}}, {}, dt.datetime(2026, 7, 9, tzinfo=dt.UTC))
    pod.body["spec"] = {"matchLabels": {"app": "web"}}
    assert isinstance(semantics.truth(condition, Scope.of(pod), Relations([])), Unknown)


POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}}
---
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: %s, namespace: shop, labels: {app: %s}}
spec: {containers: [{name: a, image: a}]}
---
"""
CILIUM = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: all}
spec: {endpointSelector: {}, ingress: [{}]}
---
"""


@pytest.mark.parametrize(
    ("text", "selected", "dangling"),
    [
        (POLICY + POD % ("web", "web"), "pass", "pass"),
        (POLICY + POD % ("api", "api"), "fail", "fail"),
        (POLICY + CILIUM + POD % ("api", "api"), "pass", "fail"),
        (CILIUM + POD % ("api", "api"), "pass", None),
        (POD % ("api", "api"), "unknown", None),
        (POLICY, None, "unknown"),
    ],
    ids=["selected", "of another label", "by Cilium", "by Cilium alone", "pods alone", "policies alone"],
)
def test_kinds_that_do_one_thing_are_looked_for_together_in_files(
    tmp_path: Path, text: str, selected: str | None, dangling: str | None
) -> None:
    (tmp_path / "all.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(root, ["gate", str(tmp_path), "--select", "kubernetes.*", "-q", "-f", "json"])
    told = json.loads(done.stdout)["findings"]
    found = {finding["ruleId"]: finding["outcome"] for finding in told}
    assert found.get("kubernetes.workload.network-policy") == selected
    assert found.get("kubernetes.network-policy.selects-pods") == dangling


def test_the_relation_index_keeps_of_workloads_their_labels_alone() -> None:
    selects = parse({"field": "$.spec", "selects": {"field": "podLabels"}}, {}, dt.datetime(2026, 7, 9, tzinfo=dt.UTC))
    kept = kept_of(read_paths(selects))
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a"}]}}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"}, "spec": {"template": template}}
    packed = unpack(pack(Resource("apps/Deployment", body, Origin()), kept))
    assert pod_labels_of(packed) == {"app": "web"}
    assert "containers" not in repr(packed.body)
