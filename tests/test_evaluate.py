"""Judging as a whole: relations, clusters, sources, isolation."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from auditor.evaluate.bound_rule import bind
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.engine import Judge
from auditor.model.finding import Finding, Severity
from auditor.model.gap import Gap
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.resource import Origin, Resource, Unknown
from auditor.model.rule import Remediation, Rule

CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
HAS_SERVICE = {
    "related": {
        "type": "core/Service",
        "match": {"theirs": "name", "ours": "spec.service"},
        "where": {"field": "namespace", "equals": {"field": "$.namespace"}},
    }
}


def rule(condition: Any, kind: str = "apps/Deployment", sources: tuple[str, ...] = ("live",)) -> Rule:
    return Rule(
        id="own.rule",
        title="A rule",
        severity=Severity.HIGH,
        resource=(kind,),
        condition=condition,
        rationale="",
        remediation=Remediation(text=""),
        sources=sources,
    )


def k8s(kind: str, name: str, cluster: str = "", source: str = "live", **spec: Any) -> Resource:
    version = "v1" if kind == "Service" else "apps/v1"
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Resource(kubernetes_type(body), body, Origin(source=source), cluster)


def say(one: Rule, resource: Resource, *others: Resource, gaps: tuple[Gap, ...] = (), covers: Any = None) -> list[str]:
    bound = bind(one, CLOCK)
    relations = Relations([bound], covers)
    for other in others:
        relations.add(other)
    relations.add_gaps(gaps)
    lines = Judge([bound], relations).findings(resource)
    return [msgspec.json.decode(line, type=Finding).outcome.value for line in lines]


def test_equal_names_in_two_clusters_are_two_things() -> None:
    ours = k8s("Deployment", "d", "east", service="s")
    assert say(rule(HAS_SERVICE), ours, k8s("Service", "s", "west")) == ["fail"]
    assert say(rule(HAS_SERVICE), ours, k8s("Service", "s", "east")) == ["pass"]


def test_there_is_none_only_where_somebody_looked() -> None:
    ours = k8s("Deployment", "d", service="s")
    assert say(rule(HAS_SERVICE), ours) == ["unknown"]
    assert say(rule(HAS_SERVICE), ours, covers=frozenset({"core/service"})) == ["fail"]
    gap = Gap(what="services of east", reason="403 Forbidden", kind="forbidden", type="core/Service")
    assert say(rule(HAS_SERVICE), ours, gaps=(gap,), covers=frozenset({"core/service"})) == ["unknown"]


def test_a_cluster_that_was_not_read_is_no_reason_in_another_but_may_hide_what_azure_relates_to() -> None:
    gap = Gap(what="/clusters/west", reason="unreachable", type="core/Service")
    covers = frozenset({"core/service"})
    for cluster, outcome in (("east", "fail"), ("west", "unknown")):
        assert say(rule(HAS_SERVICE), k8s("Deployment", "d", cluster, service="s"), gaps=(gap,), covers=covers) == [
            outcome
        ]
    condition = {"related": {"type": "core/Service", "match": {"theirs": "metadata.name", "ours": "name"}}}
    vault = Resource("Microsoft.KeyVault/vaults", {"id": "/subscriptions/s/v", "name": "v"}, Origin())
    assert say(rule(condition, "Microsoft.KeyVault/vaults"), vault, gaps=(gap,), covers=covers) == ["unknown"]


def test_a_gap_on_one_resource_leaves_the_others_known() -> None:
    condition = {
        "related": {"type": "Microsoft.Insights/diagnosticSettings", "match": {"theirs": "parentId", "ours": "id"}}
    }
    one = rule(condition, "Microsoft.KeyVault/vaults")
    base = "/subscriptions/s/resourceGroups/r/providers/Microsoft.KeyVault/vaults/"
    gap = Gap(what=f"{base}v1", reason="403 Forbidden", type="Microsoft.Insights/diagnosticSettings")
    covers = frozenset({"microsoft.insights/diagnosticsettings"})
    for name, outcome in (("V1", "unknown"), ("v2", "fail")):
        vault = Resource("Microsoft.KeyVault/vaults", {"id": base + name, "name": name}, Origin())
        assert say(one, vault, gaps=(gap,), covers=covers) == [outcome]


def test_a_change_answers_only_rules_that_can_be_decided_on_it() -> None:
    exists = {"field": "spec", "exists": True}
    assert say(rule(exists), k8s("Deployment", "d", source="manifest")) == []
    for source in ("manifest", "plan", "template"):
        assert say(rule(exists, sources=("live", "manifest")), k8s("Deployment", "d", source=source)) == ["pass"]


def test_kinds_of_removed_groups_are_judged_as_what_they_are_now() -> None:
    body = {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "old"}}
    assert say(rule({"field": "spec", "exists": True}), Resource(kubernetes_type(body), body, Origin())) == ["fail"]


def test_what_may_be_related_is_asked_for_each_resource_where_the_answer_depends_on_it() -> None:
    """The name of the Service is not known: it may be that of either, but only one is of the port of the Service."""
    where = {
        "allOf": [
            {"field": "spec.ready", "notEquals": False},
            {"field": "spec.port", "equals": {"field": "$.spec.port"}},
        ]
    }
    related = {"type": "core/Service", "match": {"theirs": "spec.key", "ours": "spec.service"}, "where": where}
    bound = bind(rule({"related": related}), CLOCK)
    relations = Relations([bound], frozenset({"core/service"}))
    relations.add(k8s("Service", "s", key=Unknown("known after apply"), port=1))
    relations.add(k8s("Service", "t", key=Unknown("known after apply"), port=2, ready=False))
    judge = Judge([bound], relations)
    asking = [k8s("Deployment", f"d{port}", service="s", port=port) for port in (2, 1, 2, 1)]
    lines = [line for one in asking for line in judge.findings(one)]
    found = [msgspec.json.decode(line, type=Finding).outcome.value for line in lines]
    assert found == ["fail", "unknown", "fail", "unknown"]


def test_evidence_names_the_keys_of_an_object_and_not_what_they_hold() -> None:
    none = rule({"field": "spec.labels", "notContainsKey": "snippet"})
    each = rule({"field": "spec.parts[*].labels", "notContainsKey": "snippet"})
    labels = {"a": "b", "snippet": "set Authorization 'Basic hunter2'"}
    rules = [bind(none, CLOCK), bind(each, CLOCK)]
    judge = Judge(rules, Relations(rules), patience=10)
    for _ in range(20):  # by the interpreter at first, then by generated code
        found = [
            msgspec.json.decode(line, type=Finding)
            for line in judge.findings(k8s("Deployment", "d", labels=labels, parts=[{"labels": labels}]))
        ]
        assert [(f.evidence[0].path, f.evidence[0].actual) for f in found] == [
            ("spec.labels", ["a", "snippet"]),
            ("spec.parts[0].labels", ["a", "snippet"]),
        ]
