"""OCSF: what the published schema (1.4.0) asks of a Compliance Finding, written down here."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import audits
import hostile
import pytest

from auditor.history.compare import compare
from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.formats import Options, render

# From events/base_event.json, events/findings/finding.json, compliance_finding.json and the objects they name.
REQUIRED = {
    "": ["activity_id", "category_uid", "class_uid", "compliance", "finding_info", "metadata", "severity_id", "time",
         "type_uid"],
    "compliance": ["standards"],
    "finding_info": ["uid"],
    "finding_info.analytic": ["type_id"],
    "metadata": ["product", "version"],
    "metadata.product": ["vendor_name"],
    "remediation": ["desc"],
}  # fmt: skip
ENUMS = {
    "activity_id": {0: "Unknown", 1: "Create", 2: "Update", 3: "Close", 99: "Other"},
    "severity_id": {0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical", 6: "Fatal",
                    99: "Other"},
    "status_id": {0: "Unknown", 1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved", 99: "Other"},
    "compliance.status_id": {0: "Unknown", 1: "Pass", 2: "Warning", 3: "Fail", 99: "Other"},
    "finding_info.analytic.type_id": {0: "Unknown", 1: "Rule", 2: "Behavioral", 3: "Statistical", 4: "Learning (ML/DL)",
                                      99: "Other"},
}  # fmt: skip
CAPTIONS = {"activity_id": "activity_name", "finding_info.analytic.type_id": "finding_info.analytic.type"}


def events(audit: Audit, findings: Findings, **options: Any) -> list[dict[str, Any]]:
    out = io.BytesIO()
    render(audit, findings, "ocsf", out, Options(**options))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def at(event: Any, path: str) -> Any:
    for key in filter(None, path.split(".")):
        event = event[key]
    return event


@pytest.mark.parametrize("make", [audits.small, audits.clean, hostile.audit])
def test_events_have_what_the_schema_requires(make: Any) -> None:
    for event in events(*make()):
        for path, names in REQUIRED.items():
            assert all(at(event, path).get(name) not in (None, []) for name in names), path
        for path, values in ENUMS.items():
            caption = CAPTIONS.get(path, path.removesuffix("_id"))
            assert at(event, caption) == values[at(event, path)]
        assert (event["category_uid"], event["class_uid"]) == (2, 2003)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["time"] == event["finding_info"]["created_time"] == 1736928000000
        assert all(isinstance(text, str) for text in event["compliance"]["standards"])
        assert all(isinstance(text, str) for text in event["compliance"]["status_details"])
        assert {"uid", "name", "type"} <= set(event["resources"][0])
        if "cloud" in event["metadata"]["profiles"]:
            assert event["cloud"]["provider"] == "Azure"  # required by the profile


def test_only_a_pass_is_a_pass() -> None:
    found = {event["compliance"]["status_code"]: event for event in events(*audits.small())}
    assert set(found) == {outcome.value for outcome in Outcome}
    statuses = {name: (event["compliance"]["status"], event["status"]) for name, event in found.items()}
    assert statuses == {
        "pass": ("Pass", "Resolved"),
        "fail": ("Fail", "New"),
        "exempt": ("Fail", "Suppressed"),
        "unknown": ("Warning", "Unknown"),
        "error": ("Warning", "Unknown"),
    }
    assert found["unknown"]["compliance"]["status_details"] == ["reading it was forbidden (403)"]
    assert found["unknown"]["compliance"]["requirements"] == ["cis-azure-6.0 8.3.5", "mcsb DP-8"]
    assert found["pass"]["severity"] == "Informational"


def test_a_finding_of_the_baseline_is_updated() -> None:
    changes = compare(audits.small(), audits.small())
    assert {event["activity_name"] for event in events(*audits.small(), changes=changes)} == {"Update"}


def test_whose_it_is_and_since_when() -> None:
    (event,) = [event for event in events(*audits.small()) if event["resources"][0]["name"] == "kv-2"]
    assert event["resources"][0]["owner"] == {"name": "Team Data <b>"}
    since = audits.AS_OF - dt.timedelta(days=40)
    assert event["finding_info"]["first_seen_time"] == int(since.timestamp() * 1000)


def test_script_addresses_are_no_references() -> None:
    for event in events(*hostile.audit()):
        assert all(address.startswith("http") for address in event["remediation"]["references"])
