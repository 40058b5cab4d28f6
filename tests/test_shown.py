"""Derived resources as the audit carries them: from the shapes of the lenses."""

from __future__ import annotations

import datetime as dt
from typing import Any

from auditor.lenses import report_views
from auditor.model.resource import Origin, Resource, Unknown
from auditor.model.views import Use


def derived(kind: str, name: str, properties: dict[str, Any]) -> Resource:
    return Resource(kind, {"id": f"/x/{name}", "name": name, "type": kind, "properties": properties}, Origin())


def test_certificates_soonest_end_first() -> None:
    uses = [{"kind": "listener", "name": f"agw/{n}", "resource": "/agw"} for n in range(7)]
    found = report_views.certificates(
        [
            derived("auditor/certificate", "sealed", {"notAfter": Unknown("forbidden"), "uses": []}),
            derived("auditor/certificate", "later", {"notAfter": "2027-01-01T00:00:00Z", "uses": uses}),
            derived("auditor/certificate", "sooner", {"notAfter": "2026-01-01T00:00:00Z", "uses": []}),
            derived("auditor/other", "x", {}),
        ]
    )
    assert (found.total, [each.name for each in found.listed]) == (3, ["sooner", "later", "sealed"])
    assert found.listed[0].not_after == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert found.listed[1].uses[0] == Use(kind="listener", name="agw/0", resource="/agw")
    assert (len(found.listed[1].uses), found.listed[1].more_uses) == (5, 2)
    assert found.listed[2].unread == "forbidden"


def path(name: str, protection: Any) -> Resource:
    hop = {
        "from": {"kind": "client", "name": "Internet"},
        "to": {"kind": "pods", "name": "cart"},
        "protection": protection,
        "tls": Unknown("not said"),
        "certificate": {"name": "api", "notAfter": "2026-01-01T00:00:00Z"},
    }
    properties = {
        "hops": [hop],
        "weakest": {"hop": 0, "protection": protection},
        "missing": [{"hop": 1, "edge": "Service cart", "reason": "not collected"}],
        "bypasses": [{"says": "a public address", "open": True}, {"says": "closed", "open": False}],
    }
    return derived("auditor/trafficPath", name, properties)


def test_paths_least_protected_first() -> None:
    found = report_views.paths([path("c", "mutual"), path("b", Unknown("forbidden")), path("a", "plaintext")])
    assert [(each.name, each.weakest) for each in found.listed] == [
        ("a", "plaintext"),
        ("b", "unknown"),
        ("c", "mutual"),
    ]
    (hop,) = found.listed[1].hops
    assert (hop.protection, hop.unknown, hop.tls) == ("unknown", "forbidden", None)
    assert found.listed[0].missing == ("Service cart: not collected",)
    assert found.listed[0].bypasses == ("a public address",)
