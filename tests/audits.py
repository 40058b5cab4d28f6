"""Small audits made by hand, for the tests of the reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from auditor.model.accounting import Accounting, NotEvaluated
from auditor.model.audit import Audit, Counts, RuleRun, Scope
from auditor.model.finding import Evidence, Excerpt, Exemption, Finding, Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.model.resource import Origin
from auditor.model.rule import Remediation, Rule, RulePack
from auditor.model.views import Certificate, Certificates, Hop, HopEnd, Protection, TrafficPath, TrafficPaths, Use

AS_OF = dt.datetime(2025, 1, 15, 8, 0, tzinfo=dt.UTC)
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[2J\u202e{{7*7}} [x](javascript:alert(1)) =cmd()"


class Kept(Findings):
    """Findings that close themselves, so that a test may simply forget them."""

    def __del__(self) -> None:
        self.__exit__(None, None, None)


def rule(id: str = "azure.key-vault.purge-protection", severity: Severity = Severity.HIGH, **more: Any) -> Rule:
    fields: dict[str, Any] = {
        "id": id,
        "title": f"{id.rpartition('.')[2].replace('-', ' ').capitalize()} is on",
        "severity": severity,
        "resource": ("Microsoft.KeyVault/vaults",),
        "condition": {"field": "properties.enablePurgeProtection", "equals": True},
        "rationale": "Whoever deletes the vault destroys its keys. What they protect is lost.",
        "remediation": Remediation(
            text="Turn purge protection on. It cannot be turned off again.",
            azcli="az keyvault update --name NAME --enable-purge-protection true",
            bicep="properties: {\n  enablePurgeProtection: true\n}",
            terraform="purge_protection_enabled = true",
        ),
        "controls": {"mcsb": ("DP-8",), "cis-azure-6.0": ("8.3.5",)},
        "equivalents": {"checkov": ("CKV_AZURE_110",)},
        "references": ("https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",),
    }
    return Rule(**{**fields, **more})


def vault(name: str, group: str = "rg-data") -> ResourceRef:
    return ResourceRef(
        id=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}",
        type="Microsoft.KeyVault/vaults",
        name=name,
        subscription_id=SUBSCRIPTION,
        resource_group=group,
    )


def deployment(name: str, namespace: str = "shop") -> ResourceRef:
    return ResourceRef(
        id=f"/clusters/prod/namespaces/{namespace}/apps/Deployment/{name}",
        type="apps/Deployment",
        name=name,
        namespace=namespace,
    )


def finding(of: Rule, resource: ResourceRef, outcome: Outcome = Outcome.FAIL, **more: Any) -> Finding:
    fields: dict[str, Any] = {
        "fingerprint": f"{of.id}|{resource.id}|{more.get('element')}".encode().hex()[-32:],
        "rule_id": of.id,
        "outcome": outcome,
        "severity": of.severity,
        "resource": resource,
        "title": of.title,
        "message": "properties.enablePurgeProtection is absent; expected true",
        "origin": Origin(source="live"),
    }
    return Finding(**{**fields, **more})


def certificate(name: str, days: int | None, **more: Any) -> Certificate:
    """A certificate that ends so many days after the audit; None: that could not be read."""
    ends = None if days is None else AS_OF + dt.timedelta(days=days)
    fields: dict[str, Any] = {
        "id": f"/certificates/{name}",
        "name": name,
        "issuer": "CN=Example CA",
        "not_after": ends,
        "warn_from": ends and ends - dt.timedelta(days=60),
        "fail_from": ends and ends - dt.timedelta(days=30),
        "uses": (Use(kind="listener", name=name, resource=vault("kv-2").id.upper()),),
    }
    return Certificate(**{**fields, **more})


def path(weakest: Protection, route: str) -> TrafficPath:
    """A path of three hops, the last of which is the weakest."""
    client = HopEnd(kind="client", name="Internet")
    gateway = HopEnd(kind="applicationGateway", name="agw/api", resource=vault("kv-2").id)
    pods = HopEnd(kind="pods", name="shop/cart")
    hops = (
        Hop(source=client, target=gateway, protection="encryptedVerified", tls="1.2", certificate="api.example.org"),
        Hop(source=gateway, target=HopEnd(kind="service", name="cart"), protection="unknown", unknown="<b>forbidden"),
        Hop(source=HopEnd(kind="service", name="cart"), target=pods, protection=weakest, says="port 8080 is http"),
    )
    name = f"api.example.org{route} → shop/cart"
    return TrafficPath(
        id=f"/trafficPaths/api{route}",
        name=name,
        host="api.example.org",
        route=route,
        weakest=weakest,
        hops=hops,
        missing=("Service cart: no pods were collected",),
        bypasses=("a public address of the ingress",),
    )


def audit_of(
    rules: Iterable[Rule], findings: Iterable[Finding], errors: dict[str, str] | None = None, **more: Any
) -> tuple[Audit, Findings]:
    """An audit whose counts are those of its findings."""
    store, tallies = Kept(), {each.id: dict.fromkeys(Outcome, 0) for each in rules}
    whole, failed, unknown = dict.fromkeys(Outcome, 0), dict[str, int](), dict[str, int]()
    kept = list(findings)
    for each in kept:
        tallies[each.rule_id][each.outcome] += 1
        whole[each.outcome] += 1
        if each.outcome is Outcome.FAIL:
            failed[each.severity] = failed.get(each.severity, 0) + 1
        if each.outcome in (Outcome.UNKNOWN, Outcome.ERROR):
            unknown[each.severity] = unknown.get(each.severity, 0) + 1
    store.extend(kept)
    runs = [RuleRun(rule=each, counts=Counts.of(tallies[each.id]), error=(errors or {}).get(each.id)) for each in rules]
    fields: dict[str, Any] = {"tool_version": "1.2.3", "as_of": AS_OF, "scope": Scope(), "gaps": []}
    counts = {"rules": runs, "counts": Counts.of(whole), "fail_counts": failed, "unknown_counts": unknown}
    return Audit(**{**fields, **counts, **more}), store


def nothing() -> tuple[Audit, Findings]:
    """An audit that met no resource."""
    return audit_of([rule()], [])


def clean() -> tuple[Audit, Findings]:
    """An audit in which all is well."""
    return audit_of([rule()], [finding(rule(), vault("kv-1"), Outcome.PASS)], scope=Scope(resources=1))


def small() -> tuple[Audit, Findings]:
    """Every outcome, hostile names, gaps, a rule that met nothing and a rule that could not run."""
    purge = rule()
    https = rule(
        "azure.application-gateway.backend-https",
        Severity.CRITICAL,
        title="Application Gateway must send traffic to its backends over HTTPS",
        resource=("Microsoft.Network/applicationGateways",),
        rationale="Whoever can listen between the gateway and its backend reads every request.",
        remediation=Remediation(text="Set the protocol of each backend setting to Https. Then upload the root.\n"),
        references=("javascript:alert(1)", "https://learn.microsoft.com/azure/application-gateway/ssl-overview"),
    )
    root = rule(
        "kubernetes.run-as-non-root",
        Severity.MEDIUM,
        title="Containers do not run as root",
        resource=("kubernetes/workload",),
        remediation=Remediation(
            text="Set runAsNonRoot.", kubernetes="securityContext:\n  runAsNonRoot: true  # ```not a fence```\n"
        ),
        references=(),
        controls={},
        equivalents={},
    )
    idle = rule("azure.sql.auditing", Severity.LOW)
    broken = rule("azure.storage.tls", Severity.INFO)
    gateway = ResourceRef(
        id=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg net/providers/Microsoft.Network/applicationGateways/agw",
        type="Microsoft.Network/applicationGateways",
        name="agw",
        subscription_id=SUBSCRIPTION,
        resource_group="rg net",
    )
    protocol = (Evidence(path="properties.protocol", actual="Http", expected="Https"),)
    long = {"privileged": True, "note": "x" * 400}
    context = Evidence(path="containers[0].securityContext", actual=long, expected="runAsNonRoot: true")
    exemption = Exemption(
        category="waiver", owner="data@example.org", reason="Migrated in March", expires_on="2025-04-01"
    )
    at = Origin(source="manifest", file="deploy/shop app.yaml", line=12)
    findings = [
        finding(purge, vault("kv-1"), Outcome.PASS, message="properties.enablePurgeProtection is true"),
        finding(purge, vault("kv-2"), owner="Team Data <b>", first_seen=AS_OF - dt.timedelta(days=40)),
        finding(purge, vault(HOSTILE), message=f"named {HOSTILE}", element=HOSTILE),
        finding(purge, vault("kv-3"), Outcome.EXEMPT, exemption=exemption),
        finding(purge, vault("kv-4"), Outcome.UNKNOWN, gap="reading it was forbidden (403)", message="not readable"),
        finding(https, gateway, element="settings-1", message="protocol is Http; expected Https", evidence=protocol),
        finding(https, gateway, Outcome.ERROR, element="settings-2", message="the data broke the rule"),
        finding(root, deployment("cart"), origin=at, message="runs as root", evidence=(context,)),
    ]
    return audit_of(
        [https, purge, root, idle, broken],
        findings,
        errors={broken.id: "it names an operator that does not exist"},
        rule_pack=RulePack(digest="0123456789ab", rules=5),
        certificates=Certificates(
            total=5,
            listed=(
                certificate("api.example.org", -3),
                certificate("<b>portal", 20, renews_at=AS_OF + dt.timedelta(days=5), more_uses=2),
                certificate("later.example.org", 900),
                certificate("sealed", None, unread="reading it was forbidden (403)"),
            ),
        ),
        paths=TrafficPaths(total=2, listed=(path("plaintext", "/orders/*"), path("mutual", "<b>"))),
        excerpts=[
            Excerpt(
                fingerprint=findings[5].fingerprint,
                lines=('"properties": {', '  "protocol": "Http"', "  … 4 more", "}"),
                marked=(1,),
            ),
            Excerpt(fingerprint=findings[2].fingerprint, lines=(f'"name": "{HOSTILE}"',), marked=(0,)),
        ],
        gaps=[
            Gap(what="clusters/test", reason="the API server cannot be reached", kind="unreachable"),
            Gap(what=HOSTILE, reason="forbidden (403)", kind="forbidden", type="Microsoft.KeyVault/vaults"),
        ],
        accounting=Accounting(
            total=12,
            resources=6,
            gaps=2,
            duplicates=1,
            not_evaluated={"data source": NotEvaluated(count=3, examples=[HOSTILE, "data.azurerm_subnet.x"])},
        ),
        scope=Scope(
            inputs=("estate.json",),
            subscriptions=(SUBSCRIPTION,),
            clusters=("prod",),
            resources=6,
            resource_types={"Microsoft.KeyVault/vaults": 5, "apps/Deployment": 1},
        ),
    )


def many(findings: int, rules: int = 100) -> tuple[Audit, Findings]:
    """A large estate: severities in turn, nine in ten failing."""
    severities = list(Severity)
    all_rules = [rule(f"azure.key-vault.question-{n:03}", severities[n % 5]) for n in range(rules)]
    protocol = (Evidence(path="properties.enablePurgeProtection", actual=None, expected="true"),)
    made = (
        finding(
            all_rules[n % rules],
            vault(f"kv-{n}", f"rg-{n % 50}"),
            Outcome.UNKNOWN if n % 10 == 0 else Outcome.FAIL,
            evidence=protocol,
            gap="known only after apply" if n % 10 == 0 else None,
        )
        for n in range(findings)
    )
    return audit_of(all_rules, made, scope=Scope(resources=findings))
