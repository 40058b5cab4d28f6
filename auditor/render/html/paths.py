"""Traffic paths hop by hop: how each is protected, in words, and what fails there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome
from auditor.model.finding_store import Findings
from auditor.model.views import Hop, HopEnd, Protection, TrafficPath
from auditor.render.phrasing import cut, plural, visible

ON_SCREEN: Final = 60
ON_PAPER: Final = 12
PROTECTIONS: Final[dict[Protection, tuple[str, str]]] = {
    "plaintext": ("plain text", "critical"),
    "unknown": ("not known", "unknown"),
    "encryptedUnverified": ("encrypted, not verified", "high"),
    "passthrough": ("TLS passed through", "low"),
    "encryptedVerified": ("encrypted and verified", "pass"),
    "mutual": ("mutual TLS", "pass"),
}
"""Protection → words, and the colour that goes with it."""
_ENDS: Final = {
    "client": "client",
    "applicationGateway": "Application Gateway",
    "trafficController": "Gateway for Containers",
    "apiManagement": "API Management",
    "firewall": "Azure Firewall",
    "frontDoor": "Front Door",
    "ingress": "ingress",
    "service": "service",
    "pods": "pods",
    "appService": "App Service",
    "loadBalancer": "load balancer",
    "host": "host",
    "unknown": "not known",
}
_HOP: Final = re.compile(r"properties\.hops\[(\d+)\]")


def paths(audit: Audit, findings: Findings, failing: Mapping[str, str], most: int) -> dict[str, Any] | None:
    """Every path with its hops; nothing when the audit did not look. `failing`: casefolded id → id of what fails."""
    found = audit.paths
    if found is None or not found.total:
        return None
    failures = _failures(findings)
    shown = found.listed[:most]
    tally = Counter(path.weakest for path in found.listed)
    return {
        "more": found.total - len(shown),
        "tally": [
            {"words": words, "tone": tone, "count": tally[name]}
            for name, (words, tone) in PROTECTIONS.items()
            if tally[name]
        ],
        "paths": [_path(path, failures, failing) for path in shown],
    }


def _failures(findings: Findings) -> Counter[tuple[str, int | None]]:
    """Failures by path and hop; with None those of the path as a whole, and all."""
    counts: Counter[tuple[str, int | None]] = Counter()
    for finding in findings.of(Outcome.FAIL):
        if finding.resource.type.casefold() == "auditor/trafficpath":
            counts[finding.resource.id, None] += 1
            counts.update((finding.resource.id, hop) for hop in _hops(finding))
    return counts


def _hops(finding: Finding) -> set[int]:
    places = [finding.element or "", *(each.path for each in finding.evidence)]
    return {int(found[1]) for place in places for found in [_HOP.search(place)] if found}


def _path(path: TrafficPath, failures: Counter[tuple[str, int | None]], failing: Mapping[str, str]) -> dict[str, Any]:
    words, tone = PROTECTIONS[path.weakest]
    count = failures[path.id, None]
    return {
        "name": visible(cut(path.name)),
        "words": words,
        "tone": tone,
        "failures": plural(count, "failure") if count else "",
        "link": f"#findings?resource={quote(path.id)}" if count else "",
        "start": _end(path.hops[0].source, failing) if path.hops else None,
        "hops": [_hop(hop, number, path, failures, failing) for number, hop in enumerate(path.hops)],
        "missing": [visible(cut(text)) for text in path.missing],
        "bypasses": [visible(cut(text)) for text in path.bypasses],
    }


def _hop(
    hop: Hop, number: int, path: TrafficPath, failures: Counter[tuple[str, int | None]], failing: Mapping[str, str]
) -> dict[str, Any]:
    words, tone = PROTECTIONS[hop.protection]
    count = failures[path.id, number]
    facts = [f"TLS {hop.tls} or newer" if hop.tls else "", hop.certificate or ""]
    facts += [f"ends {hop.not_after:%Y-%m-%d}"] if hop.not_after else []
    return {
        "words": words,
        "tone": tone,
        "kind": hop.protection,
        "says": visible(cut(hop.unknown or hop.says)),
        "facts": [visible(cut(fact)) for fact in facts if fact],
        "via": [visible(cut(text)) for text in hop.via],
        "to": _end(hop.target, failing),
        "failures": plural(count, "failure") if count else "",
        "link": f"#findings?resource={quote(path.id)}&q=properties.hops[{number}]" if count else "",
    }


def _end(end: HopEnd, failing: Mapping[str, str]) -> dict[str, Any]:
    link = failing.get(end.resource.casefold(), "") if end.resource else ""
    return {
        "kind": _ENDS.get(end.kind, visible(cut(end.kind))),
        "name": visible(cut(end.name)),
        "link": f"#findings?resource={quote(link)}" if link else "",
    }
