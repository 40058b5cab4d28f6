"""What is deployed to Microsoft Sentinel: made from one definition, and every query runs over what was published."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import audits
import pytest
import yaml

from auditor.evaluate.finding_writer import fingerprint
from auditor.history.store import Store
from auditor.model.audit import Scope
from auditor.model.finding import Exemption, Finding, Outcome, Severity
from auditor.model.rule import Rule
from auditor.publish import outbox
from auditor.publish.table_schema import COLUMNS, TABLE
from auditor.publish.verify import QUERY as VERIFY
from tests.azure.ingestion import publishing_estate
from tests.azure.local import LocalAzure, local_azure
from tests.bicep import compiled
from tests.kql.parser import checked

ROOT = Path(__file__).resolve().parent.parent
CONTENT = ROOT / "reports" / "sentinel"
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
SCOPE = Scope(resources=100, resource_types={"Microsoft.KeyVault/vaults": 100}, subscriptions=(audits.SUBSCRIPTION,))
CRITICAL = audits.rule("azure.key-vault.public-access-off", Severity.CRITICAL)
PATH = audits.rule("paths.encrypted", Severity.HIGH)
CERTIFICATE = audits.rule("certificates.not-expired", Severity.HIGH)
LOGS = audits.rule("paths.logs-together", Severity.MEDIUM)
RULES = (CRITICAL, PATH, CERTIFICATE, LOGS)


def told(kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CONTENT / kind / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def test_it_is_as_it_is_made() -> None:
    command = [sys.executable, "-m", "scripts.sentinel", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_bicep_and_arm_are_the_same_template() -> None:
    """By a reading of the Bicep that has nothing to do with the script that writes both."""
    arm = json.loads((CONTENT / "main.json").read_text(encoding="utf-8"))
    for resource in arm["resources"]:
        if "dependsOn" in resource:
            resource["dependsOn"].sort()
        if resource.get("scope") == "Microsoft.Insights/dataCollectionRules/dcr-auditor":  # a constant, folded
            resource["scope"] = "[format('Microsoft.Insights/dataCollectionRules/{0}', 'dcr-auditor')]"
    assert compiled(CONTENT / "main.bicep") == {part: arm[part] for part in ("parameters", "resources", "outputs")}


def test_our_own_gate_reads_the_template() -> None:
    command = [sys.executable, "-m", "auditor", "gate", str(CONTENT / "main.json"), "-f", "json", "--fail-on", "never"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert not found["gaps"]
    assert sum(found["scope"]["resourceTypes"].values()) == 15


@pytest.mark.parametrize("path", sorted((CONTENT / "Analytic Rules").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_rule_is_as_sentinel_wants_it(path: Path) -> None:
    """Source: the schema that Microsoft's repository of Sentinel content checks rules by."""
    rule = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert len(rule["name"]) <= 256
    assert len(rule["description"]) <= 5000
    assert len(rule["query"]) <= 10_000
    assert rule["severity"] in ("High", "Medium", "Low", "Informational")
    assert len(rule["customDetails"]) <= 20
    assert all(len(name) <= 20 for name in rule["customDetails"])
    assert rule["incidentConfiguration"]["groupingConfiguration"]["groupByCustomDetails"][0] in rule["customDetails"]
    last = re.findall(r"project (.*)", rule["query"])[-1]
    columns = {part.partition("=")[0].strip() for part in last.split(",")}
    shown = re.findall(r"{{(\w+)}}", json.dumps(rule["alertDetailsOverride"]))
    mapped = [field["columnName"] for entity in rule["entityMappings"] for field in entity["fieldMappings"]]
    assert {*rule["customDetails"].values(), *shown, *mapped} <= columns
    if rule["queryPeriod"].endswith("d") and int(rule["queryPeriod"][:-1]) >= 2:
        assert rule["queryFrequency"].endswith(("h", "d"))


def test_the_layout_names_what_is_there() -> None:
    layout = json.loads((CONTENT / "Data" / "Solution_Auditor.json").read_text(encoding="utf-8"))
    named = [path for kind in ("Analytic Rules", "Hunting Queries", "Parsers", "Workbooks") for path in layout[kind]]
    there = [
        path.relative_to(CONTENT).as_posix()
        for kind in ("Analytic Rules", "Hunting Queries", "Parsers", "Workbooks")
        for path in (CONTENT / kind).iterdir()
    ]
    assert sorted(named) == sorted(there)


@pytest.mark.slow
def test_microsofts_parser_takes_every_query() -> None:
    types = {"boolean": "bool", "dateTime": "datetime"}
    table = {column.name: types.get(column.type, column.type) for column in COLUMNS}
    parser = told("Parsers", "AuditorFindings")["FunctionQuery"].strip()
    queries = {"parser": parser, "verify": VERIFY.format(scan="0")}
    for path in [*(CONTENT / "Analytic Rules").iterdir(), *(CONTENT / "Hunting Queries").iterdir()]:
        queries[path.stem] = f"let AuditorFindings = {parser};\n{yaml.safe_load(path.read_text('utf-8'))['query']}"
    for name, query in workbook().items():
        queries[name] = f"let AuditorFindings = {parser};\n{query.replace('{Estate}', repr('prod'))}"
    answers = checked({TABLE: table}, list(queries.values()))
    assert {name: answer["errors"] for name, answer in zip(queries, answers, strict=True) if answer["errors"]} == {}
    assert checked({TABLE: table}, [f"{TABLE} | where Titel == ''"])[0]["errors"]


def workbook() -> dict[str, str]:
    """The queries of the workbook by their names."""
    book = json.loads((CONTENT / "Workbooks" / "AuditorFindings.json").read_text(encoding="utf-8"))
    return {item["name"]: item["content"]["query"] for item in book["items"] if item["type"] == 3}


# --- the queries, over published findings ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Two estates: one audited until an hour ago, one that was forgotten three days ago; and changes to the first, of
    which no query may say anything."""
    with local_azure(publishing_estate()) as azure, Store(tmp_path_factory.mktemp("w") / "h.db") as store:
        found = Workspace(azure, store)
        found.publish("old", dt.timedelta(days=3), finding(CRITICAL, "kv-old"))
        found.publish(
            "prod",
            dt.timedelta(days=1),
            finding(CRITICAL, "kv-1"),
            finding(CRITICAL, "kv-2", Outcome.PASS),
            finding(CERTIFICATE, "kv-3", Outcome.EXEMPT, exemption=_until(5)),
            finding(CERTIFICATE, "kv-4", Outcome.EXEMPT, exemption=_until(50)),
            finding(CRITICAL, "kv-5", Outcome.UNKNOWN, gap="403"),
            finding(CRITICAL, "kv-7"),
        )
        found.publish(
            "prod",
            dt.timedelta(hours=12),
            finding(CRITICAL, "kv-1", Outcome.PASS),
            finding(CRITICAL, "kv-7", Outcome.EXEMPT, exemption=_until(0)),
        )
        found.publish("prod (change)", dt.timedelta(hours=40), finding(CRITICAL, "kv-8"), change=True)
        found.publish("prod (change)", dt.timedelta(hours=30), finding(PATH, "bar"), resources=3, change=True)
        found.publish(
            "prod",
            dt.timedelta(hours=1),
            finding(CRITICAL, "kv-1"),
            finding(CRITICAL, "kv-2"),
            finding(CRITICAL, "kv-7"),
            finding(PATH, "shop"),
            finding(LOGS, "shop"),
            finding(CERTIFICATE, "kv-6"),
            finding(CERTIFICATE, "kv-3", Outcome.EXEMPT, exemption=_until(5)),
            finding(CERTIFICATE, "kv-4", Outcome.EXEMPT, exemption=_until(50)),
            finding(CRITICAL, "kv-5", Outcome.UNKNOWN, gap="403"),
            resources=50,
        )
        yield found


def finding(rule: Rule, name: str, outcome: Outcome = Outcome.FAIL, **more: Any) -> Finding:
    place = audits.vault(name)
    return audits.finding(rule, place, outcome, fingerprint=fingerprint(rule.id, place.id, None), **more)


def _until(days: int) -> Exemption:
    end = (NOW + dt.timedelta(days=days)).date().isoformat()
    return Exemption(category="waiver", owner="team", reason="is being replaced", expires_on=end)


class Workspace:
    """What was published into the local Azure, and queries over it."""

    def __init__(self, azure: LocalAzure, store: Store) -> None:
        self._azure, self._store = azure, store
        self._sent = 0

    def publish(
        self, estate: str, ago: dt.timedelta, *findings: Finding, resources: int = 100, change: bool = False
    ) -> None:
        from msgspec.structs import replace

        audit, kept = audits.audit_of(list(RULES), findings, scope=replace(SCOPE, resources=resources, change=change))
        audit.as_of = NOW - ago
        outbox.record(self._store, estate, audit, kept, b"", {"sink": False})
        for _number, row in list(outbox.waiting(self._store, "sink"))[self._sent :]:
            self._sent += 1
            taken = self._azure.ingestion._row(json.loads(row))
            self._azure.ingestion.rows += [taken, taken]  # as when an answer got lost

    def run(self, query: str) -> list[dict[str, Any]]:
        parser = told("Parsers", "AuditorFindings")["FunctionQuery"].strip()
        text = f"let AuditorFindings = {parser};\n{query}"
        names, _types, rows = self._azure.logs._run(self._azure.ingestion.workspace, text, None)
        return [dict(zip(names, row, strict=True)) for row in rows]


RESULTS = {
    "NewCriticalFinding": {"kv-1", "kv-2", "kv-7"},
    "PathBroken": {"shop"},
    "CertificateExpiring": {"kv-6"},
    "ExemptionExpiring": {"kv-3"},
}


@pytest.mark.parametrize("name", RESULTS)
def test_an_alert_names_these_resources(workspace: Workspace, name: str) -> None:
    rows = workspace.run(told("Analytic Rules", name)["query"])
    assert {row["ResourceName"] for row in rows if row["Estate"] == "prod"} == RESULTS[name]
    assert len(rows) == len({(row["FindingId"], row["TimeGenerated"]) for row in rows})  # what came twice is one alert


def test_each_beginning_is_an_alert_and_the_end_of_an_exemption_too(workspace: Workspace) -> None:
    rows = workspace.run(told("Analytic Rules", "NewCriticalFinding")["query"])
    assert Counter(row["ResourceName"] for row in rows) == {"kv-old": 1, "kv-1": 2, "kv-2": 1, "kv-7": 2}


def test_an_estate_that_nobody_audits_is_missed(workspace: Workspace) -> None:
    rows = workspace.run(told("Analytic Rules", "ScanMissing")["query"])
    assert [row["Estate"] for row in rows] == ["old"]


def test_an_audit_that_saw_less_is_told(workspace: Workspace) -> None:
    (row,) = workspace.run(told("Analytic Rules", "CoverageDropped")["query"])
    assert (row["Estate"], row["Resources"], row["LatestResources"]) == ("prod", 100, 50)


@pytest.mark.parametrize(
    ("name", "column", "expected"),
    [
        ("OldestFindings", "ResourceName", {"kv-old", "kv-1", "kv-2", "kv-6", "kv-7", "shop"}),
        ("CameBack", "ResourceName", {"kv-1"}),
        ("NotEvaluated", "Reason", {"403"}),
        ("MostExposed", "Critical", {0, 1}),
    ],
)
def test_hunting(workspace: Workspace, name: str, column: str, expected: set[Any]) -> None:
    assert {row[column] for row in workspace.run(told("Hunting Queries", name)["query"])} == expected


def test_the_workbook_has_numbers(workspace: Workspace) -> None:
    found = {name: workspace.run(query.replace("{Estate}", "'prod'")) for name, query in workbook().items()}
    by_severity = {row["Severity"]: row["Findings"] for row in found["open by severity"]}
    assert by_severity == {"critical": 3, "high": 2, "medium": 1}
    assert len(found["audits"]) == 3
    assert all(row["Arrived"] == row["Records"] for row in found["audits"])
    assert found["opened and resolved"]
    assert len(found["worst"]) == 5


def test_the_table_is_the_one_that_is_published() -> None:
    template = json.loads((CONTENT / "main.json").read_text(encoding="utf-8"))
    table = next(one for one in template["resources"] if one["type"].endswith("/tables"))
    assert table["properties"]["schema"]["name"] == TABLE
    names = [column["name"] for column in table["properties"]["schema"]["columns"]]
    assert not {"id", "Title", "Type", "TenantId", "UniqueId", "_ResourceId", "_SubscriptionId"} & set(names)
    assert all(re.fullmatch(r"[A-Za-z]\w{0,44}", name) for name in names)
