"""Which pods the network policies of Kubernetes, Cilium, Calico and administrators isolate, as their vendors say."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.kubernetes import calico_selectors
from auditor.kubernetes.label_selectors import selects
from auditor.kubernetes.policy_isolation import isolates
from auditor.kubernetes.policy_labels import endpoint_labels, namespace_labels
from auditor.model.resource import MISSING, Origin, Resource, Unknown

HIDDEN = Unknown("not readable")
SHOP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"team": "a"}},
}
NAMESPACE = Resource("core/Namespace", SHOP, Origin())
POD = Resource(
    "core/Pod",
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop", "labels": {"app": "web"}}},
    Origin(),
)
VERSIONS = {
    "NetworkPolicy": "networking.k8s.io/v1",
    "CiliumNetworkPolicy": "cilium.io/v2",
    "GlobalNetworkPolicy": "projectcalico.org/v3",
    "AdminNetworkPolicy": "policy.networking.k8s.io/v1alpha1",
    "ClusterNetworkPolicy": "policy.networking.k8s.io/v1alpha2",
}


def sides(kind: str, spec: Any) -> str:
    """The directions from which all pods of the namespace are isolated; with `?` where that is not known."""
    version = VERSIONS[kind]
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "shop"}, "spec": spec}
    found = isolates(Resource(f"{version.partition('/')[0]}/{kind}", body, Origin(), partial=True))
    said = []
    for one in found:
        if isinstance(one, Unknown):
            return "?"
        answers = [_fits(one["namespaces"], namespace_labels(NAMESPACE))]
        answers.append(_fits(one["endpoints"], endpoint_labels(NAMESPACE)))
        if False not in answers:
            said.append(one["direction"] + ("?" if any(isinstance(answer, Unknown) for answer in answers) else ""))
    return " ".join(said)


def _fits(selector: Any, labels: Any) -> Any:
    return selector if isinstance(selector, Unknown) else selects(selector, labels)


EVERYBODY = {"namespaces": {}}
ANYWHERE = {"networks": ["0.0.0.0/0"]}
DENY = {"action": "Deny", "from": [EVERYBODY]}
OF_THE_NAMESPACE = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop"}}


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("NetworkPolicy", HIDDEN, "?"),
        ("NetworkPolicy", {}, "Ingress"),
        ("NetworkPolicy", {"podSelector": {}, "egress": [{"to": [{"podSelector": {}}]}]}, "Ingress Egress"),
        ("NetworkPolicy", {"podSelector": {}, "egress": []}, "Ingress"),
        ("NetworkPolicy", {"podSelector": {}, "policyTypes": []}, "Ingress"),
        ("NetworkPolicy", {"podSelector": {}, "policyTypes": ["Egress"]}, "Egress"),
        ("NetworkPolicy", {"podSelector": {}, "policyTypes": HIDDEN}, "Ingress? Egress?"),
        ("NetworkPolicy", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": HIDDEN}]}, "Ingress?"),
        ("NetworkPolicy", {"podSelector": {}, "ingress": [{"from": []}]}, ""),
        ("NetworkPolicy", {"podSelector": HIDDEN}, "Ingress?"),
        ("NetworkPolicy", {"podSelector": {"matchLabels": {"app": "web"}}}, ""),
        ("CiliumNetworkPolicy", {"endpointSelector": {}, "ingress": [{}], "egress": [{}]}, "Ingress Egress"),
        ("CiliumNetworkPolicy", {"endpointSelector": {}, "ingress": [], "egress": [{}]}, "Egress"),
        ("CiliumNetworkPolicy", {"endpointSelector": {}, "egressDeny": [{"toEntities": ["world"]}]}, "Egress"),
        (
            "CiliumNetworkPolicy",
            {"endpointSelector": {}, "egress": [{}], "enableDefaultDeny": {"egress": False, "ingress": True}},
            "Ingress",
        ),
        (
            "CiliumNetworkPolicy",
            {"endpointSelector": {}, "egress": [{}], "enableDefaultDeny": HIDDEN},
            "Ingress? Egress?",
        ),
        ("CiliumNetworkPolicy", {"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}]}, ""),
        (
            "CiliumNetworkPolicy",
            {"endpointSelector": {}, "ingress": [{"fromEntities": ["all"], "toPorts": [{"ports": [{"port": "80"}]}]}]},
            "Ingress",
        ),
        ("CiliumNetworkPolicy", {"endpointSelector": {"matchLabels": {"reserved:ingress": ""}}, "ingress": [{}]}, ""),
        ("CiliumNetworkPolicy", {"endpointSelector": OF_THE_NAMESPACE, "ingress": [{}]}, "Ingress"),
        ("CiliumNetworkPolicy", {"nodeSelector": {}, "ingress": [{}]}, ""),
        ("GlobalNetworkPolicy", {}, "Ingress"),
        ("GlobalNetworkPolicy", {"selector": "", "egress": [{"action": "Allow", "protocol": "UDP"}]}, "Egress"),
        ("GlobalNetworkPolicy", {"types": ["Ingress", "Egress"], "ingress": [{"action": "Allow"}]}, "Egress"),
        ("GlobalNetworkPolicy", {"types": ["Ingress"], "ingress": [{"action": "Pass", "source": {}}]}, ""),
        ("GlobalNetworkPolicy", {"types": ["Ingress"], "ingress": [{"action": "Log"}]}, "Ingress"),
        ("GlobalNetworkPolicy", {"types": ["Ingress"], "ingress": HIDDEN}, "Ingress?"),
        ("GlobalNetworkPolicy", {"types": ["Ingress"], "tier": "platform"}, "Ingress?"),
        ("GlobalNetworkPolicy", {"types": ["Ingress"], "tier": "platform", "ingress": [{"action": "Deny"}]}, "Ingress"),
        ("GlobalNetworkPolicy", {"preDNAT": True, "applyOnForward": True}, ""),
        ("GlobalNetworkPolicy", {"doNotTrack": True}, ""),
        ("GlobalNetworkPolicy", {"serviceAccountSelector": "role == 'db'"}, "Ingress?"),
        ("GlobalNetworkPolicy", {"selector": "!has(skip)"}, "Ingress?"),
        ("GlobalNetworkPolicy", {"namespaceSelector": "team == 'a'"}, "Ingress"),
        ("GlobalNetworkPolicy", {"namespaceSelector": "team != 'a'"}, ""),
        ("AdminNetworkPolicy", {"subject": EVERYBODY, "ingress": [DENY]}, "Ingress"),
        ("AdminNetworkPolicy", {"subject": EVERYBODY, "ingress": [{**DENY, "ports": [{"portNumber": {}}]}]}, ""),
        ("AdminNetworkPolicy", {"subject": EVERYBODY, "ingress": [{**DENY, "action": "Pass"}, DENY]}, ""),
        ("AdminNetworkPolicy", {"subject": EVERYBODY, "egress": [{"action": "Deny", "to": [ANYWHERE]}]}, "Egress"),
        ("AdminNetworkPolicy", {"subject": EVERYBODY, "egress": [{"action": "Deny", "to": [EVERYBODY]}]}, ""),
        ("AdminNetworkPolicy", {"subject": EVERYBODY}, ""),
        ("AdminNetworkPolicy", {"ingress": [DENY]}, ""),
        ("AdminNetworkPolicy", {"subject": HIDDEN, "ingress": [DENY]}, "Ingress? Egress?"),
        ("AdminNetworkPolicy", {"subject": {"namespaces": {"matchLabels": {"team": "b"}}}, "ingress": [DENY]}, ""),
        (
            "ClusterNetworkPolicy",
            {
                "tier": "Baseline",
                "subject": {"pods": {"namespaceSelector": {}, "podSelector": {}}},
                "ingress": [{"action": "Deny", "from": [{"pods": {"namespaceSelector": {}, "podSelector": {}}}]}],
            },
            "Ingress",
        ),
        (
            "ClusterNetworkPolicy",
            {
                "subject": {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}},
                "ingress": [DENY],
            },
            "",
        ),
    ],
)
def test_what_policies_isolate(kind: str, spec: Any, expected: str) -> None:
    assert sides(kind, spec) == expected


def test_other_things_isolate_nothing() -> None:
    assert isolates(POD) is MISSING
    service = Resource("core/Service", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}, Origin())
    assert endpoint_labels(service) is MISSING
    assert namespace_labels(service) is MISSING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("all()", True),
        ("!all()", False),
        ("global()", False),
        ("app == 'web'", True),
        ("""app != "web" || tier == 'x'""", False),
        ("has(app) && !has(tier)", True),
        ("app in {'api', 'web'}", True),
        ("app in {}", False),
        ("app not in {'api'} && !(app == 'x' || app == 'y')", True),
        ("tier != 'front'", True),
        ("tier not in {'front'}", True),
        ("app starts with 'w' && app ends with 'b' && app contains 'e'", True),
        ("tier contains 'e' || tier starts with '' || tier ends with ''", False),
        ("projectcalico.org/namespace == 'shop'", True),
        ("projectcalico.org/serviceaccount == 'x'", None),
        ("projectcalico.org/serviceaccount == 'x' || all()", True),
        ("projectcalico.org/serviceaccount == 'x' && !all()", False),
        ("!has(projectcalico.org/serviceaccount)", None),
        ("app = 'web'", None),
        ("app == web", None),
        ("app == 'web", None),
        ("app like 'web'", None),
        ("app in 'web'", None),
        ("app in {'web' 'api'}", None),
        ("(app == 'web'", None),
        ("app == 'web')", None),
        ("app", None),
        ("== 'web'", None),
        ("'web'", None),
        ("(" * 100 + "all()" + ")" * 100, None),
    ],
)
def test_selectors_of_calico(text: str, expected: bool | None) -> None:
    found = calico_selectors.selects(text, endpoint_labels(POD))
    assert isinstance(found, Unknown) if expected is None else found is expected


def test_names_that_are_not_known_leave_the_answer_open() -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HIDDEN}}
    labels = namespace_labels(Resource("core/Namespace", body, Origin()))
    assert isinstance(selects({"matchLabels": {"kubernetes.io/metadata.name": "shop"}}, labels), Unknown)
    assert selects({"matchLabels": {"team": "a"}}, labels) is False
    unread = Resource("core/Namespace", {**body, "metadata": HIDDEN}, Origin())
    assert namespace_labels(unread) is endpoint_labels(unread) is HIDDEN


def test_of_its_namespace_a_pod_knows_the_name_alone() -> None:
    labels = namespace_labels(POD)
    assert selects({"matchLabels": {"kubernetes.io/metadata.name": "other"}}, labels) is False
    found = selects({"matchLabels": {"team": "a"}}, labels)
    assert isinstance(found, Unknown)
    assert "not looked up" in found.reason


def test_what_selects_some_pods_of_a_namespace_is_told_apart_from_what_excepts_some() -> None:
    labels = endpoint_labels(NAMESPACE)
    assert selects({"matchLabels": {"app": "web"}}, labels) is False
    excepting = selects({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, labels)
    assert isinstance(excepting, Unknown)
    absent = {"key": "io.cilium.k8s.namespace.labels.legacy", "operator": "DoesNotExist"}
    assert selects({"matchExpressions": [absent]}, labels) is True
    account = selects({"matchLabels": {"io.cilium.k8s.policy.serviceaccount": "x"}}, labels)
    assert isinstance(account, Unknown)
