"""Custom assessments of Defender for Cloud: the whole command against the local Azure, which refuses other writes."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import audits
import pytest
import tools

from auditor.evaluate.finding_writer import fingerprint
from auditor.model.audit import Scope
from auditor.model.finding import Exemption, Finding, Outcome
from auditor.publish.defender import assessment_name
from auditor.render.formats import Options, render
from tests.azure.estate import Estate
from tests.azure.fault_plan import Fault
from tests.azure.local import LocalAzure, local_azure
from tests.azure.rights import Rights

pytestmark = pytest.mark.slow
RULE = audits.rule()
NAME = assessment_name(RULE.id)
SCOPE = Scope(resources=3, resource_types={"Microsoft.KeyVault/vaults": 3}, subscriptions=(audits.SUBSCRIPTION,))
VAULTS = [audits.vault(f"kv-{number}") for number in range(7)]
FAIL, PASS, UNKNOWN, EXEMPT = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.EXEMPT
WAIVER = Exemption(category="waiver", owner="team", reason="moves in May", expires_on="2025-06-01")
PUT = r"PUT .*/providers/Microsoft.Security/assessments/"


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    subscription = {"id": f"/subscriptions/{audits.SUBSCRIPTION}", "type": "Microsoft.Resources/subscriptions"}
    vaults = [{"id": vault.id, "type": vault.type, "name": vault.name, "properties": {}} for vault in VAULTS]
    with local_azure(Estate([subscription, *vaults]), rights=Rights(assess=True)) as running:
        yield running
    assert not running.violations


def answer(outcome: Outcome, element: str | None = None, name: str = "kv-1", **more: Any) -> Finding:
    place = audits.vault(name)
    more |= {"exemption": WAIVER} if outcome is EXEMPT else {}
    identity = fingerprint(RULE.id, place.id, element)
    return audits.finding(RULE, place, outcome, fingerprint=identity, element=element, **more)


def saved(folder: Path, number: int, *findings: Finding, **scope: Any) -> Path:
    """The audit of a day."""
    from msgspec.structs import replace

    audit, kept = audits.audit_of([RULE], findings, scope=replace(SCOPE, **scope))
    audit.as_of += dt.timedelta(days=number)
    path = folder / f"day-{number}.json"
    with path.open("wb") as out:
        render(audit, kept, "json", out, Options())
    return path


def publish(azure: LocalAzure, folder: Path, *words: object) -> Any:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "IDENTITY_"))}
    command = [sys.executable, "-m", "auditor", "publish", "defender", "--estate", "prod", "--auth", "secret"]
    return subprocess.run(
        [*command, *map(str, words)],
        env=environment | azure.environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=tools.PATIENCE,
    )


def code(azure: LocalAzure, name: str = "kv-1") -> str | None:
    found = azure.assessments.written.get((audits.vault(name).id.casefold(), NAME))
    return found and found["status"]["code"]


BECAME = [
    (FAIL, PASS, "Healthy"),
    (FAIL, UNKNOWN, "Unhealthy"),
    (FAIL, EXEMPT, "NotApplicable"),
    (FAIL, FAIL, "Unhealthy"),
    (EXEMPT, FAIL, "Unhealthy"),
    (UNKNOWN, UNKNOWN, None),
    (PASS, PASS, None),
]


def test_an_assessment_says_how_a_resource_stands(azure: LocalAzure, tmp_path: Path) -> None:
    for number in (0, 1):
        found = [answer(became[number], name=f"kv-{at}") for at, became in enumerate(BECAME)]
        done = publish(azure, tmp_path, saved(tmp_path, number, *found))
        assert done.returncode == 0, done.stderr
    assert [code(azure, f"kv-{at}") for at in range(len(BECAME))] == [expected for _, _, expected in BECAME]


def test_it_is_healthy_when_all_elements_are(azure: LocalAzure, tmp_path: Path) -> None:
    days = [(FAIL, FAIL, "Unhealthy"), (FAIL, PASS, "Unhealthy"), (UNKNOWN, PASS, "Unhealthy"), (PASS, PASS, "Healthy")]
    for number, (one, two, expected) in enumerate(days):
        audit = saved(tmp_path, number, answer(one, "one"), answer(two, "two"))
        assert publish(azure, tmp_path, audit).returncode == 0
        assert code(azure) == expected, number
    (metadata,) = azure.assessments.metadata.values()
    assert metadata["displayName"] == RULE.title


def test_what_is_gone_in_azure_too_is_left_alone(azure: LocalAzure, tmp_path: Path) -> None:
    assert publish(azure, tmp_path, saved(tmp_path, 0, answer(FAIL, name="kv-9"))).returncode == 0
    assert publish(azure, tmp_path, saved(tmp_path, 1, answer(PASS))).returncode == 0
    assert not azure.assessments.written


def test_an_audit_that_was_sent_elsewhere_before(azure: LocalAzure, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    audit = saved(tmp_path, 0, answer(FAIL))
    command = [sys.executable, "-m", "auditor", "publish", "file", "--folder", "drop", "--estate", "prod", str(audit)]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert publish(azure, tmp_path, audit).returncode == 0
    assert code(azure) == "Unhealthy"


@pytest.mark.parametrize(
    "fault",
    [Fault(PUT, 429, times=3, skip=1, retry_after=0), Fault(PUT, "lost", times=1), Fault(PUT, 403, times=1)],
    ids=lambda fault: str(fault.effect),
)
def test_what_passes_is_waited_for(azure: LocalAzure, tmp_path: Path, fault: Fault) -> None:
    azure.faults.faults.append(fault)
    done = publish(azure, tmp_path, saved(tmp_path, 0, answer(FAIL), answer(FAIL, name="kv-2")))
    assert done.returncode == 0, done.stderr
    assert (code(azure, "kv-1"), code(azure, "kv-2")) == ("Unhealthy", "Unhealthy")


def test_who_may_not_is_told_the_role_and_all_is_kept(azure: LocalAzure, tmp_path: Path) -> None:
    azure.rights.denied.append(("Microsoft.Security/assessments/write", "/"))
    done = publish(azure, tmp_path, saved(tmp_path, 0, answer(FAIL)), "--patience", "0")
    assert (done.returncode, "deploy/azure/defender-role.json" in done.stderr) == (3, True), done.stderr
    azure.rights.denied.clear()
    assert publish(azure, tmp_path).returncode == 0
    assert code(azure) == "Unhealthy"


HOSTILE = [
    f"/subscriptions/{audits.SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv?x=",
    f"/subscriptions/{audits.SUBSCRIPTION}/resourceGroups/rg/../../providers/Microsoft.KeyVault/vaults/kv#",
    f"/subscriptions/{audits.SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/%2e%2e",
    "/clusters/prod/namespaces/shop/deployment/api",
    "/subscriptions/../providers/Microsoft.Authorization/roleAssignments/x",
    "https://elsewhere.example/subscriptions",
]


def test_an_id_leads_nowhere_else(azure: LocalAzure, tmp_path: Path) -> None:
    from msgspec.structs import replace

    found = [
        replace(answer(FAIL, str(at)), resource=replace(answer(FAIL).resource, id=i)) for at, i in enumerate(HOSTILE)
    ]
    done = publish(azure, tmp_path, saved(tmp_path, 0, *found), "--patience", "0")
    assert "Traceback" not in done.stderr
    asked = [served.call for served in azure.asked("PUT management.azure.com")]
    assert all(call.query == {"api-version": "2021-06-01"} for call in asked)
    assert all("/providers/Microsoft.Security/" in call.path for call in asked)
    assert not azure.assessments.written


def test_a_scan_does_not_write(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "auditor", "scan", "--from", str(tmp_path), "--publish", "defender"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "There is no sink 'defender'" in done.stderr) == (2, True), done.stderr
