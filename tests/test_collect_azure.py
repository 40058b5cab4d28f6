"""Live audits of the local Azure: whole commands, real clients, real host names behind its proxy."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import tools

from auditor.bound import bind
from auditor.cli.needs import needs_of
from auditor.collect.azure.clouds import CLOUDS, cloud_of
from auditor.collect.azure.plan import plan_for
from auditor.inventory import open_inventory
from auditor.rulebook import load_rules
from auditor.snapshot import open_snapshot
from tests.azure.clouds import CHINA, GOVERNMENT, Cloud
from tests.azure.entra import Entra, certificate
from tests.azure.estate import Estate, demo_estate
from tests.azure.fault_plan import Fault, FaultPlan
from tests.azure.local import LocalAzure, local_azure
from tests.azure.rights import Rights

pytestmark = pytest.mark.slow

DEMO = "3f1e6b7a-5c2d-4e8f-9a10-b2c3d4e5f601"
OTHER = "00000000-0000-4000-8000-00000000dead"
_OTHERS = ("AZURE_", "IDENTITY_", "MSI_")


class Auditor:
    """The command line, run in the surroundings of a local Azure."""

    def __init__(self, azure: LocalAzure, folder: Path) -> None:
        self.azure, self.folder = azure, folder

    def start(self, *command: str, sign_in: str = "secret", **more: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
        environment = {**inherited, **self.azure.environment(sign_in=sign_in), **more}
        arguments = [sys.executable, "-m", "auditor", *command]
        return subprocess.Popen(
            arguments, env=environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __call__(self, *command: str, code: int = 0, sign_in: str = "secret", **more: str) -> str:
        """Runs it to its end, which must be this exit code; gives what it says on standard error."""
        process = self.start(*command, sign_in=sign_in, **more)
        _, said = process.communicate(timeout=tools.PATIENCE)
        assert process.returncode == code, said
        return said

    def outcomes(self, *command: str) -> dict[tuple[str, str, str], str]:
        """Every answer of an audit, by rule, resource and element."""
        options = (
            "-f",
            "json",
            "-o",
            "audit.json",
            "--outcomes",
            "pass,fail,unknown,error",
            "--fail-on",
            "never",
            "-q",
        )
        self(*command, *options)
        found = orjson.loads((self.folder / "audit.json").read_bytes())["findings"]
        return {(f["ruleId"], f["resource"]["id"].casefold(), str(f.get("element"))): f["outcome"] for f in found}

    def gaps(self, snapshot: str) -> list[Any]:
        return list(open_snapshot(str(self.folder / snapshot)).gaps)

    def lines(self, snapshot: str) -> list[bytes]:
        """The resources of a snapshot, in its order."""
        found = open_inventory([str(self.folder / snapshot)]).resources()
        return [orjson.dumps([resource.id, resource.type]) for resource in found]


Meet = Callable[..., Auditor]


@pytest.fixture
def meet(tmp_path: Path) -> Iterator[Meet]:
    """Makes a local Azure and the auditor that meets it. Whatever it asked must have been allowed."""
    running: list[Any] = []

    def make(*faults: Fault, **options: Any) -> Auditor:
        context = local_azure(options.pop("estate", None) or demo_estate(), faults=FaultPlan(faults), **options)
        running.append(context)
        running.append(azure := context.__enter__())
        return Auditor(azure, tmp_path)

    yield make
    for context, azure in zip(running[::2], running[1::2], strict=True):
        violations = azure.violations
        context.__exit__(None, None, None)
        assert not violations


def test_the_demo_estate_live_is_the_demo(meet: Meet) -> None:
    auditor = meet()
    auditor("collect", "--subscription", DEMO, "-o", "snap")
    live = auditor.outcomes("scan", "--from", "snap", "--as-of", "2026-11-01")
    demo = {key: value for key, value in auditor.outcomes("demo").items() if not key[1].startswith("/clusters/")}
    missed = {key for key in demo if key not in live}
    # Nobody asks for the diagnostic settings of these types; the certificates of the cluster are not Azure's.
    unasked = ("/azurefirewalls/", "/databases/", "/blobservices/")
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
    assert not plan.unsure | {*plan.unreadable}, "say in auditor/collect/azure/tables.py where they are read"


def test_scan_audits_live_as_it_audits_the_snapshot(meet: Meet) -> None:
    auditor = meet()
    rules = ("--select", "azure.key-vault.*", "--select", "azure.sql.*")
    live = auditor.outcomes("scan", "--all", *rules, "--save-snapshot", "snap", "--as-of", "2026-11-01")
    assert live
    assert live == auditor.outcomes("scan", "--from", "snap", *rules, "--as-of", "2026-11-01")


def test_only_what_the_selected_rules_need_is_read(meet: Meet) -> None:
    auditor = meet()
    auditor("collect", "--subscription", DEMO, "--select", "azure.container-registry.admin-user-disabled", "-o", "snap")
    types = {json.loads(line)[1].casefold() for line in auditor.lines("snap")}
    assert types <= {"microsoft.resources/subscriptions", "microsoft.containerregistry/registries"}
    assert not auditor.azure.asked("vault.azure.net")
    assert not auditor.azure.asked("Microsoft.ApiManagement")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--subscription"),
        (("--subscription", DEMO, "--all"), "exclude each other"),
        (("--subscription", "a/b"), "no name of a scope"),
        (("--all", "--cloud", "Nowhere"), "AzureUSGovernment"),
        (("--all", "--auth", "certificate"), "AZURE_CLIENT_CERTIFICATE_PATH"),
    ],
)
def test_wrong_usage_says_what_to_do(meet: Meet, options: tuple[str, ...], told: str) -> None:
    auditor = meet()
    assert told in auditor("collect", "-o", "snap", *options, code=2)
    assert not auditor.azure.calls


def test_nothing_named_names_both_ways(meet: Meet) -> None:
    said = meet()("scan", code=2)
    assert "--from" in said
    assert "--subscription" in said


def test_files_and_a_live_scope_exclude_each_other(meet: Meet) -> None:
    assert "live scope" in meet()("scan", "--from", "x.json", "--all", code=2)


@pytest.mark.parametrize(
    ("scope", "inputs"),
    [
        (f"subscriptions: [{DEMO}]", (f"subscription {DEMO}",)),
        ("managementGroups: [contoso]", ("management group contoso",)),
        ("all: true", ("every subscription that can be read",)),
        (
            f"subscriptions: [{DEMO}]\nresourceGroups: [rg-network-prod-weu]",
            (f"subscription {DEMO}", "resource group rg-network-prod-weu"),
        ),
    ],
)
def test_the_scope_may_stand_in_the_configuration(meet: Meet, scope: str, inputs: tuple[str, ...]) -> None:
    auditor = meet()
    text = f"{scope}\nselect: [azure.bastion.*]\ncloud: AzureCloud\nauth: [secret]\ntimeLimit: 5\n"
    (auditor.folder / "auditor.yaml").write_text(text)
    auditor("collect", "-o", "snap")
    assert open_snapshot(str(auditor.folder / "snap")).inputs == inputs


def test_what_the_configuration_names_and_options_set_aside_is_said(meet: Meet) -> None:
    """A scheduled audit that names its cluster by an option would lose its subscriptions without a word."""
    auditor = meet()
    text = f"subscriptions: [{OTHER}]\naks: true\nfrom: [export.json]\nselect: [azure.bastion.*]\nauth: [secret]\n"
    (auditor.folder / "auditor.yaml").write_text(text)
    assert "auditor.yaml also names subscriptions, aks:" in auditor("collect", "--all", "-o", "snap")
    assert "also names" not in auditor("collect", "--all", "-o", "snap", "-q")
    said = auditor("scan", "--all", "-f", "json", "-o", "audit.json", "--fail-on", "never")
    (notice,) = orjson.loads((auditor.folder / "audit.json").read_bytes())["notices"]
    assert notice["kind"] == "scope-set-aside" and notice["message"] in said
    assert "from" in notice["message"] and "subscriptions" in notice["message"] and "all" not in notice["message"][:60]
    auditor("scan", "--from", "snap", "-f", "json", "-o", "audit.json", "--fail-on", "never", "-q")
    (notice,) = orjson.loads((auditor.folder / "audit.json").read_bytes())["notices"]
    assert "which audits files alone" in notice["message"]


def test_what_options_name_as_the_configuration_does_is_not_set_aside(meet: Meet) -> None:
    auditor = meet()
    (auditor.folder / "auditor.yaml").write_text(
        f"subscriptions: [{DEMO}]\nselect: [azure.bastion.*]\nauth: [secret]\n"
    )
    assert "also names" not in auditor("collect", "--subscription", DEMO, "-o", "snap")


def test_a_management_group_is_all_below_it(meet: Meet) -> None:
    auditor = meet()
    auditor("collect", "--management-group", "contoso", "--select", "azure.bastion.*", "-o", "snap")
    assert any(b"bastionhosts" in line for line in auditor.lines("snap"))


def test_a_resource_group_is_no_more_than_that(meet: Meet) -> None:
    auditor = meet()
    options = ("--subscription", DEMO, "--resource-group", "RG-network-prod-weu", "--select", "azure.virtual-network.*")
    auditor("collect", *options, "-o", "snap", code=3)
    ids = [json.loads(line)[0].casefold() for line in auditor.lines("snap")]
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


@pytest.mark.parametrize("password", ["", "a long secret"])
def test_signing_in_by_a_certificate(meet: Meet, password: str) -> None:
    auditor = meet()
    auditor.azure.entra.certificate, path = certificate(auditor.folder, password)
    key = {"AZURE_CLIENT_CERTIFICATE_PATH": str(path), "AZURE_CLIENT_CERTIFICATE_PASSWORD": password}
    wanted = ("collect", "--all", "--auth", "certificate", "--select", "azure.bastion.*", "-o", "snap")
    auditor(*wanted, sign_in="certificate", **key)
    assert auditor.lines("snap")
    path.write_bytes(b"no certificate")
    said = auditor(*wanted, sign_in="certificate", code=2, **key)
    assert "AZURE_CLIENT_CERTIFICATE_PATH cannot be used" in said
    auditor.azure.entra.certificate, _ = certificate(auditor.folder, password)
    certificate(auditor.folder, password)  # another one than the application knows
    said = auditor(*wanted, sign_in="certificate", code=3, **key)
    assert "AADSTS700027" in said and "not registered" in said


@pytest.mark.parametrize("way", ["secret", "federated", "managed", "cli"])
def test_ways_to_sign_in(meet: Meet, way: str) -> None:
    auditor = meet(entra=Entra(managed_identity=way == "managed"))
    more = {}
    if way == "cli":
        more = {"PATH": f"{auditor.azure.az()}{os.pathsep}{os.environ['PATH']}"}
    options = ("--select", "azure.bastion.*", "-o", "snap")
    name = "workload" if way == "federated" else way
    auditor("collect", "--all", "--auth", name, *options, sign_in="none" if way == "cli" else way, **more)
    assert auditor.lines("snap")


@pytest.mark.parametrize(
    ("secret", "told"),
    [("wrong", "AADSTS7000215"), ("", "az login")],
)
def test_a_sign_in_that_fails_is_one_sentence(meet: Meet, secret: str, told: str) -> None:
    auditor = meet()
    said = auditor("collect", "--all", "-o", "snap", "-q", code=3, AZURE_CLIENT_SECRET=secret, PATH="/nowhere")
    assert told in said
    assert len(said.splitlines()) == 2, said
    assert "wrong" not in said


def test_what_failed_is_tried_again_and_nothing_else(meet: Meet) -> None:
    auditor = meet(Fault("/vaults/kv-edge[^/]*/keys", 403, times=1))
    rules = ("--subscription", DEMO, "--select", "azure.key-vault.*")
    said = auditor("collect", *rules, "-o", "snap", code=3)
    assert "--resume snap" in said
    begun = len(auditor.azure.calls)
    auditor("collect", *rules, "--resume", "snap")
    again = {served.call.name.rpartition("/vaults/")[2] for served in auditor.azure.calls[begun:]}
    assert {name for name in again if name.startswith("kv-")} == {"kv-edge-prod-weu/keys"}
    auditor("collect", *rules, "-o", "whole")
    assert auditor.lines("snap") == auditor.lines("whole")


def test_a_journal_of_another_scope_is_refused(meet: Meet) -> None:
    auditor = meet(Fault("/providers/Microsoft.Sql/.*/firewallRules", 403))
    auditor("collect", "--all", "--select", "azure.sql.*", "-o", "snap", code=3)
    assert "another collection" in auditor(
        "collect", "--all", "--select", "azure.bastion.*", "--resume", "snap", code=2
    )


def test_a_signal_leaves_a_partial_snapshot_that_can_be_completed(meet: Meet) -> None:
    auditor = meet(Fault("/apis/", "delay", times=1, seconds=120.0))
    rules = ("--subscription", DEMO, "--select", "azure.api-management.*")
    process = auditor.start("collect", *rules, "-o", "snap")
    while not auditor.azure.faults.faults[0].struck and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    _, said = process.communicate(timeout=tools.PATIENCE)
    assert time.monotonic() - begun < 60
    assert process.returncode == 3, said
    assert any("interrupted" in gap.reason for gap in auditor.gaps("snap"))
    auditor("collect", *rules, "--resume", "snap")
    auditor("collect", *rules, "-o", "whole")
    assert auditor.lines("snap") == auditor.lines("whole")


def test_the_time_limit_ends_it_with_gaps(meet: Meet) -> None:
    auditor = meet(Fault("/providers/Microsoft.Sql/servers/[^/]+/", 503))
    begun = time.monotonic()
    auditor("collect", "--all", "--select", "azure.sql.*", "--time-limit", "0.05", "-o", "snap", code=3)
    assert time.monotonic() - begun < 90
    assert auditor.gaps("snap")


def test_two_collections_are_the_same_bytes(meet: Meet) -> None:
    auditor = meet()
    for name in ("one", "two"):
        auditor("collect", "--all", "--select", "azure.api-management.*", "-o", name)
    shards = [[shard.digest for shard in open_snapshot(str(auditor.folder / name)).shards] for name in ("one", "two")]
    assert shards[0] == shards[1]


@pytest.mark.parametrize(("name", "cloud"), [("azureusgovernment", GOVERNMENT), ("AzureChinaCloud", CHINA)])
def test_a_sovereign_cloud_has_its_own_places(meet: Meet, name: str, cloud: Cloud) -> None:
    estate = demo_estate()
    for vault in estate.of_type("Microsoft.KeyVault/vaults"):
        vault["properties"]["vaultUri"] = f"https://{vault['name']}{cloud.vault_suffix}/"
    auditor = meet(cloud=cloud, estate=estate)
    (auditor.folder / "auditor.yaml").write_text(f"all: true\ncloud: {name}\n")
    auditor("collect", "--select", "certificates.key-vault-*", "--select", "azure.log-evidence.*", "-o", "snap")
    lines = auditor.lines("snap")
    assert any(b"vaults/certificates" in line for line in lines)
    assert any(b"/logEvidence/" in line for line in lines)
    hosts = {served.call.host for served in auditor.azure.calls}
    assert hosts >= {cloud.login, cloud.arm, cloud.logs[0]}


def test_a_cloud_of_its_own(meet: Meet) -> None:
    auditor = meet(cloud=GOVERNMENT)
    known = CLOUDS["AzureUSGovernment"]
    fields = {
        "authority": known.authority,
        "resourceManager": known.resource_manager,
        "resourceManagerAudience": known.resource_manager_audience,
        "keyVaultSuffix": known.key_vault_suffix,
        "keyVaultAudience": known.key_vault_audience,
        "logAnalytics": known.log_analytics,
        "logAnalyticsAudience": known.log_analytics_audience,
        "ingestionAudience": known.ingestion_audience,
    }
    file = auditor.folder / "cloud.json"
    file.write_text(json.dumps(fields))
    assert cloud_of(str(file)).scope == known.scope
    auditor("collect", "--all", "--cloud", "cloud.json", "--select", "azure.bastion.*", "-o", "snap")
    assert "http://" in auditor("collect", "--all", "--cloud", _with(file, authority="http://x"), "-o", "s", code=2)
    assert "authority" in auditor("collect", "--all", "--cloud", _with(file, authority=None), "-o", "s", code=2)


def _with(file: Path, **changed: str | None) -> str:
    fields = {**json.loads(file.read_text()), **changed}
    other = file.with_name("other.json")
    other.write_text(json.dumps({name: value for name, value in fields.items() if value is not None}))
    return str(other)
