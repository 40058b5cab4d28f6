"""Findings on their way to Microsoft Sentinel: whole commands against the local Azure, with what can go wrong there."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import audits
import pytest
import tools
import trustme
from msgspec.structs import replace

from auditor.model.finding import Evidence, Outcome
from auditor.publish.chunks import LIMIT
from auditor.publish.table_schema import COLUMNS, PARSER, TABLE
from auditor.render.formats import Options, render
from tests.azure.blobs import HOST, Blobs
from tests.azure.clouds import CHINA, GOVERNMENT, Cloud
from tests.azure.fault_plan import Fault
from tests.azure.http import Refused
from tests.azure.ingestion import RULE, publishing_estate
from tests.azure.local import LocalAzure, local_azure

pytestmark = pytest.mark.slow

ENDPOINT = "https://dcr-auditor-abcd.westeurope-1.ingest.monitor.azure.com"
INGEST = r"POST .*\.ingest\."


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit of the demo estate as found."""
    path = tmp_path_factory.mktemp("audit") / "audit.json"
    auditor("demo", "--format", "json", "--output", str(path), "--quiet")
    return path


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with local_azure(publishing_estate()) as running:
        yield running
    assert not running.violations
    assert not running.ingestion.cut


def auditor(*words: str, azure: LocalAzure | None = None, cwd: Path | None = None) -> Any:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "IDENTITY_"))}
    environment = clean | (azure.environment() if azure else {})
    command = [sys.executable, "-m", "auditor", *words]
    return subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=tools.PATIENCE
    )


def publish(azure: LocalAzure, folder: Path, *words: str) -> Any:
    given = ("--endpoint", ENDPOINT, "--rule", RULE, "--estate", "prod", "--auth", "secret")
    return auditor("publish", "sentinel", *given, *words, azure=azure, cwd=folder)


def test_all_of_an_audit_arrives(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    done = publish(azure, tmp_path, str(saved))
    assert done.returncode == 0, done.stderr
    rows = azure.ingestion.rows
    fails = json.loads(saved.read_text())["summary"]["counts"]["fail"]
    assert f"sentinel: {fails + 1} records sent in 1 request." in done.stderr
    assert [row["RecordType"] for row in rows[-2:]] == ["Finding", "ScanSummary"]
    assert rows[-1]["Records"] == len(rows) - 1 == fails
    known = {column.name for column in COLUMNS}
    assert all(row.keys() <= known for row in rows)


def test_a_dry_run_shows_what_would_be_sent_and_leaves_no_trace(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    """Before anything is set up, and of the changes alone once there is a history."""
    first = auditor("publish", "sentinel", str(saved), "--estate", "prod", "--dry-run", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert list(tmp_path.iterdir()) == []
    shown = [json.loads(line) for line in first.stdout.splitlines()]
    assert first.stderr.startswith(f"Dry run: sentinel would get {len(shown):,} records (")
    dry = publish(azure, tmp_path, str(saved), "--dry-run")
    assert dry.returncode == 0 and list(tmp_path.iterdir()) == [] and azure.ingestion.rows == []
    assert dry.stdout == first.stdout
    assert publish(azure, tmp_path, str(saved)).returncode == 0
    assert [row["RecordId"] for row in azure.ingestion.rows] == [row["RecordId"] for row in shown], "as it was shown"
    history = (tmp_path / "auditor-history.db").read_bytes()
    again = publish(azure, tmp_path, str(saved), "--dry-run")
    assert (again.stdout, again.stderr) == (
        "", "Dry run: sentinel would get 0 records (none). Nothing was recorded or sent.\n",
    )  # fmt: skip
    assert (tmp_path / "auditor-history.db").read_bytes() == history
    wrong = auditor("publish", "sentinel", "--dry-run", "--history", "nowhere.db", cwd=tmp_path)
    assert wrong.returncode == 3 and "There is no history at nowhere.db." in wrong.stderr
    assert auditor("publish", "webhook", str(saved), "--dry-run", cwd=tmp_path).returncode == 0


def test_read_back(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    workspace = azure.ingestion.workspace
    words = ("--verify", "--workspace", workspace, "--patience", "0")
    done = publish(azure, tmp_path, str(saved), *words)
    assert done.returncode == 0, done.stderr
    assert "records have arrived" in done.stderr
    del azure.ingestion.rows[3]
    done = publish(azure, tmp_path, str(saved), *words)
    assert done.returncode == 3, done.stderr
    azure.ingestion.rows.pop()
    done = publish(azure, tmp_path, str(saved), *words)
    assert "the summary is missing" in done.stderr


@pytest.mark.parametrize(("name", "cloud"), [("AzureUSGovernment", GOVERNMENT), ("AzureChinaCloud", CHINA)])
def test_a_sovereign_cloud_has_its_own_audiences(name: str, cloud: Cloud, saved: Path, tmp_path: Path) -> None:
    with local_azure(publishing_estate(), cloud=cloud) as azure:
        endpoint = f"https://dcr-auditor-abcd.region-1.ingest.{cloud.ingestion}"
        words = ("--cloud", name, "--endpoint", endpoint, "--verify", "--workspace", azure.ingestion.workspace)
        done = publish(azure, tmp_path, str(saved), *words)
        assert done.returncode == 0, done.stderr
        assert "records have arrived" in done.stderr
        assert not azure.violations


@pytest.mark.parametrize(
    "fault",
    [
        Fault(INGEST, 429, times=2, retry_after=0),
        Fault(INGEST, 503, times=1),
        Fault(INGEST, 403, times=1),
        Fault(INGEST, "reset", times=1),
        Fault(INGEST, "lost", times=1),
    ],
    ids=lambda fault: str(fault.effect),
)
def test_what_passes_is_waited_for(azure: LocalAzure, saved: Path, tmp_path: Path, fault: Fault) -> None:
    azure.faults.faults.append(fault)
    done = publish(azure, tmp_path, str(saved))
    assert done.returncode == 0, done.stderr
    ids = [row["RecordId"] for row in azure.ingestion.rows]
    expected = azure.ingestion.rows[-1]["Records"] + 1
    assert len(set(ids)) == expected
    assert len(ids) == expected * (2 if fault.effect == "lost" else 1)


def test_what_does_not_pass_is_left_for_the_next_run(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    azure.faults.faults.append(Fault(INGEST, 403))
    done = publish(azure, tmp_path, str(saved), "--patience", "0")
    assert done.returncode == 3
    assert "are left for the next run" in done.stderr
    assert "Monitoring Metrics Publisher" in done.stderr
    azure.faults.faults.clear()
    assert publish(azure, tmp_path).returncode == 0
    assert azure.ingestion.rows[-1]["Records"] == len(azure.ingestion.rows) - 1


def test_a_record_that_is_refused_is_kept_and_told(
    azure: LocalAzure, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, azure, lambda row: row.get("ResourceName") == "aks-apiplatform-prod-weu")
    done = publish(azure, tmp_path, str(saved))
    assert done.returncode == 3
    assert "were refused and are kept in the history (refused with 400" in done.stderr
    there = len(azure.ingestion.rows)
    assert there == azure.ingestion.rows[-1]["Records"] + 1 - kept(tmp_path)
    monkeypatch.undo()
    assert publish(azure, tmp_path).returncode == 0
    assert len(azure.ingestion.rows) == there
    done = publish(azure, tmp_path, "--retry-refused")
    assert done.returncode == 0, done.stderr
    assert kept(tmp_path) == 0
    assert len({row["RecordId"] for row in azure.ingestion.rows}) == azure.ingestion.rows[there - 1]["Records"] + 1


def test_a_rule_that_refuses_everything_is_to_blame_itself(
    azure: LocalAzure, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, azure, lambda _row: True)
    done = publish(azure, tmp_path, str(saved))
    assert done.returncode == 3
    assert "Error: sentinel takes nothing: refused with 400" in done.stderr
    assert len(azure.asked(".ingest.")) < 60
    monkeypatch.undo()
    assert publish(azure, tmp_path).returncode == 0
    assert azure.ingestion.rows[-1]["Records"] == len(azure.ingestion.rows) - 1


def refuse(monkeypatch: pytest.MonkeyPatch, azure: LocalAzure, wrong: Callable[[dict[str, Any]], bool]) -> None:
    """Make the endpoint refuse requests with such a row in them."""
    row_of = azure.ingestion._row

    def row(found: dict[str, Any]) -> dict[str, Any]:
        if wrong(found):
            raise Refused(400, "InvalidPayload", "The payload has a row that this endpoint does not take.")
        return row_of(found)

    monkeypatch.setattr(azure.ingestion, "_row", row)


def kept(folder: Path) -> int:
    """The records that a history keeps because they were refused."""
    with closing(sqlite3.connect(folder / "auditor-history.db")) as db:
        return int(db.execute("SELECT count(*) FROM outbox WHERE refused IS NOT NULL").fetchone()[0])


def test_names_that_are_rubbish_arrive(azure: LocalAzure, tmp_path: Path) -> None:
    """Longer than a value or a request may be, and with all that could end a query, a cell or a line."""
    long = [
        "x" * 2_000_000,
        "\x00\x1b" * 400_000,
        "ü🔒" * 300_000,
        "' | take 0 //",
        '=cmd|"/c calc"!A1',
        "a\nb\r\n",
        "{{x}}",
    ]
    rule, found = audits.rule(), []
    for at, text in enumerate(long):
        place = replace(audits.vault(f"kv-{at}"), name=text, resource_group=text, namespace=text)
        evidence = (
            Evidence(path=text, actual={"text": text}, expected=text),
            Evidence(path="p", actual=1, expected="2"),
        )
        more = {"message": text, "element": text, "evidence": evidence, "fingerprint": f"{at:032}"}
        found.append(audits.finding(rule, place, Outcome.FAIL, **more))
    audit, kept_ones = audits.audit_of([rule], found)
    with (tmp_path / "audit.json").open("wb") as out:
        render(audit, kept_ones, "json", out, Options())
    workspace = ("--verify", "--workspace", azure.ingestion.workspace)
    done = publish(azure, tmp_path, "audit.json", "--estate", "x' | take 0 // 🔒", *workspace)
    assert done.returncode == 0, done.stderr
    assert f"{len(long)} records have arrived, {len(long)} were sent" in done.stderr
    rows = azure.ingestion.rows[:-1]
    assert all(row["EvidenceDigest"] for row in rows if len(long[int(row["FindingId"])]) > 100)
    assert [row["ResourceName"] for row in rows if len(long[int(row["FindingId"])]) < 100] == sorted(
        (one for one in long if len(one) < 100), key=long.index
    )


def test_nothing_that_was_named_speaks_to_the_terminal(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    name = "prod\x1b]0;owned\x07\nsecond line"
    auditor("publish", "file", "--folder", "drop", "--estate", name, str(saved), cwd=tmp_path)
    done = auditor("history", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "prod" in done.stdout and "1 audit," in done.stdout
    assert not {"\x1b", "\x07"} & set(done.stdout) and "\nsecond" not in done.stdout


def test_what_waits_for_another_sink_is_told(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    azure.faults.faults.append(Fault(INGEST, 503))
    publish(azure, tmp_path, str(saved), "--patience", "0")
    (tmp_path / "drop").mkdir()
    done = auditor("publish", "file", "--folder", "drop", cwd=tmp_path)
    assert f"records wait for sentinel {ENDPOINT} {RULE}" in done.stderr
    done = auditor("publish", "file", "--folder", "drop", "--history", "mistyped.db", cwd=tmp_path)
    assert (done.returncode, "There is no history at mistyped.db" in done.stderr) == (3, True)


def test_an_endpoint_that_is_none_is_said_at_once(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    for endpoint in ("http://dcr-auditor-abcd.westeurope-1.ingest.monitor.azure.com", "dcr-auditor", ""):
        done = publish(azure, tmp_path, str(saved), "--endpoint", endpoint)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr


def test_a_wrong_rule_is_an_error_and_nothing_is_lost(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    done = publish(azure, tmp_path, str(saved), "--rule", "dcr-wrong")
    assert done.returncode == 3
    assert "Error: The endpoint answered 404" in done.stderr
    assert "check --endpoint, --rule and --stream" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_estate_that_is_mended_closes_its_findings(azure: LocalAzure, saved: Path, tmp_path: Path) -> None:
    mended = tmp_path / "mended.json"
    auditor("demo", "--designed", "--as-of", "2026-11-01T01:00:00Z", "-f", "json", "-o", str(mended), "-q")
    assert publish(azure, tmp_path, str(saved)).returncode == 0
    assert publish(azure, tmp_path, str(mended)).returncode == 0
    standing = run_kql(azure, f"{TABLE} | where RecordType == 'Finding' | summarize arg_max(ScanTime, *) by FindingId")
    assert {row["Status"] for row in standing} == {"Resolved"}


def run_kql(azure: LocalAzure, query: str) -> list[dict[str, Any]]:
    """The rows of a query over what was ingested."""
    names, _types, rows = azure.logs._run(azure.ingestion.workspace, query, None)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_chunks_are_full_and_below_the_limit(azure: LocalAzure, tmp_path: Path) -> None:
    from auditor.publish.chunks import body, chunks

    rows = [(number, b'{"a":"%s"}' % (b"x" * (700 + number % 900))) for number in range(8000)]
    made = list(chunks(rows))
    sizes = [len(b",".join(row for _n, row in chunk)) + 2 for chunk in made]
    assert [row for chunk in made for row in chunk] == rows
    assert all(0.8 * LIMIT <= size <= LIMIT for size in sizes[:-1])
    assert all(len(body([row for _n, row in chunk])) <= LIMIT for chunk in made)
    assert PARSER


SCAN = ("scan", "--from", "estate.json", "--publish", "sentinel", "--fail-on", "never", "--baseline", "last")


def test_a_scan_publishes(azure: LocalAzure, tmp_path: Path) -> None:
    settings = {"estate": "prod", "publish": {"sentinel": {"endpoint": ENDPOINT, "rule": RULE}}}
    (tmp_path / "auditor.yaml").write_text(json.dumps(settings))
    (tmp_path / "estate.json").write_text(json.dumps(BUCKET))
    words = (*SCAN, "--select", "azure.storage.*", "--as-of")
    done = auditor(*words, "2026-11-01T06:00:00Z", azure=azure, cwd=tmp_path)  # there is none yet
    assert done.returncode == 0, done.stderr
    assert azure.ingestion.rows[-1]["RecordType"] == "ScanSummary"
    assert {row["Status"] for row in azure.ingestion.rows[:-1]} <= {"Open", "NotEvaluated"}
    count = len(azure.ingestion.rows)
    again = auditor(*words, "2026-11-02T06:00:00Z", "--format", "line", azure=azure, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert len(azure.ingestion.rows) == count + 1  # nothing changed: the summary alone
    told = auditor("history", "-f", "json", cwd=tmp_path)
    assert len(json.loads(told.stdout)["runs"]) == 2


BUCKET = {
    "id": f"/subscriptions/{'1' * 8}-0000-4000-8000-{'1' * 12}/resourceGroups/rg/providers/Microsoft.Storage/"
    "storageAccounts/a",
    "type": "Microsoft.Storage/storageAccounts",
    "name": "a",
    "properties": {"supportsHttpsTrafficOnly": False},
}
GATED = BUCKET | {"properties": {"supportsHttpsTrafficOnly": True}}


def test_a_change_resolves_nothing_of_what_is_deployed(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    settings = {"estate": "prod", "publish": {"file": {"folder": str(tmp_path / "drop")}}}
    (tmp_path / "auditor.yaml").write_text(json.dumps(settings))
    (tmp_path / "estate.json").write_text(json.dumps(BUCKET))
    what_if = {"changes": [{"resourceId": BUCKET["id"], "changeType": "Modify", "before": BUCKET, "after": GATED}]}
    (tmp_path / "change.json").write_text(json.dumps({"status": "Succeeded", "properties": what_if}))
    common = ("--select", "azure.storage.secure-transfer", "--publish", "file", "--fail-on", "never", "-q")
    done = auditor("scan", "--from", "estate.json", *common, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = auditor("gate", "change.json", *common, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = dropped(tmp_path / "drop")
    assert {(row["Estate"], row["Planned"], row.get("Status")) for row in rows} == {
        ("prod", False, "Open"),
        ("prod", False, None),
        ("prod (change)", True, None),
    }
    told = json.loads(auditor("history", "--estate", "prod", "-f", "json", cwd=tmp_path).stdout)
    assert [line["open"] for line in told["severities"]] == [1]


def dropped(folder: Path) -> list[dict[str, Any]]:
    """The records in a folder, in the order of their audits."""
    rows = [json.loads(line) for file in folder.glob("*.ndjson") for line in file.read_text().splitlines()]
    return sorted(rows, key=lambda row: str(row.get("ScanTime")))


def test_ocsf_events_in_a_folder(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    mended = tmp_path / "mended.json"
    auditor("demo", "--designed", "--as-of", "2026-11-01T01:00:00Z", "-f", "json", "-o", str(mended), "-q")
    for audit in (saved, mended):
        done = auditor("publish", "file", "--folder", "drop", "--form", "ocsf", str(audit), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    events = dropped(tmp_path / "drop")
    fails = json.loads(saved.read_text())["summary"]["counts"]["fail"]
    assert Counter(event["activity_name"] for event in events) == {"Create": fails, "Close": fails}
    assert {event["status"] for event in events if event["activity_id"] == 3} == {"Resolved"}
    for event in events:
        assert (event["class_uid"], event["category_uid"]) == (2003, 2)
        assert event["type_uid"] == 200300 + event["activity_id"]
        assert event["compliance"]["standards"] and event["metadata"]["product"]["vendor_name"]
        assert all(event[name] for name in ("finding_info", "severity_id", "time", "resources"))


def test_an_audit_of_the_future_is_refused(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    auditor("demo", "--as-of", "2099-01-01", "-f", "json", "-o", "future.json", "-q", cwd=tmp_path)
    done = auditor("publish", "file", "--folder", "drop", "future.json", cwd=tmp_path)
    assert (done.returncode, "yet to come" in done.stderr) == (3, True), done.stderr
    assert not list((tmp_path / "drop").iterdir())


def test_another_sink_gets_the_same_audit_later(saved: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        done = auditor("publish", "file", "--folder", name, str(saved), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    one, two = ({row["RecordId"] for row in dropped(tmp_path / name)} for name in ("one", "two"))
    assert one == two


def test_one_resource_group_says_nothing_of_the_others(azure: LocalAzure, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    settings = {"estate": "prod", "publish": {"file": {"folder": str(tmp_path / "drop")}}}
    (tmp_path / "auditor.yaml").write_text(json.dumps(settings))
    (subscription,) = azure.estate.subscriptions
    common = ("--auth", "secret", "--publish", "file", "--fail-on", "never", "-q", "-f", "line")
    live = ("--subscription", subscription)
    for words in (live, (*live, "--resource-group", "rg-data-prod-weu")):
        done = auditor("scan", *words, *common, azure=azure, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert not [row for row in dropped(tmp_path / "drop") if row.get("Status") == "Resolved"]
    # the same from snapshots
    auditor(
        "collect",
        *live,
        "--resource-group",
        "rg-data-prod-weu",
        "--auth",
        "secret",
        "-o",
        "snap",
        "-q",
        azure=azure,
        cwd=tmp_path,
    )
    done = auditor("scan", "--from", "snap", *common[2:], "--baseline", "last", azure=azure, cwd=tmp_path)
    assert " resolved=0 " in done.stdout, done.stdout + done.stderr


def test_a_second_live_run_leaves_before_it_reads(azure: LocalAzure, tmp_path: Path) -> None:
    from auditor.history.lock import alone

    (tmp_path / "drop").mkdir()
    settings = {"estate": "prod", "publish": {"file": {"folder": str(tmp_path / "drop")}}}
    (tmp_path / "auditor.yaml").write_text(json.dumps(settings))
    mark = hashlib.sha256(b"prod").hexdigest()[:12]
    with alone(tmp_path / f"auditor-history.db-{mark}", 0, "held"):
        done = auditor("scan", "--all", "--auth", "secret", "--publish", "file", azure=azure, cwd=tmp_path)
    assert (done.returncode, "Another run is auditing prod" in done.stderr) == (3, True), done.stderr
    assert not azure.calls


def test_a_second_run_on_the_same_estate_leaves(tmp_path: Path) -> None:
    from auditor.history.lock import alone

    (tmp_path / "estate.json").write_text(json.dumps(BUCKET))
    (tmp_path / "drop").mkdir()
    settings = {"estate": "prod", "publish": {"file": {"folder": str(tmp_path / "drop")}}}
    (tmp_path / "auditor.yaml").write_text(json.dumps(settings))
    mark = hashlib.sha256(b"prod").hexdigest()[:12]
    with alone(tmp_path / f"auditor-history.db-{mark}", 0, "held"):
        done = auditor("scan", "--from", "estate.json", "--publish", "file", cwd=tmp_path)
    assert done.returncode == 3
    assert "Another run is auditing prod" in done.stderr
    assert not list((tmp_path / "drop").iterdir())


# --- a history in Blob Storage ---------------------------------------------------------------------------------------


@pytest.fixture
def blobs(azure: LocalAzure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A container; the address of a history in it."""
    azure.blobs = Blobs(tools.azurite(), tmp_path_factory.mktemp("azurite"), azure.entra)
    try:
        azure.blobs.make("auditor")
        yield f"https://{HOST}/auditor/history.db"
    finally:
        azure.blobs.stop()


def test_a_history_in_blob_storage(azure: LocalAzure, blobs: str, saved: Path, tmp_path: Path) -> None:
    azure.faults.faults.append(Fault(INGEST, 503))
    done = publish(azure, tmp_path, str(saved), "--history", blobs, "--patience", "0")
    assert (done.returncode, "are left for the next run" in done.stderr) == (3, True), done.stderr
    azure.faults.faults.clear()
    done = publish(azure, tmp_path, "--history", blobs)
    assert done.returncode == 0, done.stderr
    assert azure.ingestion.rows[-1]["Records"] == len(azure.ingestion.rows) - 1
    done = publish(azure, tmp_path, "--history", blobs)
    assert "sentinel: 0 records sent in 0 requests." in done.stderr
    told = auditor("history", "--history", blobs, "-f", "json", azure=azure, cwd=tmp_path)
    assert len(json.loads(told.stdout)["runs"]) == 1, told.stderr
    assert not list(tmp_path.glob("*.db"))


def test_a_scheduled_run_begins_its_history_in_blob_storage(azure: LocalAzure, blobs: str, tmp_path: Path) -> None:
    """As the Container Apps job does: the first run finds an empty container, the next one the trend."""
    settings = {
        "estate": "prod",
        "auth": ["secret"],
        "history": blobs,
        "publish": {"sentinel": {"endpoint": ENDPOINT, "rule": RULE}},
    }
    (tmp_path / "auditor.yaml").write_text(json.dumps(settings))
    (tmp_path / "estate.json").write_text(json.dumps(BUCKET))
    for day, trend in (("2026-11-01", False), ("2026-11-02", True)):
        done = auditor(*SCAN, "-f", "html", "-o", "r.html", "--as-of", day, azure=azure, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert ("Failures over time" in (tmp_path / "r.html").read_text()) is trend
    told = auditor("history", azure=azure, cwd=tmp_path)
    assert "prod: 2 audits" in told.stdout, told.stderr


def test_a_history_that_another_run_has(
    azure: LocalAzure, blobs: str, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azure.core.credentials import AccessToken
    from azure.storage.blob import BlobClient

    class Other:
        def get_token(self, *_scopes: str, **_more: Any) -> AccessToken:
            return AccessToken(azure.entra.issue("https://storage.azure.com"), 9_999_999_999)

    for name, value in azure.environment().items():
        monkeypatch.setenv(name, value)
    client = BlobClient.from_blob_url(blobs, credential=Other())
    client.upload_blob(b"")
    lease = client.acquire_lease(15)
    done = publish(azure, tmp_path, str(saved), "--history", blobs)
    assert done.returncode == 3
    assert "Another run has the history" in done.stderr
    assert not azure.ingestion.rows
    lease.release()


# --- webhook --------------------------------------------------------------------------------------------------------


class Receiver(BaseHTTPRequestHandler):
    """Whoever receives: checks the signature, and answers with the next of `answers`."""

    answers: ClassVar[list[int]] = []
    records: ClassVar[list[dict[str, Any]]] = []
    secret = b"a secret of the receiver"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = self.headers["X-Auditor-Timestamp"].encode() + b"." + body
        expected = "sha256=" + hmac.new(self.secret, signed, hashlib.sha256).hexdigest()
        status = self.answers.pop(0) if self.answers else 200
        if not hmac.compare_digest(expected, self.headers["X-Auditor-Signature"]):
            status = 401
        if status == 200:
            self.records.extend(json.loads(body)["records"])
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "https://elsewhere.example/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Receiver.answers, Receiver.records = [], []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    environment = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "AUDITOR_WEBHOOK_SECRET": Receiver.secret.decode()}
    yield f"https://localhost:{server.server_port}/hook", environment
    server.shutdown()
    server.server_close()


def test_a_webhook_gets_signed_records(receiver: Any, saved: Path, tmp_path: Path, monkeypatch: Any) -> None:
    url, environment = receiver
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    Receiver.answers = [503]
    done = auditor("publish", "webhook", "--url", url, str(saved), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Receiver.records[-1]["Records"] == len(Receiver.records) - 1
    assert "secret" not in done.stderr


def test_the_key_in_the_address_of_a_webhook_is_kept_nowhere(
    receiver: Any, saved: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    url, environment = receiver
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    Receiver.answers = [404]
    address = f"{url}?code=s3cr3t-c0de&sig=s1gnature"
    done = auditor("publish", "webhook", "--url", address, "--history", "h.db", str(saved), cwd=tmp_path)
    assert done.returncode == 3
    with sqlite3.connect(tmp_path / "h.db") as db:
        ((name,),) = db.execute("SELECT DISTINCT sink FROM outbox")
        assert name.startswith(f"webhook {url}#") and "s3cr3t" not in name
        db.execute("UPDATE outbox SET sink = ?, checksum = NULL", (f"webhook {address}",))  # as earlier versions did
        db.execute("UPDATE sinks SET sink = ?, checksum = NULL", (f"webhook {address}",))
        db.execute("PRAGMA user_version = 2")
        for table in ("audits", "standing", "moves", "types", "latest", "outbox", "sinks"):
            db.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
    db.close()
    again = auditor("publish", "webhook", "--url", address, "--history", "h.db", str(saved), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert Receiver.records, "what waited under the earlier name is sent"
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("h.db*"))
    said = (done.stdout + done.stderr + again.stdout + again.stderr).encode()
    assert not re.search(rb"s3cr3t|s1gnature", kept + said)


@pytest.mark.parametrize(
    "wrong",
    [
        "http://h.example/x?sig=s1gnature", "https://u:s1gnature@h.example/", "https://[h/x?sig=s1gnature",
        "https://h.example:99999/x?sig=s1gnature", "https://h.example:x/?sig=s1gnature", "https://ä..e/?sig=s1gnature",
        "https://h.example/a b?sig=s1gnature", "https://h.example/ä?sig=s1gnature", "https://h.example/\n?sig=s1gnature",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_without_its_key(wrong: str, saved: Path, tmp_path: Path) -> None:
    done = auditor("publish", "webhook", "--url", wrong, str(saved), cwd=tmp_path)
    assert done.returncode == 2
    assert "no https:// address" in done.stderr
    assert "s1gnature" not in done.stderr


def test_a_token_in_the_path_of_a_webhook_is_kept_nowhere(saved: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("AUDITOR_WEBHOOK_SECRET", Receiver.secret.decode())
    address = "https://localhost:1/hook/c4naryZx9Qw7f3Kd/in"
    options = ("--url", address, "--history", "h.db", "--patience", "0")
    done = auditor("publish", "webhook", *options, str(saved), cwd=tmp_path)
    assert (done.returncode, "ConnectionRefusedError" in done.stderr) == (3, True)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("h.db*"))
    assert b"https://localhost:1/hook/(removed)/in#" in kept
    assert b"c4nary" not in kept + (done.stdout + done.stderr).encode()


@pytest.mark.parametrize(("answer", "told"), [(302, "answered 302"), (401, "answered 401"), (404, "answered 404")])
def test_a_webhook_that_does_not_know_us(
    receiver: Any, saved: Path, tmp_path: Path, monkeypatch: Any, answer: int, told: str
) -> None:
    url, environment = receiver
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    Receiver.answers = [answer]
    done = auditor("publish", "webhook", "--url", url, str(saved), cwd=tmp_path)
    assert done.returncode == 3
    assert told in done.stderr
    assert not Receiver.records


def test_a_webhook_needs_https_and_a_secret(saved: Path, tmp_path: Path) -> None:
    done = auditor("publish", "webhook", "--url", "http://example.com", str(saved), cwd=tmp_path)
    assert (done.returncode, "no https:// address" in done.stderr) == (2, True)
    done = auditor("publish", "webhook", "--url", "https://example.com", str(saved), cwd=tmp_path)
    assert (done.returncode, "AUDITOR_WEBHOOK_SECRET is not set" in done.stderr) == (2, True)
