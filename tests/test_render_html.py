"""The HTML page as text: what it says, that names stay text, that its data is all there."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import html
import json
import re
import zlib
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import audits
import pytest
from browser import page_of
from msgspec.structs import replace

from auditor.history.compare import compare
from auditor.model.audit import Scope
from auditor.model.finding import Evidence, Exemption, Outcome, ResourceRef, Severity
from auditor.model.views import Certificates, TrafficPaths
from auditor.render.html.design import HEIGHT, NODES, SIZE, node_of
from auditor.render.html.frameworks import frameworks
from auditor.render.options import Earlier, Past
from auditor.ruleset.loader import load_rules


class Elements(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def data_of(page: str) -> Any:
    found = re.search(r'id="data">([^<]*)<', page)
    assert found
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


def column(table: dict[str, Any], name: str, count: int) -> list[int]:
    packed = table[name]
    return [packed] * count if isinstance(packed, int) else packed


def test_hostile_names_stay_text() -> None:
    elements = Elements(page_of(*audits.small()))
    assert "img" not in elements.tags
    assert (elements.tags.count("script"), elements.tags.count("style")) == (2, 1)  # one script holds the data
    names = {name for name, _ in elements.attributes}
    assert not {name for name in names if name.startswith("on")} and "style" not in names and "src" not in names
    assert {value for name, value in elements.attributes if name == "href" and not str(value).startswith("#")} == set()


def test_only_web_addresses_become_links() -> None:
    (rule,) = [rule for rule in data_of(page_of(*audits.small()))["rules"] if "backend-https" in rule["id"]]
    assert rule["references"] == [
        ["javascript:alert(1)", False],
        ["https://learn.microsoft.com/azure/application-gateway/ssl-overview", True],
    ]


def test_policy_names_exactly_our_style_and_script() -> None:
    page = page_of(*audits.small())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    directives = dict(part.strip().split(" ", 1) for part in policy[1].replace("&#39;", "'").split(";"))
    assert directives["default-src"] == "'none'"
    for name in ("style", "script"):
        text = re.search(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        assert text
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert directives[f"{name}-src"] == f"'sha256-{digest}'"


def test_the_first_screen_says_what_matters() -> None:
    page = page_of(*audits.small())
    assert "4 failures: 1 critical, 2 high and 1 medium." in page
    assert "1 unknown, and why" in page
    assert "2 gaps: what could not be read" in page
    assert "1 rule met nothing to judge" in page
    assert "1 rule could not run" in page
    assert "Set the protocol of each backend setting to Https." in page


def test_the_page_says_what_became_of_the_elements_of_the_input() -> None:
    page = page_of(*audits.small())
    assert page.count("Input: 12 elements · 6 resources · 2 gaps · 1 duplicate · 3 not evaluated") == 2
    assert "not evaluated: data source" in page
    assert "data.azurerm_subnet.x" in page
    assert "and 1 more</small>" in page
    made, findings = audits.small()
    made.accounting = None
    assert "Input:" not in page_of(made, findings)


def test_nothing_evaluated_is_loud() -> None:
    page = page_of(*audits.nothing())
    assert 'class="verdict nothing"' in page and "Nothing was evaluated." in page
    assert "This is not a good result" in page and "because nothing was evaluated" in page


def test_the_page_carries_every_finding() -> None:
    audit, findings = audits.many(3000, rules=10)
    data = data_of(page_of(audit, findings))
    assert data["count"] == 3000 and data["resourceCount"] == 3000
    resources, total = data["resources"], 0
    steps, rules = (column(data["findings"], name, 3000) for name in ("resource", "rule"))
    for finding, step, rule in zip(findings, steps, rules, strict=True):
        total += step
        folder, tail = (data["texts"][column(resources, name, 3000)[total]] for name in ("folder", "tail"))
        assert (folder + tail, data["rules"][rule]["id"]) == (finding.resource.id, finding.rule_id)


def test_the_plain_list_is_cut_truthfully() -> None:
    page = page_of(*audits.many(3000, rules=10))
    assert page.count('<tr role="row" data-outcome=') == 400
    assert "400 of 3,000 findings are shown here" in page
    assert page.count("and 260 more") == 10


def test_long_values_are_cut() -> None:
    page = page_of(*audits.small())
    texts = data_of(page)["texts"]
    assert any("x" * 250 in text for text in texts) and not any("x" * 301 in text for text in texts)
    assert "x" * 301 not in page


def test_outcomes_can_be_chosen() -> None:
    page = page_of(*audits.small(), outcomes=frozenset({Outcome.PASS}))
    assert re.findall(r'data-outcome="(\w+)"', page) == ["pass"]
    assert data_of(page)["count"] == 1


def test_failures_that_are_left_out_are_not_denied() -> None:
    page = page_of(*audits.small(), outcomes=frozenset({Outcome.UNKNOWN}))
    assert "The failures are left out of this report" in page and "Nothing failed" not in page
    assert "outcome=fail&amp;severity" not in page  # no link to a list without them
    assert 'href="#findings?outcome=unknown"' in page


def test_what_changed_is_on_the_first_screen() -> None:
    rule = audits.rule()
    scope = Scope(subscriptions=(audits.SUBSCRIPTION,), resources=3, resource_types={"Microsoft.KeyVault/vaults": 3})
    before = audits.audit_of(
        [rule],
        [audits.finding(rule, audits.vault("old")), audits.finding(rule, audits.vault("mended"))],
        scope=scope,
        as_of=audits.AS_OF - dt.timedelta(days=7),
    )
    now = audits.audit_of(
        [rule],
        [
            audits.finding(rule, audits.vault("old")),
            audits.finding(rule, audits.vault("mended"), Outcome.PASS),
            audits.finding(rule, audits.vault("fresh")),
        ],
        scope=scope,
    )
    page = page_of(*now, baseline=Earlier(*before), changes=compare(before, now))
    assert "Since 2025-01-08 08:00 UTC" in page
    assert "<b>1 new</b>" in page and "<b>1 resolved</b>" in page and "<b>mended</b>" in page
    data = data_of(page)
    assert [data["marks"][mark] for mark in data["findings"]["mark"]] == ["", "new"]


def test_owners_and_history_are_shown_when_given() -> None:
    rule = audits.rule()
    made = audits.audit_of([rule], [audits.finding(rule, audits.vault("kv-1"), owner="Team <Data>")])
    past = Past(audits.AS_OF - dt.timedelta(days=1), {"critical": 3})
    page = page_of(*made, history=(past,))
    assert "Team &lt;Data&gt;" in page and data_of(page)["owners"] == ["", "Team <Data>"]
    assert "Failures over time" in page and "2025-01-14: 3 failed" in page


def test_frameworks_count_and_invent_nothing() -> None:
    failing, idle = audits.rule(), audits.rule("azure.key-vault.idle", controls={"mcsb": ("DP-3",), "ours": ("A1",)})
    audit, _ = audits.audit_of([failing, idle], [audits.finding(failing, audits.vault("kv-1"))])
    found = {item["key"]: item for item in frameworks(audit)}
    states = {item["id"]: item["state"] for item in found["mcsb"]["requirements"]}
    assert (states["DP-8"], states["DP-3"], states["AM-1"]) == ("fail", "none", "manual")
    assert found["ours"]["requirements"][0]["id"] == "A1"  # of a framework that is not bundled
    assert found["mcsb"]["extents"]["partly"] == 2 and found["cis-azure-6.0"]["extents"]["yes"] == 1
    assert "%" not in json.dumps(found)


def test_every_bundled_rule_has_its_place_in_the_drawing() -> None:
    assert {rule.component for rule in load_rules() if node_of(rule.component).key == "other"} == set()
    assert node_of("azure/key-vault-managed").key == "other"
    boxes = [(node.x, node.y, node.x + node.width, node.y + HEIGHT) for node in NODES]
    for number, (left, top, right, bottom) in enumerate(boxes):
        assert 0 <= left < right <= SIZE[0] and 0 <= top < bottom <= SIZE[1]
        for a, b, c, d in boxes[number + 1 :]:
            assert right <= a or c <= left or bottom <= b or d <= top, (NODES[number], (a, b))


@pytest.mark.parametrize("severity", list(Severity))
def test_a_component_says_its_state_in_words(severity: Severity) -> None:
    rule = audits.rule(severity=severity)
    page = page_of(*audits.audit_of([rule], [audits.finding(rule, audits.vault("kv-1"))]))
    assert f'aria-label="Key Vault: 1 {severity} failed"' in page


def test_a_component_with_accepted_failures_alone_is_not_shown_as_well() -> None:
    accepted = Exemption(category="waiver", owner="Ann", reason="moving", expires_on="2025-09-01")
    found = [
        audits.finding(audits.rule(), audits.vault("kv-1"), Outcome.EXEMPT, exemption=accepted),
        audits.finding(audits.rule(), audits.vault("kv-2"), Outcome.PASS),
    ]
    page = page_of(*audits.audit_of([audits.rule()], found))
    assert 'class="node exempt" aria-label="Key Vault: 1 exempt, 1 passed"' in page


def test_who_has_failures_to_mend_is_on_the_first_screen() -> None:
    low, high = audits.rule("azure.key-vault.low", Severity.LOW), audits.rule()
    found = [audits.finding(low, audits.vault(f"kv-{n}"), owner="team <a>") for n in range(3)]
    found += [audits.finding(high, audits.vault("kv-7"), owner="team b"), audits.finding(low, audits.vault("kv-8"))]
    page = page_of(*audits.audit_of([low, high], found))
    section = page.split('id="owners"')[1].split("</section>")[0]
    assert re.findall(r">([^<]+)</a> (\d+)", section) == [
        ("team b", "1"),
        ("team &lt;a&gt;", "3"),
        ("nobody is named", "1"),
    ]
    assert 'href="#findings?outcome=fail&amp;owner=team%20b"' in section and 'owner=-"' in section
    assert 'id="owners"' not in page_of(*audits.many(10))  # nobody is named at all


def test_rules_that_met_nothing_say_why() -> None:
    kinds = {
        "unsought": "Microsoft.Sql/servers",
        "absent": "Microsoft.Web/sites",
        "met": "Microsoft.KeyVault/vaults",
        "derived": "auditor/certificate",
    }
    rules = [audits.rule(f"azure.area.{name}", resource=(kind,)) for name, kind in kinds.items()]
    scope = Scope(
        resources=2,
        resource_types={"microsoft.keyvault/Vaults": 2},
        looked_for=("microsoft.keyvault/vaults", "microsoft.web/sites"),
    )
    page = page_of(*audits.audit_of(rules, [], scope=scope))
    told = page.split("4 rules met nothing to judge</h3>")[1].split("</section>")[0]
    assert re.findall(r"<h4>([^:]+): 1 rule</h4>", told) == [
        "The type that they judge was not looked for",
        "No resource of the type was read",
        "Resources of the type were read, but none to which they apply",
        "Nothing of the kind follows from what was read",
    ]
    assert "2 × Microsoft.KeyVault/vaults" in told and "× Microsoft.Web/sites" not in told


def test_unknown_answers_are_told_by_few_reasons_that_lead_to_them() -> None:
    rule = audits.rule()
    gaps = [
        f"properties.hops[{n % 3}].protection: owner of 10.0.0.{n}: nothing that was read has it" for n in range(40)
    ]
    gaps += ["reading it was forbidden (403)", "reading it was forbidden (403)", "reading it was forbidden (404)"]
    found = [audits.finding(rule, audits.vault(f"kv-{n}"), Outcome.UNKNOWN, gap=gap) for n, gap in enumerate(gaps)]
    page = page_of(*audits.audit_of([rule], found))
    first = page.split("43 unknown, and why")[1].split("</ul>")[0]
    assert re.findall(r"<li>([^<]+) <a", first) == [
        "40 × owner of …: nothing that was read has it",
        "2 × reading it was forbidden (403)",
        "1 × reading it was forbidden (404)",
    ]
    data = data_of(page)
    links = [unquote(html.unescape(link)) for link in re.findall(r'href="([^"]+)"', first)]
    assert [link.partition("&reason=")[2] for link in links] == data["reasons"][1:]
    assert Counter(data["findings"]["reason"]) == {1: 40, 2: 2, 3: 1}


def test_what_would_answer_what_is_unknown_is_told_beside_it() -> None:
    rule = audits.rule()
    unknown = audits.finding(rule, audits.vault("kv"), Outcome.UNKNOWN, gap="no microsoft.sql/servers was collected")
    audit, findings = audits.audit_of([rule], [unknown])
    export = page_of(audit, findings)
    assert "None of it counts as passed. <code>auditor collect --all --output snap/</code> for what an export" in export
    audit.scope = replace(audit.scope, change=True)
    assert "<code>--against SNAPSHOT</code>" in page_of(audit, findings)
    assert "None of it counts as passed" not in page_of(*audits.clean())


def test_exemptions_that_end_soon_are_on_the_first_screen() -> None:
    def accepted(until: str) -> Exemption:
        return Exemption(category="waiver", owner="Ann <b>", reason="moving", expires_on=until)

    found = [
        audits.finding(audits.rule(), audits.vault(f"kv-{n}"), Outcome.EXEMPT, exemption=accepted(until))
        for n, until in enumerate(["2025-02-10", "2025-02-10", "2025-09-01", "when it suits"])
    ]
    page = page_of(*audits.audit_of([audits.rule()], found))
    assert "2 accepted until 2025-02-10 (26 days) by <b>Ann &lt;b&gt;</b>: moving" in page
    assert "2025-09-01 (" not in page and "when it suits (" not in page
    assert "Ends soon" not in page_of(*audits.clean())


def test_certificates_have_a_calendar_and_a_table() -> None:
    page = page_of(*audits.small())
    assert '1</b> <span class="badge critical">expired' in page
    assert "3 days ago" in page and "reading it was forbidden (403)" in page
    assert "and 1 more in the JSON report" in page
    assert page.count('class="bar-of"') == 3
    assert 'id="certificates"' not in page_of(*audits.clean())


@pytest.mark.parametrize(
    ("hours", "said"),
    [(-32, "1 day ago"), (-9, "1 day ago"), (-1, "today"), (1, "today"), (16, "1 day"), (40, "2 days")],
)
def test_days_of_certificates_are_counted_by_their_dates(hours: int, said: str) -> None:
    rule, ends = audits.rule(), audits.AS_OF + dt.timedelta(hours=hours)  # the audit is of 08:00
    listed = (audits.certificate("api.example.org", 0, not_after=ends),)
    page = page_of(*audits.audit_of([rule], [], certificates=Certificates(total=1, listed=listed)))
    assert f"<small>{said}</small>" in page


def test_paths_say_how_each_hop_is_protected() -> None:
    rule = audits.rule("paths.no-plain-text", resource=("auditor/trafficPath",))
    path = audits.path("plaintext", "/orders/*")
    evidence = (Evidence(path="properties.hops[2].protection", actual="plaintext", expected="mutual"),)
    of = ResourceRef(id=path.id, type="auditor/trafficPath", name=path.name)
    made = audits.audit_of(
        [rule], [audits.finding(rule, of, evidence=evidence)], paths=TrafficPaths(total=1, listed=(path,))
    )
    page = page_of(*made)
    assert '"line">plain text</b>' in page and '"line">not known</b>' in page and "&lt;b&gt;forbidden" in page
    assert 'href="#findings?resource=/trafficPaths/api/orders/%2A&amp;q=properties.hops[2]"' in page
    assert "Could not be followed: Service cart: no pods were collected" in page
    assert page.count("properties.hops[") == 1  # hops without failures have no link
