"""The history of an estate from the workspace: the same figures as from the local history."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import audits
import pytest
from test_publish import auditor

from auditor.evaluate.finding_writer import fingerprint
from auditor.history.metrics import history
from auditor.history.store import Store
from auditor.model.audit import Scope
from auditor.model.finding import Exemption, Outcome, Severity
from auditor.publish import outbox
from auditor.publish.remote_history import RUNS, STANDING, STEPS
from auditor.publish.table_schema import COLUMNS, TABLE
from tests.azure.ingestion import publishing_estate
from tests.azure.local import LocalAzure, local_azure
from tests.kql.parser import checked

pytestmark = pytest.mark.slow
RULES = [audits.rule(), audits.rule("azure.key-vault.public-access-off", Severity.CRITICAL)]
HOSTILE = "prod' | take 0 //\\ \"ü\U0001f512\n"
WAIVER = Exemption(category="waiver", owner="team", reason="moves in May", expires_on="2025-06-01")


@pytest.fixture(scope="module")
def azure() -> Any:
    with local_azure(publishing_estate()) as running:
        yield running


def fill(azure: LocalAzure, folder: Path, estate: str, days: int) -> None:
    """A history of days, all of which arrived; some of it twice."""
    draw = random.Random(estate)
    kinds = list(Outcome)
    with Store(folder / "auditor-history.db") as store:
        for number in range(days):
            found = []
            for rule in RULES:
                for name in range(12):
                    if draw.random() < 0.2:
                        continue
                    place, kind = audits.vault(f"kv-{name}"), draw.choice(kinds)
                    more: dict[str, Any] = {"exemption": WAIVER} if kind is Outcome.EXEMPT else {}
                    identity = fingerprint(rule.id, place.id, None)
                    found.append(audits.finding(rule, place, kind, fingerprint=identity, **more))
            kinds_seen = {"Microsoft.KeyVault/vaults": 12}
            scope = Scope(resources=12, resource_types=kinds_seen, subscriptions=(audits.SUBSCRIPTION,))
            audit, kept = audits.audit_of(RULES, found, scope=scope)
            audit.as_of += dt.timedelta(days=number, hours=number % 7)
            outbox.record(store, estate, audit, kept, b"{}", {estate: number % 4 == 3})
        for number, row in outbox.waiting(store, estate):
            taken = azure.ingestion._row(json.loads(row))
            azure.ingestion.rows += [taken] * (1 + number % 2)


@pytest.mark.parametrize("since", [None, "2025-01-19"])
def test_it_says_what_the_local_history_says(azure: LocalAzure, tmp_path: Path, since: str | None) -> None:
    name = f"prod-{since}"
    fill(azure, tmp_path, name, 8)
    words = ["history", "--estate", name, "-f", "json", *(["--since", since] if since else [])]
    here = auditor(*words, cwd=tmp_path)
    there = auditor(*words, "--workspace", azure.ingestion.workspace, "--auth", "secret", azure=azure, cwd=tmp_path)
    assert there.returncode == 0, there.stderr
    ours, theirs = json.loads(here.stdout), json.loads(there.stdout)
    for run in theirs["runs"]:
        for more in ("changes", "subscriptions", "clusters"):
            del run["figures"][more]
    assert theirs == ours


def test_the_workspace_of_the_settings_is_asked_where_there_is_no_history(azure: LocalAzure, tmp_path: Path) -> None:
    fill(azure, tmp_path, HOSTILE, 2)
    with Store(tmp_path / "auditor-history.db", write=False) as store:
        expected = history(store, HOSTILE)
    (tmp_path / "elsewhere").mkdir()
    place = {"endpoint": "https://e.ingest.monitor.azure.com", "rule": "dcr-1", "workspace": azure.ingestion.workspace}
    settings = {"estate": HOSTILE, "auth": ["secret"], "publish": {"sentinel": place}}
    (tmp_path / "elsewhere" / "auditor.yaml").write_text(json.dumps(settings, ensure_ascii=False), "utf-8")
    done = auditor("history", "-f", "json", azure=azure, cwd=tmp_path / "elsewhere")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["estate"] == HOSTILE
    assert [line["open"] for line in found["severities"]] == [line.open for line in expected.severities]


def test_an_estate_that_is_not_there(azure: LocalAzure, tmp_path: Path) -> None:
    words = ("history", "--workspace", azure.ingestion.workspace, "--auth", "secret", "--estate", "nowhere")
    done = auditor(*words, azure=azure, cwd=tmp_path)
    assert (done.returncode, "holds no estate 'nowhere'" in done.stderr) == (3, True), done.stderr


def test_microsofts_parser_takes_the_questions() -> None:
    types = {"boolean": "bool", "dateTime": "datetime"}
    table = {column.name: types.get(column.type, column.type) for column in COLUMNS}
    moment = "datetime(2026-11-28T00:00:00+00:00)"
    questions = [RUNS, STANDING.format(now=moment), STEPS.format(since=moment)]
    assert [answer["errors"] for answer in checked({TABLE: table}, questions)] == [[], [], []]
