"""Live audits of the local Azure: whole commands, real clients, real host names behind its proxy."""

from __future__ import annotations

import datetime as dt

import orjson
import pytest

from auditor.collect.azure.plan import plan_for
from auditor.evaluate.bound_rule import bind
from auditor.ingest.snapshot import open_snapshot
from auditor.pipeline.collection_requirements import needs_of
from auditor.ruleset.loader import load_rules
from tests.azure.collected import DEMO, OTHER
from tests.azure.command import Meet
from tests.azure.estate import Estate, demo_estate
from tests.azure.fault_plan import Fault
from tests.azure.rights import Rights

pytestmark = pytest.mark.slow


def test_the_demo_estate_live_is_the_demo(meet: Meet) -> None:
    auditor = meet(rights=Rights(opt_in=True))
    also = ("--with", "entra-logs", "--with", "deployment-history")
    auditor("collect", "--subscription", DEMO, *also, "-o", "snap")
    live = auditor.outcomes("scan", "--from", "snap", "--as-of", "2026-11-01")
    demo = {key: value for key, value in auditor.outcomes("demo").items() if not key[1].startswith("/clusters/")}
    missed = {key for key in demo if key not in live}
    # Nobody asks for the diagnostic settings of these types; the certificates of the cluster are not Azure's.
    unasked = ("/databases/", "/blobservices/")
    assert all(
        (rule.startswith("azure.monitor.diagnostic-") and any(part in place for part in unasked))
        or place.startswith("/-/auditor/")
        or rule.startswith(("certificates.", "paths."))
        for rule, place, _ in missed
    ), sorted(missed)
    assert {key: live.get(key) for key in demo if key not in missed} == {k: demo[k] for k in demo if k not in missed}
    assert not auditor.gaps("snap")
    assert not (auditor.folder / "snap.journal").exists()


def test_every_type_that_a_rule_needs_can_be_read() -> None:
    rules = [bind(rule, dt.datetime(2026, 11, 1, tzinfo=dt.UTC)) for rule in load_rules()]
    plan = plan_for(needs_of(rules, rules))
    assert not plan.unsure | {*plan.unreadable}, "say in tables.py or children.py where they are read"


def test_scan_audits_live_as_it_audits_the_snapshot(meet: Meet) -> None:
    auditor = meet()
    rules = ("--select", "azure.key-vault.*", "--select", "azure.sql.*")
    live = auditor.outcomes("scan", "--all", *rules, "--save-snapshot", "snap", "--as-of", "2026-11-01")
    assert live
    assert live == auditor.outcomes("scan", "--from", "snap", *rules, "--as-of", "2026-11-01")


def test_only_what_the_selected_rules_need_is_read(meet: Meet) -> None:
    auditor = meet()
    auditor("collect", "--subscription", DEMO, "--select", "azure.container-registry.admin-user-disabled", "-o", "snap")
    types = {orjson.loads(line)[1].casefold() for line in auditor.lines("snap")}
    assert types <= {"microsoft.resources/subscriptions", "microsoft.containerregistry/registries"}
    assert not auditor.azure.asked("vault.azure.net")
    assert not auditor.azure.asked("Microsoft.ApiManagement")


def test_a_management_group_is_all_below_it(meet: Meet) -> None:
    auditor = meet()
    auditor("collect", "--management-group", "contoso", "--select", "azure.bastion.*", "-o", "snap")
    assert any(b"bastionhosts" in line for line in auditor.lines("snap"))


def test_a_resource_group_is_no_more_than_that(meet: Meet) -> None:
    auditor = meet()
    options = ("--subscription", DEMO, "--resource-group", "RG-network-prod-weu", "--select", "azure.virtual-network.*")
    auditor("collect", *options, "-o", "snap", code=3)
    ids = [orjson.loads(line)[0].casefold() for line in auditor.lines("snap")]
    assert all("/resourcegroups/rg-network-prod-weu/" in f"{place}/" for place in ids if place.count("/") > 2)
    # flow logs lie in another group: whether a network has one is not known
    live = auditor.outcomes("scan", "--from", "snap")
    assert {live[key] for key in live if key[0] == "azure.virtual-network.flow-logs"} == {"unknown"}


def test_a_subscription_that_cannot_be_read_is_a_gap(meet: Meet) -> None:
    auditor = meet()
    options = ("--subscription", DEMO, "--subscription", OTHER, "--select", "azure.bastion.*")
    auditor("collect", *options, "-o", "snap", code=3)
    (gap,) = auditor.gaps("snap")
    assert gap.what == f"/subscriptions/{OTHER}"
    assert auditor.lines("snap")


def test_nothing_that_can_be_read_is_an_error(meet: Meet) -> None:
    auditor = meet(rights=Rights(hidden={DEMO}))
    assert "Reader" in auditor("collect", "--subscription", DEMO, "-o", "snap", code=3)
    assert not (auditor.folder / "snap").exists()


def test_a_right_that_is_missing_is_named(meet: Meet) -> None:
    group = f"/subscriptions/{DEMO}/resourceGroups/rg-data-prod-weu"
    auditor = meet(rights=Rights(denied=[("Microsoft.Sql/servers/auditingSettings/read", group)]))
    auditor("collect", "--all", "--select", "azure.sql.*", "-o", "snap", code=3)
    gaps = [gap for gap in auditor.gaps("snap") if gap.type == "Microsoft.Sql/servers/auditingSettings"]
    assert gaps
    assert all("403" in gap.reason and gap.type + "/read" in gap.reason and gap.kind == "forbidden" for gap in gaps)
    outcomes = auditor.outcomes("scan", "--from", "snap", "--select", "azure.sql.auditing-on")
    assert set(outcomes.values()) <= {"unknown"}


def test_what_may_lie_elsewhere_is_unknown_everywhere(meet: Meet) -> None:
    estate = demo_estate()
    estate = Estate(b for b in estate.bodies if b["type"].casefold() != "microsoft.security/automations")
    rights = Rights(denied=[("Microsoft.SecurityInsights/dataConnectors/read", f"/subscriptions/{DEMO}")])
    auditor = meet(estate=estate, rights=rights)
    rule = "azure.defender.alerts-exported"  # of a subscription: a connector of any workspace will do
    auditor("collect", "--all", "--select", rule, "-o", "snap", code=3)
    assert set(auditor.outcomes("scan", "--from", "snap", "--select", rule).values()) == {"unknown"}


def test_a_vault_behind_a_firewall_leaves_keys_readable(meet: Meet) -> None:
    auditor = meet(rights=Rights(vaults={"kv-apiplatform-prod-weu": "firewall"}))
    rules = ("--select", "azure.key-vault.*", "--select", "certificates.key-vault*")
    auditor("collect", "--all", *rules, "-o", "snap", code=3)
    assert {gap.type for gap in auditor.gaps("snap")} == {"Microsoft.KeyVault/vaults/certificates"}
    assert any(b"kv-apiplatform-prod-weu/keys/" in line for line in auditor.lines("snap"))


def test_what_needs_more_than_reader_is_asked_on_demand_alone(meet: Meet) -> None:
    auditor = meet(rights=Rights(opt_in=True))
    rules = ("--all", "--select", "azure.application-gateway.*")
    auditor("collect", *rules, "-o", "snap")
    assert not auditor.azure.asked("backendhealth")
    auditor("collect", *rules, "--with", "backend-health", "-o", "more")
    assert any(b"applicationGateways/backendHealth" in line for line in auditor.lines("more"))


def test_the_logs_of_entra_id_are_asked_for_on_demand_alone(meet: Meet) -> None:
    auditor = meet(rights=Rights(opt_in=True))
    auditor("collect", "--all", "-o", "without")
    assert not auditor.azure.asked("aadiam")
    auditor("collect", "--all", "--select", "azure.entra.*", "--with", "entra-logs", "-o", "snap")
    outcomes = auditor.outcomes("scan", "--from", "snap", "--select", "azure.entra.*")
    assert {key[0]: outcome for key, outcome in outcomes.items()} == {
        "azure.entra.graph-activity-logs-exported": "fail",
        "azure.entra.sign-in-logs-exported": "pass",
        "azure.entra.workload-sign-ins-exported": "fail",
    }


def test_the_logs_of_entra_id_take_a_role_of_their_own(meet: Meet) -> None:
    auditor = meet()
    auditor("collect", "--all", "--select", "azure.entra.*", "--with", "entra-logs", "-o", "snap", code=3)
    (gap,) = auditor.gaps("snap")
    assert gap.what == "/providers/microsoft.aadiam" and "Security Reader" in gap.reason
    assert set(auditor.outcomes("scan", "--from", "snap", "--select", "azure.entra.*").values()) == {"unknown"}


@pytest.mark.parametrize("effect", ["html", "empty", "truncate", "expire", "reset", 503])
def test_one_bad_answer_changes_nothing(meet: Meet, effect: int | str) -> None:
    places = ("ResourceGraph", "/apis/[^/]+/operations", "/certificates")
    auditor = meet(*(Fault(place, effect, times=1) for place in places))
    rules = ("--all", "--select", "azure.api-management.*", "--select", "certificates.key-vault-*")
    auditor("collect", *rules, "-o", "snap")
    auditor("collect", *rules, "-o", "whole")
    assert auditor.lines("snap") == auditor.lines("whole")


def test_throttled_without_a_word_of_when_to_come_back(meet: Meet) -> None:
    auditor = meet(Fault("ResourceGraph", 429, times=1))
    said = auditor("collect", "--all", "--select", "azure.bastion.*", "-o", "snap")
    assert "1 wait for its pace" in said


def test_two_collections_are_the_same_bytes(meet: Meet) -> None:
    auditor = meet()
    for name in ("one", "two"):
        auditor("collect", "--all", "--select", "azure.api-management.*", "-o", name)
    shards = [[shard.digest for shard in open_snapshot(str(auditor.folder / name)).shards] for name in ("one", "two")]
    assert shards[0] == shards[1]
