"""What the auditor reads: every form an export of Azure or Kubernetes comes in gives the same resources."""

from __future__ import annotations

import base64
import gc
import gzip
import io
import json
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.ingest import sources
from auditor.ingest.diagnostics import Log
from auditor.ingest.inventory import CollectedSource, Inventory, open_inventory
from auditor.ingest.json_scanner import Feed
from auditor.ingest.json_stream import Places, json_documents
from auditor.model.errors import InputError
from auditor.model.resource import Origin, Resource, Unknown

VAULT = {
    "id": "/subscriptions/s1/resourceGroups/g1/providers/Microsoft.KeyVault/vaults/v1",
    "name": "v1",
    "type": "Microsoft.KeyVault/vaults",
    "properties": {"enableSoftDelete": True},
}
STORE = {
    "id": "/subscriptions/s1/resourceGroups/g1/providers/microsoft.storage/storageaccounts/a1",
    "name": "a1",
    "type": "microsoft.storage/storageaccounts",
    "properties": {},
}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


def read(*paths: Path | str, types: frozenset[str] | None = None) -> tuple[list[Resource], Inventory]:
    inventory = open_inventory([str(path) for path in paths])
    return list(inventory.resources(types)), inventory


def save(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def lines(*resources: Any) -> str:
    return "".join(json.dumps(resource) + "\n" for resource in resources)


TABLE = {
    "columns": [
        {"name": "id", "type": "string"},
        {"name": "name", "type": "string"},
        {"name": "type", "type": "string"},
    ],
    "rows": [[one["id"], one["name"], one["type"]] for one in (VAULT, STORE)],
}
ENVELOPES = {
    "an array": [VAULT, STORE],
    "an answer of ARM": {"value": [VAULT, STORE]},
    "an answer of Resource Graph": {"totalRecords": 2, "count": 2, "data": [VAULT, STORE], "resultTruncated": "false"},
    "az graph query": {"count": 2, "data": [VAULT, STORE], "skip_token": None, "total_records": 2},
    "a table of Resource Graph": {"totalRecords": 2, "data": TABLE},
    "a table": TABLE,
    "a recorded answer": {"_source": "x", "request": {}, "response": {"status": 200, "body": {"data": [VAULT, STORE]}}},
    "recorded pages": {"pages": [{"response": {"body": {"value": [VAULT]}}}, {"body": {"data": [STORE]}}]},
    "pages whose next links are followed": {
        "pages": [{"body": {"value": [VAULT], "nextLink": "x"}}, {"body": {"value": [STORE]}}]
    },
}


@pytest.mark.parametrize("form", ENVELOPES)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_envelope_gives_its_resources(tmp_path: Path, form: str, indent: int | None) -> None:
    path = save(tmp_path / "export.json", json.dumps(ENVELOPES[form], indent=indent))
    resources, inventory = read(path)
    assert [resource.type for resource in resources] == [VAULT["type"], STORE["type"]]
    assert [resource.id for resource in resources] == [VAULT["id"], STORE["id"]]
    assert inventory.gaps == []
    assert inventory.inputs == (str(path),)
    assert resources[0].origin.file == str(path)


@pytest.mark.parametrize("name", ["export.ndjson", "export.jsonl", "export.json", "export"])
def test_ndjson_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    resources, inventory = read(save(tmp_path / name, lines(VAULT, STORE)))
    assert [(one.body, one.origin.line) for one in resources] == [(VAULT, 1), (STORE, 2)]
    assert not inventory.gaps


def test_ndjson_with_blank_lines_windows_line_ends_and_no_last_newline(tmp_path: Path) -> None:
    text = f"\r\n{json.dumps(VAULT)}\r\n\r\n{json.dumps(STORE)}"
    resources, inventory = read(save(tmp_path / "export.ndjson", text))
    assert [one.origin.line for one in resources] == [2, 4]
    assert not inventory.gaps


def test_documents_one_after_the_other_without_separator(tmp_path: Path) -> None:
    text = json.dumps(VAULT, indent=2) + "\n" + json.dumps([STORE], indent=2)
    resources, _ = read(save(tmp_path / "jq.json", text))
    assert [one.body for one in resources] == [VAULT, STORE]


@pytest.mark.parametrize("content", [[VAULT, STORE], {"value": [VAULT, STORE]}])
def test_gzip_is_known_by_its_content(tmp_path: Path, content: Any) -> None:
    packed = gzip.compress(json.dumps(content).encode())
    for name in ("export.json.gz", "export.json"):
        assert len(read(save(tmp_path / name, packed))[0]) == 2
    assert len(read(save(tmp_path / "l.ndjson.gz", gzip.compress(lines(VAULT, STORE).encode())))[0]) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_unicode_encodings(tmp_path: Path, encoding: str) -> None:
    named = {**VAULT, "name": "Tresor für Schlüssel 🔑"}
    for content in (json.dumps([named], ensure_ascii=False), json.dumps(named, ensure_ascii=False) + "\n"):
        resources, inventory = read(save(tmp_path / "powershell.json", content.encode(encoding)))
        assert [one.body for one in resources] == [named]
        assert not inventory.gaps


def test_comments_are_read_over_but_not_in_texts(tmp_path: Path) -> None:
    text = """// exported by hand: "don't [judge] {this}
    [ /* the first */ {"id": "/a", "type": "A/b", "url": "https://x/*y*/ // z"}, // the second
      {"id": "/c", /* "type": "no" */ "type": "A/c"} ] // the end"""
    resources, inventory = read(save(tmp_path / "commented.json", text))
    assert [one.type for one in resources] == ["A/b", "A/c"]
    assert resources[0].body["url"] == "https://x/*y*/ // z"
    assert not inventory.gaps


def test_a_large_array_with_comments(tmp_path: Path) -> None:
    one = '{"id": "/%d", "type": "A/b", "text": "' + "x" * 400 + '"}, // "[{\n'
    text = "[" + "".join(one % number for number in range(4000)) + '{"type": "A/last"}]'
    resources, inventory = read(save(tmp_path / "commented.json", text))
    assert len(resources) == 4001 and resources[-1].type == "A/last"
    assert not inventory.gaps


def test_a_single_resource(tmp_path: Path) -> None:
    resources, _ = read(save(tmp_path / "one.json", json.dumps(VAULT, indent=2)))
    assert [one.body for one in resources] == [VAULT]


def test_kubectl_output(tmp_path: Path) -> None:
    inner = {"apiVersion": "v1", "kind": "List", "items": [POD]}
    content = {"apiVersion": "v1", "items": [DEPLOYMENT, inner], "kind": "List", "metadata": {"resourceVersion": ""}}
    resources, inventory = read(save(tmp_path / "cluster.json", json.dumps(content, indent=4)))
    assert [one.type for one in resources] == ["apps/Deployment", "core/Pod"]
    assert resources[0].id == "/clusters/-/namespaces/shop/apps/Deployment/web"
    assert not inventory.gaps


def test_items_of_a_typed_list_get_its_kind(tmp_path: Path) -> None:
    content = {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "p"}}]}
    resources, _ = read(save(tmp_path / "raw.json", content))
    assert [(one.type, one.name) for one in resources] == [("core/Pod", "p")]


MANIFEST = """\
# the shop
---
apiVersion: apps/v1
kind: Deployment
metadata: &meta {name: web, labels: {released: 2024-01-01, on: yes, at: 22:22}}
---
# nothing here
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
- apiVersion: v1
  kind: Pod
  metadata: {name: b}
...
"""


@pytest.mark.parametrize("name", ["shop.yaml", "shop.yml", "shop"])
def test_manifests(tmp_path: Path, name: str) -> None:
    resources, inventory = read(save(tmp_path / name, MANIFEST))
    assert [(one.type, one.name, one.origin.line) for one in resources] == [
        ("apps/Deployment", "web", 3),
        ("core/Pod", "a", 12),
        ("core/Pod", "b", 15),
    ]
    assert {one.origin.source for one in resources} == {"manifest"}
    assert not inventory.gaps


def test_values_of_a_manifest_are_those_that_kubernetes_sees(tmp_path: Path) -> None:
    text = """
apiVersion: v1
kind: ConfigMap
metadata: {name: c, labels: {date: 2024-01-01, time: 22:22, yes: no, 1: 0x1f, mode: 0644, big: 1_000}}
data: {quoted: "yes", text: !!str 12, none: ~, number: 1.5e3, binary: !!binary aGk=, short: y}
base: &base {a: 1, b: 2}
merged: {<<: *base, b: 3}
block: |
  ---not a marker
  text
"""
    (resource,), inventory = read(save(tmp_path / "c.yaml", text))
    assert resource.body["metadata"]["labels"] == {
        "date": "2024-01-01", "time": "22:22", "true": False, "1": 31, "mode": 420, "big": 1000,
    }  # fmt: skip
    data = {"quoted": "yes", "text": "12", "none": None, "number": 1500.0, "binary": "hi", "short": True}
    assert resource.body["data"] == data
    assert resource.body["merged"] == {"a": 1, "b": 3}
    assert resource.body["block"] == "---not a marker\ntext\n"
    assert not inventory.gaps


def test_yaml_lists_and_json_in_yaml_files(tmp_path: Path) -> None:
    yaml_list = (
        "- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n"
    )
    assert [one.name for one in read(save(tmp_path / "l.yaml", yaml_list))[0]] == ["a", "b"]
    assert [one.type for one in read(save(tmp_path / "j.yaml", POD))[0]] == ["core/Pod"]


def test_a_directory_is_read_whole_and_in_order(tmp_path: Path) -> None:
    save(tmp_path / "b" / "vaults.json", [VAULT])
    save(tmp_path / "a" / "stores.ndjson", lines(STORE))
    save(tmp_path / "shop.yaml", MANIFEST)
    save(tmp_path / "z.jsonl.gz", gzip.compress(lines({**VAULT, "id": "/z"}).encode()))
    save(tmp_path / "README.md", "# not data")
    save(tmp_path / ".git" / "config.json", "not data either")
    resources, inventory = read(tmp_path)
    files = [str(Path(one.origin.file or "").relative_to(tmp_path)) for one in resources]
    assert files == ["a/stores.ndjson", "b/vaults.json", "shop.yaml", "shop.yaml", "shop.yaml", "z.jsonl.gz"]
    assert inventory.inputs == (str(tmp_path),)
    assert not inventory.gaps


def test_a_directory_with_a_circle_of_links_is_read_once(tmp_path: Path) -> None:
    save(tmp_path / "a" / "v.json", VAULT)
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert len(read(tmp_path)[0]) == 1


def test_relative_paths_stay_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "in" / "v.json", VAULT)
    monkeypatch.chdir(tmp_path)
    assert [one.origin.file for one in read("in")[0]] == [str(Path("in/v.json"))]


@pytest.mark.parametrize("content", [lines(VAULT, STORE), json.dumps([VAULT, STORE], indent=1)])
def test_standard_input_can_be_read_more_than_once(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    inventory = open_inventory(["-"])
    assert inventory.inputs == ("-",)
    for _ in range(2):
        assert [one.body for one in inventory.resources()] == [VAULT, STORE]
    assert {one.origin.file for one in inventory.resources()} == {"-"}


def test_the_copy_of_standard_input_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[]")))
    inventory = open_inventory(["-"])
    assert len(list(tmp_path.iterdir())) == 1
    del inventory
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_can_be_read_more_than_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(json.dumps([VAULT])))
    writer.start()
    inventory = open_inventory([str(pipe)])
    writer.join()
    assert [len(list(inventory.resources())) for _ in range(2)] == [1, 1]


def test_children_become_resources(tmp_path: Path) -> None:
    server = {
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/db",
        "name": "db",
        "type": "Microsoft.Sql/servers",
        "resources": [
            {
                "type": "databases",
                "name": "main",
                "resources": [{"type": "transparentDataEncryption", "name": "current"}],
            },
            {"type": "Microsoft.Sql/servers/firewallRules", "name": "db/office"},
            {"type": "Microsoft.Sql/servers/databases/backups", "name": "db/main/daily"},
            {"type": "Microsoft.Insights/diagnosticSettings", "name": "logs"},
            {"type": "Microsoft.Sql/servers/keys", "name": "k", "id": "/given"},
        ],
    }
    resources, inventory = read(save(tmp_path / "sql.json", [server]))
    base = server["id"]
    assert [(one.type, one.id) for one in resources] == [
        ("Microsoft.Sql/servers", base),
        ("Microsoft.Sql/servers/databases", f"{base}/databases/main"),
        (
            "Microsoft.Sql/servers/databases/transparentDataEncryption",
            f"{base}/databases/main/transparentDataEncryption/current",
        ),
        ("Microsoft.Sql/servers/firewallRules", f"{base}/firewallRules/office"),
        ("Microsoft.Sql/servers/databases/backups", f"{base}/databases/main/backups/daily"),
        ("Microsoft.Insights/diagnosticSettings", f"{base}/providers/Microsoft.Insights/diagnosticSettings/logs"),
        ("Microsoft.Sql/servers/keys", "/given"),
    ]
    assert not inventory.gaps
    assert len(read(tmp_path / "sql.json", types=frozenset({"microsoft.sql/servers/databases"}))[0]) == 1


def test_an_arm_kind_is_not_a_kubernetes_kind(tmp_path: Path) -> None:
    site = {"apiVersion": "2022-03-01", "kind": "app", "type": "Microsoft.Web/sites", "name": "w"}
    (resource,), _ = read(save(tmp_path / "site.json", site))
    assert resource.type == "Microsoft.Web/sites"
    assert not resource.is_kubernetes


@pytest.mark.parametrize(
    "write",
    [
        lambda path: save(path / "x.json", [VAULT, STORE, {**STORE, "id": "/2"}]),
        lambda path: save(path / "x.ndjson", lines(VAULT, STORE, {**STORE, "id": "/2"})),
        lambda path: save(path / "x.json", {"value": [VAULT, STORE, {**STORE, "id": "/2"}]}),
    ],
)
def test_only_the_types_asked_for(tmp_path: Path, write: Any) -> None:
    inventory = open_inventory([str(write(tmp_path))])
    assert [one.type for one in inventory.resources(frozenset({"microsoft.keyvault/vaults"}))] == [VAULT["type"]]
    assert len(list(inventory.resources(frozenset({"microsoft.storage/storageaccounts"})))) == 2
    assert list(inventory.resources(frozenset())) == []
    assert len(list(inventory.resources())) == 3


ODD_LINES = st.sampled_from(
    [
        json.dumps(VAULT),
        json.dumps(STORE),
        json.dumps({**STORE, "resources": [{"type": "blobServices", "name": "b"}]}),
        json.dumps(POD),
        json.dumps({"value": [VAULT, STORE]}),
        json.dumps({"note": {"type": "Microsoft.KeyVault/vaults"}}),
        json.dumps({**POD, "type": "Microsoft.KeyVault/vaults"}),
        '{"type": "microsoft.storage/storageaccounts", "type": "Microsoft.KeyVault/vaults"}',
        '{"type": "microsoft.storage/storageaccounts", "x": "\\ud800"}',
        '{"type": "microsoft.storage/storageaccounts", "x": 01}',
        '{"\\u0074ype": "Microsoft.KeyVault/vaults"}',
        '{"type": 5}',
        "[]",
        "null",
        '{"type": "Microsoft.KeyVault/vaults"',
    ]
)


@given(st.lists(ODD_LINES, min_size=1, max_size=8))
@settings(max_examples=60)
def test_asking_for_types_is_the_same_as_choosing_afterwards(
    tmp_path_factory: pytest.TempPathFactory, text: list[str]
) -> None:
    path = save(
        tmp_path_factory.mktemp("odd") / "x.ndjson", "\n".join([*text, json.dumps({"id": "/-", "type": "A/b"})])
    )
    wanted = frozenset({"microsoft.keyvault/vaults", "microsoft.storage/storageaccounts/blobservices"})
    everything, full = read(path)
    chosen, partial = read(path, types=wanted)
    assert [one.body for one in chosen] == [one.body for one in everything if one.type.casefold() in wanted]
    assert [gap for gap in full.gaps if "twice" not in gap.reason] == [
        gap for gap in partial.gaps if "twice" not in gap.reason
    ]


SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "type": "kubernetes.io/tls",
    "metadata": {
        "name": "s",
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"x":"hunter2"}}',
            "more": "hunter2",
        },
        "labels": {"keep": "me"},
    },
    "data": {
        "tls.crt": base64.b64encode(b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n").decode(),
        "tls.key": base64.b64encode(b"hunter2").decode(),
        "password": "aHVudGVyMg==",
    },
    "stringData": {"token": "hunter2"},
}


@pytest.mark.parametrize(
    "write",
    [
        lambda path: save(path / "s.json", SECRET),
        lambda path: save(path / "s.ndjson", lines(SECRET)),
        lambda path: save(path / "s.json", {"kind": "List", "apiVersion": "v1", "items": [[SECRET]]}),
        lambda path: save(
            path / "s.json",
            {"kind": "SecretList", "apiVersion": "v1", "items": [{k: v for k, v in SECRET.items() if k != "kind"}]},
        ),
        lambda path: save(path / "s.yaml", "# a secret\n" + json.dumps(SECRET)),
        lambda path: save(path / "s.json", [SECRET, {"type": "A/b", "pad": "x" * (2 << 20)}]),
    ],
)
def test_secrets_lose_their_values_wherever_they_come_from(tmp_path: Path, write: Any) -> None:
    secret, *_ = read(write(tmp_path))[0]
    assert secret.type == "core/Secret"
    assert secret.body == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "s", "labels": {"keep": "me"}},
        "data": {"tls.crt": SECRET["data"]["tls.crt"]},  # type: ignore[index]
    }


def test_a_private_key_beside_the_certificate_goes_too(tmp_path: Path) -> None:
    certificate = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    bundle = b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n" + certificate
    content = {**SECRET, "data": {"tls.crt": base64.b64encode(bundle).decode(), "ca.crt": "!"}}
    secret = read(save(tmp_path / "s.json", content))[0][0]
    assert secret.body["data"] == {"tls.crt": base64.b64encode(certificate).decode()}


def test_an_equal_resource_is_given_once_and_counted(tmp_path: Path) -> None:
    shuffled = dict(reversed({**VAULT, "id": VAULT["id"].upper()}.items()))  # type: ignore[attr-defined]
    save(tmp_path / "1.json", [VAULT, STORE])
    save(tmp_path / "2.json", [STORE, dict(reversed(VAULT.items()))])
    resources, inventory = read(tmp_path)
    assert [one.body for one in resources] == [VAULT, STORE]
    assert (inventory.gaps, inventory.repeats) == ([], 2)
    save(tmp_path / "3.json", shuffled)
    assert len(read(tmp_path)[0]) == 3  # the same id in capitals: not equal


def test_an_id_that_occurs_twice_with_other_content_is_judged_twice_and_said(tmp_path: Path) -> None:
    other = {**VAULT, "id": VAULT["id"].upper(), "properties": {}}  # type: ignore[attr-defined]
    resources, inventory = read(save(tmp_path / "x.ndjson", lines(VAULT, other, STORE, VAULT, other)))
    assert [one.body for one in resources] == [VAULT, STORE, other]
    (gap,) = inventory.gaps
    assert "line 2" in gap.what and other["id"] in gap.what
    assert "twice" in gap.reason
    assert inventory.repeats == 2
    assert len(list(inventory.resources())) == 3
    assert len(inventory.gaps) == 1


def test_gaps_do_not_double_and_a_full_pass_has_the_last_word(tmp_path: Path) -> None:
    other = {**VAULT, "properties": {}}
    inventory = open_inventory([str(save(tmp_path / "x.ndjson", lines(VAULT, other, STORE) + "{broken\n"))])
    list(inventory.resources(frozenset({"microsoft.storage/storageaccounts"})))
    assert len(inventory.gaps) == 1
    for _ in range(2):
        list(inventory.resources())
        assert len(inventory.gaps) == 2


def test_covers_are_not_declared_by_files(tmp_path: Path) -> None:
    assert read(save(tmp_path / "v.json", VAULT))[1].covers is None


def resource_line(number: int, pad: int) -> str:
    return json.dumps({"id": f"/{number}", "name": str(number), "type": "A/b", "pad": "ü" * pad}, ensure_ascii=False)


@pytest.mark.parametrize("n", [2, 3, 7])
def test_parts_of_a_large_file_hold_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    monkeypatch.setattr(sources, "SPLIT_FROM", 1000)
    text = "\n".join(resource_line(number, number % 50) for number in range(200)) + "\nbroken\n" + resource_line(1, 1)
    inventory = open_inventory([str(save(tmp_path / "x.ndjson", text))])
    whole = [(one.id, one.origin.line) for one in inventory.resources()]
    parts = [pickle.loads(pickle.dumps(part)) for part in inventory.parts(n)]
    assert len(parts) == n
    assert [(one.id, one.origin.line) for part in parts for one in part.resources()] == whole
    assert len(whole) == 201 and whole[-1] == ("/1", 202)
    assert [gap for part in parts for gap in part.gaps] == inventory.gaps


def test_what_cannot_be_split_is_one_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SPLIT_FROM", 10)
    array = save(tmp_path / "x.json", [VAULT, STORE])
    packed = save(tmp_path / "x.ndjson.gz", gzip.compress(lines(VAULT, STORE).encode()))
    recoded = save(tmp_path / "x.ndjson", lines(VAULT, STORE).encode("utf-16"))
    for path in (array, packed, recoded, tmp_path):
        inventory = open_inventory([str(path)])
        assert inventory.parts(4) == [inventory]
    plain = open_inventory([str(save(tmp_path / "y.ndjson", lines(VAULT, STORE)))])
    assert plain.parts(1) == [plain]
    assert 1 < len(plain.parts(9)) <= 9


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.json cannot be read: No such file"):
        open_inventory([str(tmp_path / "nowhere.json")])


def test_a_directory_without_data(tmp_path: Path) -> None:
    save(tmp_path / "README.md", "x")
    with pytest.raises(InputError, match="holds no data"):
        open_inventory([str(tmp_path)])


def test_a_directory_without_data_beside_others(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    resources, inventory = read(tmp_path / "empty", save(tmp_path / "v.json", VAULT))
    assert len(resources) == 1
    assert [gap.what for gap in inventory.gaps] == [str(tmp_path / "empty")]


TEXT = st.text(alphabet=st.one_of(st.sampled_from('"\\/[]{},: \n\té🔑*'), st.characters(codec="utf-8")), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(VALUES, max_size=12),
    st.sampled_from([None, 0, 1, 2, "\t"]),
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), (",\n", ":")]),
    st.integers(1, 40),
)
@settings(max_examples=tools.examples(400))
def test_an_array_is_split_as_a_parser_would(
    elements: list[Any], indent: Any, ascii_only: bool, separators: tuple[str, str], step: int
) -> None:
    text = json.dumps(elements, indent=indent, ensure_ascii=ascii_only, separators=separators).encode()
    stream = io.BytesIO(text)
    log = Log()
    places = Places("x", log, lambda offset: str(offset))
    batches = list(json_documents(Feed(lambda _size: stream.read(step)), places))  # a few bytes at a time
    found = [value for batch in batches for value in batch.values]
    assert found == json.loads(text)
    assert [batch.first for batch in batches if batch.values] == sorted(
        {batch.first for batch in batches if batch.values}
    )
    assert not log.gaps


LISTS = ("value", "data", "items")


@given(st.dictionaries(TEXT | st.sampled_from(LISTS), VALUES, max_size=5), st.integers(1, 40))
@settings(max_examples=tools.examples(200))
def test_an_object_is_read_as_a_parser_would(document: dict[str, Any], step: int) -> None:
    document = {key: value for key, value in document.items() if not isinstance(value, dict) or key not in LISTS}
    stream = io.BytesIO(json.dumps(document).encode())
    log = Log()
    batches = list(json_documents(Feed(lambda _size: stream.read(step)), Places("x", log, str)))
    found = batches.pop().values[0]
    for batch in batches:
        found[batch.key].extend(batch.values)
    assert found == json.loads(json.dumps(document))
    assert not log.gaps


def test_two_addresses_of_a_change_that_make_the_same_are_both_judged() -> None:
    body = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv", "properties": {}}
    addresses = ("azurerm_key_vault.a", "azurerm_key_vault.b")
    made = [Resource("Microsoft.KeyVault/vaults", body, Origin(source="plan", address=one)) for one in addresses]
    inventory = Inventory(["tfplan.json"], [CollectedSource(made)])
    assert [one.origin.address for one in inventory.resources()] == list(addresses)
    assert (inventory.gaps, inventory.repeats) == ([], 0)


BARE = {key: value for key, value in VAULT.items() if key != "properties"}


@pytest.mark.parametrize("name", ["export.json", "export.ndjson"])
@pytest.mark.parametrize("told", [{}, {"properties": None}, {"properties": 7}, {"properties": "not json"}])
def test_properties_that_were_not_exported_are_not_known(tmp_path: Path, name: str, told: dict[str, Any]) -> None:
    # `az resource list` gives null for all of them: nothing may be taken for absent
    content = json.dumps(BARE | told)
    ((resource,), inventory) = read(save(tmp_path / name, content if name.endswith("ndjson") else f"[{content}]"))
    assert isinstance(resource.body["properties"], Unknown)
    assert resource.partial
    assert not inventory.gaps


@pytest.mark.parametrize("name", ["export.json", "export.ndjson"])
@pytest.mark.parametrize("told", [{"properties": json.dumps(VAULT["properties"])}, {"Properties": VAULT["properties"]}])
def test_properties_as_a_text_or_in_another_casing_are_read(tmp_path: Path, name: str, told: dict[str, Any]) -> None:
    content = json.dumps(BARE | told)
    ((resource,), _) = read(save(tmp_path / name, content if name.endswith("ndjson") else f"[{content}]"))
    assert resource.body["properties"] == VAULT["properties"]
    assert not resource.partial
