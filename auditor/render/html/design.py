"""The reference design as a drawing: which component stands where, and how it is doing, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from auditor.model.audit import Audit, Counts, RuleRun
from auditor.model.finding import Severity


class Node(NamedTuple):
    """A component of the design: its name, the folders of its rules, and its box in the drawing."""

    key: str
    title: str
    folders: tuple[str, ...]
    x: int
    y: int
    width: int = 184


HEIGHT: Final = 52
SIZE: Final = (1210, 530)
"""Width and height of the drawing."""
_NETWORK_SECURITY: Final = ("azure/network-security-group", "azure/network-security-perimeter")
_INGRESS: Final = ("kubernetes/ingress", "kubernetes/service", "kubernetes/gateway")
_SQL: Final = ("azure/sql", "azure/sql-managed-instance", "azure/postgresql", "azure/mysql")
_OTHER_DATA: Final = tuple(
    f"azure/{name}" for name in ("redis", "service-bus", "event-hub", "app-configuration", "ai-services", "ai-search")
)
NODES: Final = (
    Node("paths", "Traffic paths", ("paths",), 150, 12, 376),
    Node("front-door", "Front Door", ("azure/front-door",), 12, 12, 120),
    Node("certificates", "Certificates", ("certificates",), 560, 12, 392),
    Node("application-gateway", "Application Gateway", ("azure/application-gateway",), 150, 114),
    Node("waf", "WAF policy", ("azure/waf-policy",), 150, 174),
    Node("api-management", "API Management", ("azure/api-management", "apis"), 358, 114, 168),
    Node("app-service", "App Service", ("azure/app-service",), 358, 174, 168),
    Node("aks", "AKS cluster", ("azure/kubernetes-service",), 560, 122, 186),
    Node("ingress", "Ingress and services", _INGRESS, 560, 188, 186),
    Node("pods", "Pods and namespaces", ("kubernetes",), 560, 254, 186),
    Node("private-endpoint", "Private endpoints", ("azure/private-endpoint", "private-connectivity"), 782, 188, 170),
    Node("virtual-network", "Virtual networks", ("azure/virtual-network", "azure/firewall"), 150, 250),
    Node("network-security-group", "Security groups", _NETWORK_SECURITY, 358, 250, 168),
    Node("private-dns", "Private DNS", ("azure/private-dns",), 150, 310),
    Node("public-ip", "Public addresses", ("azure/public-ip", "azure/load-balancer"), 358, 310, 168),
    Node("container-registry", "Container Registry", ("azure/container-registry",), 1006, 34, 192),
    Node("key-vault", "Key Vault", ("azure/key-vault",), 1006, 94, 192),
    Node("sql", "SQL databases", _SQL, 1006, 154, 192),
    Node("cosmos-db", "Cosmos DB", ("azure/cosmos-db",), 1006, 214, 192),
    Node("storage", "Storage", ("azure/storage",), 1006, 274, 192),
    Node("other-data", "Cache, messages, AI", _OTHER_DATA, 1006, 334, 192),
    Node("identity", "Identity", ("azure/identity", "azure/entra"), 12, 412, 288),
    Node("policy", "Policy and deployments", ("azure/policy", "azure/deployment"), 311, 412, 288),
    Node("defender", "Defender for Cloud", ("azure/defender",), 610, 412, 288),
    Node("monitor", "Monitor", ("azure/monitor",), 909, 412, 289),
    Node("log-analytics", "Log Analytics", ("azure/log-analytics", "azure/log-evidence"), 12, 472, 288),
    Node("application-insights", "Application Insights", ("azure/application-insights",), 311, 472, 288),
    Node("sentinel", "Sentinel", ("azure/sentinel",), 610, 472, 288),
    Node("bastion", "Bastion and machines", ("azure/bastion", "azure/virtual-machine"), 909, 472, 289),
)
OTHER: Final = Node("other", "Not in the design", (), 0, 0)
"""What the rules of others judge: it is counted, and has no place in the drawing."""

ARROWS: Final = (
    ("M104 140H146", "clients reach Application Gateway"),
    ("M334 140H354", "Application Gateway reaches API Management"),
    ("M526 140C548 140 536 214 556 214", "API Management reaches the ingress"),
    ("M653 240V251", "the ingress reaches the pods"),
    ("M746 280C768 280 758 214 778 214", "pods reach the private endpoints"),
    *(
        (f"M952 214C986 214 970 {y} 1002 {y}", "private endpoints reach the data services")
        for y in (60, 120, 180, 240, 300, 360)
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
        "short": _short(words, node.width),
        "rules": rules,
        "failures": [{"name": severity.value, "count": number} for severity, number in fails.items()],
        "answers": counts.total,
        "failed": counts.fail,
        "unknown": counts.unknown + counts.error,
        "exempt": counts.exempt,
        "passed": counts.passed,
    }


def _short(words: str, width: int) -> str:
    """As much of the words as fits into a box, in letters of the widest fonts: the table says them all."""
    tries = (words, words.removesuffix(" failed"))
    return next((each for each in tries if len(each) <= (width - 24) / 7.3), words.partition(" of ")[0])


def _state(counts: Counts, fails: dict[Severity, int], rules: int) -> tuple[str, str]:
    worst = next((severity for severity, number in fails.items() if number), None)
    if worst:
        of = "failed" if fails[worst] == counts.fail else f"of {counts.fail:,} failed"
        return worst.value, f"{fails[worst]:,} {worst} {of}"
    if counts.unknown + counts.error:
        return "unknown", f"{counts.unknown + counts.error:,} unknown"
    if counts.exempt:
        return "exempt", f"{counts.exempt:,} exempt, {counts.passed:,} passed"
    if counts.total:
        return "pass", f"{counts.passed:,} passed"
    return "none", "nothing to judge" if rules else "no rules"
