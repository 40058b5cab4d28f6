"""The JSON report: its schema, its bytes, and reading it back."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from pathlib import Path
from typing import Any

import audits
import pytest

from auditor.model.audit import Audit
from auditor.model.errors import InputError
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.model.package_data import reports_folder
from auditor.render.formats import FORMATS, Options, render
from auditor.render.load import load_audit
from auditor.render.schema import audit_schema

UPDATE = os.environ.get("AUDITOR_UPDATE_GOLDEN") == "1"


def written(audit: Audit, findings: Findings, format: str = "json", options: Options | None = None) -> bytes:
    out = io.BytesIO()
    render(audit, findings, format, out, options or Options())
    return out.getvalue()


def test_published_schema_is_the_schema_of_the_types() -> None:
    path = reports_folder() / "audit.schema.json"
    text = json.dumps(audit_schema(), indent=2, ensure_ascii=False) + "\n"
    if UPDATE:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text, "run the tests with AUDITOR_UPDATE_GOLDEN=1"


def test_every_member_of_the_document_is_described() -> None:
    schema = audit_schema()
    for name in ("Document", "Summary", "Finding", "Evidence", "Gap"):
        for member, what in schema["$defs"][name]["properties"].items():
            assert what.get("description") or "$ref" in what, f"{name}.{member}"


@pytest.mark.parametrize("make", [audits.small, audits.nothing, audits.clean])
def test_documents_are_valid(make: Any) -> None:
    import jsonschema  # here: importing it takes more than a second

    document = json.loads(written(*make()))
    jsonschema.Draft202012Validator(audit_schema()).validate(document)


def test_document_holds_the_whole_audit() -> None:
    document = json.loads(written(*audits.small()))
    assert document["schemaVersion"] == "1.2"
    assert document["tool"] == {"name": "auditor", "version": "1.2.3"}
    assert document["asOf"] == "2025-01-15T08:00:00Z"
    assert document["summary"]["counts"] == {"pass": 1, "fail": 4, "unknown": 1, "error": 1, "exempt": 1}
    assert document["summary"]["failures"] == {"critical": 1, "high": 2, "medium": 1, "low": 0, "info": 0}
    assert document["summary"]["nothingEvaluated"] is False
    assert [rule["exercised"] for rule in document["rules"]] == [True, True, True, False, False]
    assert document["rules"][4]["error"] == "it names an operator that does not exist"
    assert len(document["findings"]) == 8 == sum(document["listed"].values())


def test_nothing_evaluated_is_said() -> None:
    assert json.loads(written(*audits.nothing()))["summary"]["nothingEvaluated"] is True


def test_findings_can_be_limited_to_outcomes_and_counts_stay_whole() -> None:
    document = json.loads(written(*audits.small(), options=Options(outcomes=frozenset({Outcome.FAIL}))))
    assert {finding["outcome"] for finding in document["findings"]} == {"fail"}
    assert document["listed"] == {"pass": 0, "fail": 4, "unknown": 0, "error": 0, "exempt": 0}
    assert document["summary"]["counts"]["pass"] == 1


@pytest.mark.parametrize("format", [format for format in FORMATS if format != "pdf"])
@pytest.mark.parametrize("make", [audits.small, audits.nothing, audits.clean])
def test_a_saved_audit_renders_to_the_same_bytes(make: Any, format: str, tmp_path: Path) -> None:
    audit, findings = make()
    saved = tmp_path / "audit.json"
    saved.write_bytes(written(audit, findings))
    again, findings_again = load_audit(str(saved))
    with findings_again:
        assert written(again, findings_again, format) == written(audit, findings, format)


def test_a_document_laid_out_anew_is_read_too(tmp_path: Path) -> None:
    audit, findings = audits.small()
    saved = tmp_path / "audit.json"
    saved.write_text(json.dumps(json.loads(written(audit, findings)), indent=4), "utf-8")
    again, findings_again = load_audit(saved)
    with findings_again:
        assert written(again, findings_again) == written(audit, findings)


def test_a_time_of_another_zone_survives(tmp_path: Path) -> None:
    audit, findings = audits.audit_of([], [], as_of=dt.datetime(2025, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))))
    saved = tmp_path / "audit.json"
    saved.write_bytes(written(audit, findings))
    again, findings_again = load_audit(saved)
    with findings_again:
        assert written(again, findings_again) == saved.read_bytes()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda text: "", "is not a saved audit"),
        (lambda text: "[]", "is not a saved audit"),
        (lambda text: "[" * 100_000, "is not a saved audit"),
        (lambda text: text[: len(text) // 2], "is not a saved audit"),
        (lambda text: text.replace('"outcome":"fail"', '"outcome":"fine"'), "is not a saved audit"),
        (lambda text: text.replace('"weakest":"plaintext"', '"weakest":"10.0.0.0/33"'), "is not a saved audit"),
        (lambda text: text.replace('"outcome":"fail"', '"outcome":"pass"', 1), "findings, but lists"),
        (lambda text: text.replace('"schemaVersion":"1.2"', '"schemaVersion":"2.0"'), "schema version 2.0"),
        (lambda text: text.replace('"counts":{"pass":1,"fail":4', '"counts":{"pass":5,"fail":0'), "summary counts"),
        (lambda text: text.replace('"ruleId":"kubernetes.', '"ruleId":"other.'), "a rule that it does not list"),
    ],
)
def test_a_bad_file_is_an_input_error(spoil: Any, sentence: str, tmp_path: Path) -> None:
    saved = tmp_path / "audit.json"
    saved.write_text(spoil(written(*audits.small()).decode()), "utf-8")
    with pytest.raises(InputError, match=sentence) as caught:
        load_audit(saved)
    assert caught.value.hint


def test_a_missing_or_binary_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_audit(tmp_path / "absent.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe{\x00")
    with pytest.raises(InputError, match="is not a saved audit"):
        load_audit(tmp_path / "binary.json")
