"""The reference design as a drawing: which component stands where, and how it is doing, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from auditor.model import Audit, Counts, RuleRun, Severity
from auditor.render.words import plural


class Node(NamedTuple):
    """A component of the design: its name, the folders of its rules, and its box in the drawing."""

    key: str
    title: str
    folders: tuple[str, ...]
    x: int
    y: int
    width: int = 176


HEIGHT: Final = 56
_INGRESS: Final = ("kubernetes/ingress", "kubernetes/service", "kubernetes/gateway")
NODES: Final = (
    Node("paths", "Traffic paths", ("paths",), 150, 12, 376),
    Node("certificates", "Certificates", ("certificates",), 550, 12, 376),
    Node("application-gateway", "Application Gateway", ("azure/application-gateway",), 150, 120),
    Node("waf", "WAF policy", ("azure/waf-policy",), 150, 184),
    Node("api-management", "API Management", ("azure/api-management", "apis"), 350, 120),
    Node("aks", "AKS cluster", ("azure/kubernetes-service",), 560, 128, 166),
    Node(
        "ingress",
        "Ingress and services",
        ("kubernetes/ingress", "kubernetes/service", "kubernetes/gateway"),
        560,
        194,
        166,
    ),
    Node("pods", "Pods and namespaces", ("kubernetes",), 560, 260, 166),
    Node("private-endpoint", "Private endpoints", ("azure/private-endpoint", "private-connectivity"), 752, 194, 166),
    Node("virtual-network", "Virtual networks", ("azure/virtual-network", "azure/firewall"), 150, 256),
    Node("network-security-group", "Security groups", ("azure/network-security-group",), 350, 256),
    Node("private-dns", "Private DNS", ("azure/private-dns",), 150, 320),
    Node("public-ip", "Public addresses", ("azure/public-ip", "azure/load-balancer"), 350, 320),
    Node("container-registry", "Container Registry", ("azure/container-registry",), 974, 76, 214),
    Node("key-vault", "Key Vault", ("azure/key-vault",), 974, 140, 214),
    Node("sql", "SQL Database", ("azure/sql",), 974, 204, 214),
    Node("cosmos-db", "Cosmos DB", ("azure/cosmos-db",), 974, 268, 214),
    Node("storage", "Storage", ("azure/storage",), 974, 332, 214),
    Node("identity", "Identity", ("azure/identity",), 12, 442, 142),
    Node("policy", "Azure Policy", ("azure/policy",), 160, 442, 142),
    Node("defender", "Defender for Cloud", ("azure/defender",), 308, 442, 142),
    Node("monitor", "Monitor", ("azure/monitor",), 456, 442, 142),
    Node("log-analytics", "Log Analytics", ("azure/log-analytics", "azure/log-evidence"), 604, 442, 142),
    Node("application-insights", "App Insights", ("azure/application-insights",), 752, 442, 142),
    Node("sentinel", "Sentinel", ("azure/sentinel",), 900, 442, 142),
    Node("bastion", "Bastion", ("azure/bastion",), 1048, 442, 140),
)
OTHER: Final = Node("other", "Not in the design", (), 0, 0)
"""What the rules of others judge: it is counted, and has no place in the drawing."""

ARROWS: Final = (
    ("M104 148H146", "clients reach Application Gateway"),
    ("M326 148H346", "Application Gateway reaches API Management"),
    ("M526 148C546 148 538 222 556 222", "API Management reaches the ingress"),
    ("M643 250V256", "the ingress reaches the pods"),
    ("M726 288C746 288 734 222 748 222", "pods reach the private endpoints"),
    *(
        (f"M918 222C950 222 940 {y} 970 {y}", "private endpoints reach the data services")
        for y in (104, 168, 232, 296, 360)
    ),
)


def node_of(component: str) -> Node:
    """The box that a folder of rules belongs to: the one that names most of its path."""
    best, length = OTHER, 0
    for node in NODES:
        for folder in node.folders:
            if len(folder) > length and (component == folder or component.startswith(folder + "/")):
                best, length = node, len(folder)
    return best


def components(audit: Audit) -> list[dict[str, Any]]:
    """Every component in the order of the drawing: its place, its counts, its state in a word and in words."""
    runs: dict[str, list[RuleRun]] = {node.key: [] for node in NODES}
    for run in audit.rules:
        runs.setdefault(node_of(run.rule.component).key, []).append(run)
    nodes = [*NODES, *([OTHER] if OTHER.key in runs else [])]
    return [_component(node, runs[node.key]) for node in nodes]


def _component(node: Node, runs: Iterable[RuleRun]) -> dict[str, Any]:
    counts, fails, rules = Counts(), dict.fromkeys(Severity, 0), 0
    for run in runs:
        counts.add(run.counts)
        fails[run.rule.severity] += run.counts.fail
        rules += 1
    state, words = _state(counts, fails, rules)
    return {
        **node._asdict(),
        "height": HEIGHT,
        "state": state,
        "words": words,
        "rules": rules,
        "failures": [{"name": severity.value, "count": number} for severity, number in fails.items()],
        "answers": counts.total,
        "failed": counts.fail,
        "unknown": counts.unknown + counts.error,
        "exempt": counts.exempt,
        "passed": counts.passed,
    }


def _state(counts: Counts, fails: dict[Severity, int], rules: int) -> tuple[str, str]:
    worst = next((severity for severity, number in fails.items() if number), None)
    if worst:
        return worst.value, f"{counts.fail:,} failed · {fails[worst]:,} {worst}"
    if counts.unknown + counts.error:
        return "unknown", f"{counts.unknown + counts.error:,} unknown"
    if counts.total:
        return "pass", f"{plural(counts.total, 'answer')}, none failed"
    return "none", "nothing to judge" if rules else "no rules"
