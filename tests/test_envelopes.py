"""What lies around resources in a file: nothing in it is lost, and an answer that is not whole is a gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.ingest.inventory import open_inventory

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
ID = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
VAULT = {"type": "Microsoft.KeyVault/vaults", "name": "kv", "id": ID,
         "properties": {"enablePurgeProtection": False}}  # fmt: skip
GOOD = {**VAULT, "id": f"{ID}-good", "name": "kv-good", "properties": {"enablePurgeProtection": True}}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"},
       "spec": {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True}}]}}  # fmt: skip
META = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": POD["metadata"]}
PART = {"metadata": POD["metadata"], "spec": POD["spec"]}
PRIVILEGED = "kubernetes.workload.no-privileged-containers"
PURGE = "azure.key-vault.purge-protection"
SIZES = (1, 3000)
"""Elements: a small file is read at once, a large one element by element."""


def scan(command: Any, tmp_path: Path, document: Any, rule: str = PURGE) -> dict[str, Any]:
    (tmp_path / "in.json").write_text(json.dumps(document))
    done = command("scan", "--from", "in.json", "--select", rule, "-f", "json", "-o", "out.json")
    found: dict[str, Any] = json.loads((tmp_path / "out.json").read_text())
    return {**found, "code": done.returncode}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "envelope",
    [
        {"total_records": 9999}, {"totalRecords": 9999}, {"TotalRecords": "9999"}, {"result_truncated": True},
        {"resultTruncated": "True"}, {"ResultTruncated": "true"}, {"nextlink": "https://x"}, {"odata.nextLink": "x"},
        {"@nextLink": "x"}, {"next_link": "x"}, {"$skipToken": "x"}, {"skip_token": "x"}, {"count": 9999},
        {"error": {"code": "Broken"}}, {"errors": [{"code": "Broken"}]},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("key", ["data", "value"])
def test_an_answer_that_is_not_whole_is_a_gap(
    command: Any, tmp_path: Path, key: str, envelope: dict[str, Any], size: int
) -> None:
    goods = [{**GOOD, "id": f"{GOOD['id']}-{number}"} for number in range(size)]
    for document in ({**envelope, key: goods}, {key: goods, **envelope}):
        audit = scan(command, tmp_path, document)
        assert audit["code"] == 3, envelope
        assert audit["gaps"]


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_answer_is_no_gap(command: Any, tmp_path: Path, size: int) -> None:
    goods = [{**GOOD, "id": f"{GOOD['id']}-{number}"} for number in range(size)]
    envelope = {"count": size, "total_records": size, "skip_token": None, "resultTruncated": "false"}
    assert scan(command, tmp_path, {**envelope, "data": goods})["code"] == 0
    pages = [{"value": goods[:1], "nextLink": "x", "count": size}, {"value": goods[1:], "count": size}]
    assert scan(command, tmp_path, {"pages": pages})["code"] == 0


@pytest.mark.parametrize(
    "document",
    [
        {"data": [GOOD], "value": [VAULT]}, {"value": [GOOD], "data": [VAULT]}, {"Value": [VAULT]}, {"DATA": [VAULT]},
    ],
    ids=str,
)  # fmt: skip
def test_every_list_of_an_answer_is_read(command: Any, tmp_path: Path, document: Any) -> None:
    assert scan(command, tmp_path, document)["code"] == 1


@pytest.mark.parametrize(
    "document",
    [
        {**POD, "kind": "pod"}, {**POD, "kind": "POD"}, {**POD, "kind": "Pod "},
        {"apiVersion": "v1", "kind": "List", "items": [POD]}, {"apiVersion": "v1", "kind": "List", "Items": [POD]},
        {"apiVersion": "v1", "kind": "list", "items": [POD]}, {"apiVersion": "v1", "kind": "List", "items": POD},
        {"apiVersion": "v1", "kind": "PodList", "items": [PART]},
        {"apiVersion": "v1", "kind": "podlist", "items": [PART]},
        {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "rows": [{"cells": [], "object": POD}]},
        {"apiVersion": "template.openshift.io/v1", "kind": "Template", "objects": [POD], "parameters": []},
    ],
    ids=lambda document: document["kind"],
)  # fmt: skip
@pytest.mark.parametrize("lines", [False, True])
def test_a_pod_is_found_in_any_envelope(command: Any, tmp_path: Path, document: Any, lines: bool) -> None:
    (tmp_path / "in.ndjson").write_text(json.dumps(document) + "\n" + json.dumps(VAULT) + "\n")
    (tmp_path / "in.json").write_text(json.dumps(document))
    done = command("scan", "--from", "in.ndjson" if lines else "in.json", "--select", PRIVILEGED, "-f", "json")
    assert done.returncode == 1, done.stdout
    assert json.loads(done.stdout)["findings"][0]["resource"]["type"] == "core/Pod"


@pytest.mark.parametrize(
    "document",
    [
        {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403},
        {"apiVersion": "v1", "kind": "PodList"},
        {"apiVersion": "v1", "kind": "List", "items": None},
        {"apiVersion": "v1", "kind": "List", "items": ["x"]},
        {"apiVersion": "v1", "kind": "List", "metadata": {"continue": "x"}, "items": []},
        {"apiVersion": "v1", "kind": "List", "metadata": {"remainingItemCount": 2}, "items": []},
        {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "rows": [{"cells": ["p"]}]},
        {"error": {"code": "AuthorizationFailed"}},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_an_envelope_without_objects_is_a_gap(command: Any, tmp_path: Path, document: Any, suffix: str) -> None:
    (tmp_path / f"in.{suffix}").write_text(json.dumps(document))
    done = command("scan", "--from", f"in.{suffix}", "--select", PRIVILEGED, "-f", "json")
    assert done.returncode == 3, done.stdout
    assert json.loads(done.stdout)["gaps"] if done.stdout else done.stderr


def test_a_table_without_objects_is_a_gap_of_each_row(command: Any, tmp_path: Path) -> None:
    table = {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "rows": [{"cells": [], "object": META}]}
    audit = scan(command, tmp_path, table, PRIVILEGED)
    assert audit["code"] == 3


def test_a_parameter_of_a_template_is_not_known(command: Any, tmp_path: Path) -> None:
    pod = json.loads(json.dumps(POD))
    pod["spec"]["containers"][0]["securityContext"]["privileged"] = "${{PRIVILEGED}}"
    template = {"apiVersion": "template.openshift.io/v1", "kind": "Template", "objects": [pod]}
    audit = scan(command, tmp_path, template, PRIVILEGED)
    assert [finding["outcome"] for finding in audit["findings"]] == ["unknown"]


def test_an_arm_resource_with_a_kind_and_a_version_is_one_of_arm(command: Any, tmp_path: Path) -> None:
    body = {
        "apiVersion": "latest",
        "kind": "app",
        "type": VAULT["type"],
        "name": "kv",
        "properties": VAULT["properties"],
    }
    audit = scan(command, tmp_path, body)
    assert audit["code"] == 1


ARM_BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "a version that is no date": ({"apiVersion": "v1", "kind": "StorageV2", "location": "x", "properties": {}}, ""),
    "a body of another provider": (
        {"type": "Dynatrace.Observability/monitors", "apiVersion": "v1", "kind": "k", "name": "m", "properties": {}},
        "Dynatrace.Observability/monitors",
    ),
    "the body of a PUT": ({"apiVersion": "2023-01-01", "kind": "StorageV2", "name": "a", "properties": {}}, ""),
    "an expression for the version": (
        {
            "type": "Microsoft.Storage/storageAccounts",
            "apiVersion": "[parameters('v')]",
            "kind": "StorageV2",
            "name": "a",
            "properties": {},
        },
        "Microsoft.Storage/storageAccounts",
    ),
}


@pytest.mark.parametrize("form", ["in.json", "in.ndjson", "in.yaml"])
@pytest.mark.parametrize("name", ARM_BODIES)
def test_a_body_of_azure_without_an_id_is_no_object_of_kubernetes(tmp_path: Path, name: str, form: str) -> None:
    body, kind = ARM_BODIES[name]
    (tmp_path / form).write_text(json.dumps(body) + "\n")
    inventory = open_inventory([str(tmp_path / form)])
    assert [resource.type for resource in inventory.resources()] == ([kind] if kind else [])
    assert bool(inventory.gaps) is not bool(kind)


BAD = {**POD, "metadata": {"name": "bad", "namespace": "shop"}}
GOOD_POD = {**POD, "spec": {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": False}}]}}
TABLE = {"columns": [{"name": name} for name in GOOD], "rows": [list(GOOD.values())]}
OPENSHIFT = {"apiVersion": "template.openshift.io/v1", "kind": "Template", "metadata": {"name": "t"}}
ODD_ENVELOPES: dict[str, Any] = {
    "a table that is truncated": {**TABLE, "resultTruncated": "true"},
    "a table with a token": {**TABLE, "$skipToken": "x"},
    "a table of fewer rows": {"data": TABLE, "total_records": "7"},
    "a table within an answer": {"data": {**TABLE, "truncated": True}},
    "pages with a link beside them": {"pages": [{"value": [GOOD]}], "nextLink": "x"},
    "pages with errors beside them": {"pages": [{"value": [GOOD]}], "errors": [{"code": "X"}]},
    "pages of fewer rows": {"pages": [{"value": [GOOD]}], "totalCount": 5},
    "a first page that announces more": {
        "pages": [{"data": [], "total_records": 10, "skip_token": "x"}, {"data": [GOOD]}]
    },
    "an error beside an answer": {"response": {"status": 200, "body": {"value": [GOOD]}}, "error": {"code": "X"}},
    "a link beside a body": {"status": 200, "body": {"value": [GOOD]}, "nextLink": "x"},
    **{
        f"{name} {status}": {"response": {name: status, "body": {"value": [GOOD]}}}
        for name in ("status", "statusCode", "status_code", "httpStatusCode")
        for status in ("403", 403, 202, 206, 302)
    },
    "an error in words": {"code": "AuthorizationFailed", "message": "no", "value": [GOOD]},
    "a throttled answer": {"Code": "Throttled", "Message": "slow", "data": [GOOD]},
    "an operation that failed": {"status": "Failed", "value": [GOOD]},
    "an operation that goes on": {"status": "In Progress", "data": [GOOD]},
    **{
        f"a member {name}": {name: value, "value": [GOOD]}
        for name, value in {
            "next": "x", "nextPageToken": "x", "next_url": "x", "x-ms-continuation": "x", "pageToken": "x",
            "hasMoreResults": True, "incomplete_results": "true", "isPartial": True, "total": 9, "totalRows": 9,
            "recordCount": 9, "metadata": {"totalCount": 9}, "links": {"next": "x"}, "_links": {"next": {"href": "x"}},
            "paging": {"nextLink": "x"}, "@odata.count": 7, "exception": {"message": "x"}, "partialErrors": ["x"],
            "odata.error": {"code": "x"},
        }.items()
    },
    "a list of pods as data": {"apiVersion": "v1", "kind": "PodList", "data": [BAD]},
    "a list of pods beside a status": {"apiVersion": "v1", "kind": "List", "status": {}, "pods": [BAD]},
    "a list that failed": {"apiVersion": "v1", "kind": "List", "items": [GOOD_POD], "status": "Failure", "code": 410},
    "a list with a token": {"apiVersion": "v1", "kind": "List", "items": [GOOD_POD], "metadata": {"Continue": "x"}},
    "a status of success": {"apiVersion": "v1", "kind": " STATUS", "status": "Success"},
    "a table of Kubernetes with a token": {
        "apiVersion": "meta.k8s.io/v1", "kind": "table", "rows": [{"object": GOOD_POD}], "metadata": {"continue": "x"}
    },
    "a table of Kubernetes without rows": {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "columnDefinitions": []},
    "a template without objects": OPENSHIFT,
    "a template of v1 without objects": {**OPENSHIFT, "apiVersion": "v1"},
    "a question to a webhook": {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                                "request": {"object": BAD}},
    "an event of a watch": {"apiVersion": "v1", "kind": "WatchEvent", "type": "ADDED", "object": BAD},
    "an event of a watch without a kind": {"type": "ADDED", "object": BAD},
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_ENVELOPES)
@pytest.mark.parametrize("suffix", ["json", "ndjson", "yaml"])
def test_what_is_not_the_whole_answer_is_a_gap(audit_of: Any, tmp_path: Path, name: str, suffix: str) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / f"in.{suffix}").write_text(json.dumps(ODD_ENVELOPES[name]))
    beside = [{**GOOD, "id": f"{ID}-beside"}, {**GOOD_POD, "metadata": {"name": "beside", "namespace": "shop"}}]
    (tmp_path / "all" / "beside.json").write_text(json.dumps(beside))
    code, report, err = audit_of("all")
    assert code == 3 and f"in.{suffix}" in json.dumps(report["gaps"]) + err, report.get("gaps")


@pytest.mark.parametrize(
    "document",
    [
        {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "Rows": [{"object": BAD}]},
        {"apiVersion": "meta.k8s.io/v1", "kind": "Table", "rows": {"object": BAD}},
        {**OPENSHIFT, "objects": BAD}, {**OPENSHIFT, "Objects": [BAD]}, {**OPENSHIFT, "items": [BAD]},
        {"apiVersion": "v1", "kind": "List", "items": [{**OPENSHIFT, "apiVersion": "v1", "objects": [BAD]}]},
    ],
    ids=str,
)  # fmt: skip
def test_objects_are_found_in_any_spelling(audit_of: Any, tmp_path: Path, document: Any) -> None:
    (tmp_path / "in.json").write_text(json.dumps(document))
    code, report, _ = audit_of("in.json")
    assert (code, report["gaps"]) == (1, [])


def test_a_key_that_a_parameter_names_makes_its_object_unknown(audit_of: Any, tmp_path: Path) -> None:
    pod = json.loads(json.dumps(POD))
    pod["spec"]["containers"][0]["securityContext"] = {"${KEY}": True}
    (tmp_path / "in.json").write_text(json.dumps({**OPENSHIFT, "objects": [pod]}))
    assert [finding["outcome"] for finding in audit_of("in.json")[1]["findings"]] == ["unknown"]
