"""Names that try to become something else in some format, and an audit that is full of them."""

from __future__ import annotations

import audits

from auditor.model.audit import Audit
from auditor.model.finding import Evidence, Exemption, Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.model.resource import Origin
from auditor.model.rule import Remediation

NAMES = (
    audits.HOSTILE,
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3|cmd",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    'a"b,c\r\nd',
    "]]></failure><testcase name='x'/><!--",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "\x00\x08\x0b\x1b[31m\ufffe\uffff\u2028\u202e",
    "`` ` ```",
    "`",
    " ",
    "*x* _y_ ~~z~~ [a](http://evil.example) ![i](http://evil.example/i.png) <b>b</b> &lt; | cell | \\",
    "@octocat @org/team #12 GH-12 !34 user@example.org https://evil.example www.evil.example",
    "# heading\n\n- list\n\n```\ncode",
    "::error file=x::injected\n::set-output name=a::b",
    "%0A::stop-commands::x",
    "a%25b,c:d;e=f\nverdict=clean",
    "x" * 40_000,
    "😀 Ünïcode 名前",
)


def audit() -> tuple[Audit, Findings]:
    """Each name at every place that comes from outside, with every outcome that shows it."""
    rules, findings = [], []
    for number, name in enumerate(NAMES):
        rule = audits.rule(
            f"azure.area.rule-{number:02}",
            list(Severity)[number % 5],
            title=name,
            rationale=name,
            remediation=Remediation(text=name, azcli=name),
            controls={name: (name,)},
            references=(name, "javascript:alert(1)"),
        )
        rules.append(rule)
        resource = ResourceRef(
            id=f"/subscriptions/{audits.SUBSCRIPTION}/resourceGroups/{name}/providers/A/b/{name}",
            type="A/b",
            name=name,
            subscription_id=audits.SUBSCRIPTION,
            resource_group=name,
            namespace=name,
        )
        evidence = (Evidence(path=name, actual={name: name}, expected=name),)
        exemption = Exemption(category="waiver", owner=name, reason=name, expires_on=name)
        origin = Origin(source="manifest", file=name, line=number, address=name)
        more = {"element": name, "message": name, "evidence": evidence, "origin": origin}
        findings += [
            audits.finding(rule, resource, Outcome.FAIL, fingerprint=f"{number:032}", **more),
            audits.finding(rule, resource, Outcome.UNKNOWN, fingerprint=f"1{number:031}", gap=name, **more),
            audits.finding(rule, resource, Outcome.EXEMPT, fingerprint=f"2{number:031}", exemption=exemption, **more),
        ]
    gaps = [Gap(what=name, reason=name, type=name) for name in NAMES]
    return audits.audit_of(rules, findings, gaps=gaps)


def earlier() -> tuple[Audit, Findings]:
    """The same audit, a week before, in which nothing was wrong."""
    return audits.audit_of([audits.rule("azure.area.rule-00")], [])
