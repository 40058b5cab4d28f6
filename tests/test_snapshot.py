"""A snapshot gives back what was collected: resources, where they came from, and what could not be read."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.ingest import snapshot as snapshot_module
from auditor.ingest.inventory import CollectedSource, Inventory, open_inventory
from auditor.ingest.snapshot import write_snapshot
from auditor.model.errors import InputError, OutputError
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown

CLOCK = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
VAULT = {"id": "/v", "name": "v", "type": "Microsoft.KeyVault/vaults", "properties": {"url": "https://é"}}
SERVER = {"id": "/s", "name": "s", "type": "Microsoft.Sql/servers", "resources": [{"type": "databases", "name": "d"}]}


def save(inventory: Inventory, directory: Path) -> Path:
    write_snapshot(inventory, str(directory), tool_version="1.2.3", as_of=CLOCK)
    return directory


def collected(*resources: Resource, **more: Any) -> Inventory:
    return Inventory(("live",), [CollectedSource(resources)], **more)


def arm(body: dict[str, Any], **origin: Any) -> Resource:
    return Resource("A/b", body, Origin(**origin))


def seen(inventory: Inventory) -> list[Any]:
    return [(one.type, repr(one.body), one.origin, one.cluster, one.id) for one in inventory.resources()]


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    folder = tmp_path / "estate"
    folder.mkdir()
    (folder / "a.ndjson").write_text(json.dumps(VAULT) + "\nbroken\n" + json.dumps({**VAULT, "properties": {}}) + "\n")
    (folder / "b.json").write_text(json.dumps({"value": [SERVER, {"name": "no type"}]}))
    (folder / "c.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n")
    return folder


def test_a_snapshot_gives_the_same_inventory(estate: Path, tmp_path: Path) -> None:
    original = open_inventory([str(estate), str(estate / "a.ndjson")])
    before = seen(original)
    restored = open_inventory([str(save(original, tmp_path / "snap"))])
    assert seen(restored) == before
    assert len(before) == 5
    assert restored.gaps == original.gaps
    assert len(restored.gaps) == 4
    assert restored.inputs == original.inputs
    assert restored.as_of == CLOCK


def test_the_manifest_says_what_was_collected(estate: Path, tmp_path: Path) -> None:
    folder = save(open_inventory([str(estate)]), tmp_path / "snap")
    manifest = json.loads((folder / "manifest.json").read_text())
    (shard,) = manifest.pop("shards")
    assert manifest.pop("sha256")
    assert [gap["reason"] for gap in manifest.pop("gaps")]
    assert manifest == {
        "schemaVersion": "1.2",
        "toolVersion": "1.2.3",
        "asOf": "2024-05-01T12:00:00Z",
        "scope": {"inputs": [str(estate)]},
        "resources": 5,
        "counts": {
            "Microsoft.KeyVault/vaults": 2,
            "Microsoft.Sql/servers": 1,
            "Microsoft.Sql/servers/databases": 1,
            "core/Pod": 1,
        },
        "covers": None,
        "accounting": {"total": 7, "resources": 5, "gaps": 2, "duplicates": 0, "notEvaluated": {}},
    }
    assert shard["sha256"] == hashlib.sha256((folder / shard["file"]).read_bytes()).hexdigest()


def test_the_same_inventory_is_the_same_bytes(estate: Path, tmp_path: Path) -> None:
    first = save(open_inventory([str(estate)]), tmp_path / "one")
    second = save(open_inventory([str(estate)]), tmp_path / "two")
    again = save(open_inventory([str(first)]), tmp_path / "three")
    assert contents(first) == contents(second) == contents(again)


def test_clusters_origins_covers_and_gaps_come_back(tmp_path: Path) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    resource = Resource("core/Pod", pod, Origin(source="live", address="https://aks", line=3), "prod")
    gap = Gap(what="vaults", reason="403", kind="forbidden", type="Microsoft.KeyVault/vaults")
    covers = frozenset({"core/pod", "microsoft.keyvault/vaults"})
    inventory = collected(resource, gaps=[gap], covers=covers)
    restored = open_inventory([str(save(inventory, tmp_path / "snap"))])
    assert seen(restored) == seen(inventory)
    assert restored.gaps == [gap]
    assert restored.covers == covers
    assert restored.inputs == ("live",)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=5)
    | st.builds(Unknown, st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$unknown", "$$unknown", "unknown", "$", "a"]) | st.text(max_size=3), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["p", "$unknown", "$$$unknown"]), JSON, max_size=3))
@settings(max_examples=tools.examples(150))
def test_unknown_values_come_back_and_are_not_mixed_up_with_data(
    tmp_path_factory: pytest.TempPathFactory, body: dict[str, Any]
) -> None:
    inventory = collected(arm(body))
    folder = save(inventory, tmp_path_factory.mktemp("s") / "snap")
    (restored,) = open_inventory([str(folder)]).resources()
    assert repr(restored.body) == repr(body)  # Unknown has no equality, but shows its reason


def test_a_resource_of_many_levels_comes_back(tmp_path: Path) -> None:
    body: dict[str, Any] = {"type": "A/b"}
    for _ in range(400):
        body = {"in": body}
    (restored,) = open_inventory([str(save(collected(arm(body)), tmp_path / "snap"))]).resources()
    assert restored.body == body


def test_a_resource_too_deep_to_be_saved_is_said(tmp_path: Path) -> None:
    body: dict[str, Any] = {}
    for _ in range(5000):
        body = {"in": body}
    with pytest.raises(OutputError, match="nested too deep"):
        save(collected(arm(body)), tmp_path / "snap")
    assert list(tmp_path.iterdir()) == []


def test_values_of_secrets_are_not_written(tmp_path: Path) -> None:
    value = base64.b64encode(b"hunter2").decode()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"k": value},
        "stringData": {"t": "hunter2"},
    }
    path = tmp_path / "s.json"
    path.write_text(json.dumps(secret))
    folder = save(open_inventory([str(path)]), tmp_path / "snap")
    text = b"".join(gzip.decompress(one) if name.endswith(".gz") else one for name, one in contents(folder).items())
    assert b'"name":"s"' in text
    assert b"hunter2" not in text and value.encode() not in text


@pytest.fixture
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshot_module, "_SHARD_BYTES", 2000)
    resources = [Resource(f"A/{number % 3}", {"id": f"/{number}"}, Origin()) for number in range(100)]
    return save(collected(*resources, gaps=[Gap(what="w", reason="r")]), tmp_path / "snap")


def test_several_shards_can_be_read_in_parts(shards: Path) -> None:
    inventory = open_inventory([str(shards)])
    parts = inventory.parts(3)
    assert len(parts) == 3
    assert [one.id for part in parts for one in part.resources()] == [f"/{number}" for number in range(100)]
    assert [gap for part in parts for gap in part.gaps] == inventory.gaps
    assert 3 < len(inventory.parts(99)) < 20


def test_only_the_types_asked_for(shards: Path) -> None:
    assert {one.type for one in open_inventory([str(shards)]).resources(frozenset({"a/1"}))} == {"A/1"}


def sign(folder: Path, manifest: dict[str, Any]) -> None:
    """Write a manifest with the digest of its content."""
    manifest.pop("sha256", None)
    digest = hashlib.sha256(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({**manifest, "sha256": digest}))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def forge(path: Path) -> None:
    """A cut shard whose digest fits."""
    cut(path)
    manifest = json.loads((path.parent / "manifest.json").read_text())
    for shard in manifest["shards"]:
        shard["sha256"] = hashlib.sha256((path.parent / shard["file"]).read_bytes()).hexdigest()
    sign(path.parent, manifest)


def replace(path: Path) -> None:
    path.write_bytes(gzip.compress(b'{"type":"A/b"}\n'))
    text = json.loads((path.parent / "manifest.json").read_text())
    text["shards"][1]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    sign(path.parent, text)


@pytest.mark.parametrize(
    "damage", [cut, forge, replace, lambda path: path.write_bytes(b"x"), lambda path: path.unlink()]
)
def test_a_damaged_shard_is_named(shards: Path, damage: Any) -> None:
    damage(shards / "resources-00002.ndjson.gz")
    with pytest.raises(InputError, match=r"resources-00002\.ndjson\.gz.* is (damaged|missing)") as caught:
        list(open_inventory([str(shards)]).resources())
    assert caught.value.hint


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schemaVersion": "1.0"}', '{"schemaVersion": "x", "shards": []}', "\xff"]
)
def test_a_damaged_manifest_is_named(shards: Path, text: str) -> None:
    (shards / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        open_inventory([str(shards)])


def change(folder: Path, **values: Any) -> None:
    sign(folder, {**json.loads((folder / "manifest.json").read_text()), **values})


def test_a_newer_major_version_is_refused_and_a_newer_minor_is_read(shards: Path) -> None:
    change(shards, schemaVersion="1.7", something="new")
    assert len(list(open_inventory([str(shards)]).resources())) == 100
    change(shards, schemaVersion="2.0")
    with pytest.raises(InputError, match=r"newer format 2\.0") as caught:
        open_inventory([str(shards)])
    assert "Update" in caught.value.hint


@pytest.mark.parametrize(
    "values",
    [
        {"gaps": []},
        {"shards": []},
        {"covers": ["microsoft.keyvault/vaults"]},
        {"schemaVersion": "1.3"},
        {"sha256": None},
        {"sha256": "0" * 64},
    ],
)
def test_a_manifest_that_is_not_what_was_written_is_refused(shards: Path, values: Any) -> None:
    manifest = json.loads((shards / "manifest.json").read_text())
    (shards / "manifest.json").write_text(json.dumps({**manifest, **values}))
    with pytest.raises(InputError, match=r"manifest\.json is damaged: its digest is not that of its content"):
        open_inventory([str(shards)])


def test_an_older_manifest_has_no_digest_and_as_many_resources_as_its_shards(shards: Path) -> None:
    manifest = json.loads((shards / "manifest.json").read_text())
    manifest = {**manifest, "schemaVersion": "1.1"}
    del manifest["sha256"]
    (shards / "manifest.json").write_text(json.dumps(manifest))
    assert len(list(open_inventory([str(shards)]).resources())) == 100
    (shards / "manifest.json").write_text(json.dumps({**manifest, "shards": manifest["shards"][1:]}))
    with pytest.raises(InputError, match="it has 100 resources, and its shards have"):
        open_inventory([str(shards)])


def test_a_snapshot_without_its_manifest_is_no_folder_of_lines(shards: Path) -> None:
    (shards / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"manifest\.json cannot be read"):
        open_inventory([str(shards)])
    with pytest.raises(InputError, match="it is a line of a snapshot"):
        list(open_inventory([str(shards / "resources-00001.ndjson.gz")]).resources())


def test_a_manifest_cannot_lead_out_of_its_directory(shards: Path) -> None:
    change(shards, shards=[{"file": "../x.gz", "sha256": "0", "resources": 100}])
    with pytest.raises(InputError, match="not a file beside it"):
        open_inventory([str(shards)])


def test_a_snapshot_replaces_a_snapshot_and_nothing_else(estate: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "snap"
    save(open_inventory([str(estate)]), target)
    save(open_inventory([str(target)]), target)  # from itself
    save(collected(arm(VAULT)), target)
    assert len(list(open_inventory([str(target)]).resources())) == 1
    assert [path.name for path in target.parent.iterdir()] == ["snap"]
    for other in (estate, estate / "b.json"):
        with pytest.raises(OutputError, match="no snapshot"):
            save(collected(arm(VAULT)), other)
    (tmp_path / "empty").mkdir()
    save(collected(), tmp_path / "empty")
    assert list(open_inventory([str(tmp_path / "empty")]).resources()) == []


def test_what_fails_half_way_leaves_the_old_snapshot(shards: Path, tmp_path: Path) -> None:
    before = contents(shards)
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(InputError):
        save(open_inventory([str(broken)]), shards)
    assert contents(shards) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.json", "snap"]


def test_snapshots_and_files_together(estate: Path, tmp_path: Path) -> None:
    covers = frozenset({"a/b"})
    one = save(collected(arm({"id": "/1"}), covers=covers, gaps=[Gap(what="w", reason="r")]), tmp_path / "one")
    two = save(collected(arm({"id": "/2"}), covers=frozenset({"c/d"})), tmp_path / "two")
    both = open_inventory([str(one), str(two)])
    assert [resource.id for resource in both.resources()] == ["/1", "/2"]
    assert both.covers == frozenset({"a/b", "c/d"})
    mixed = open_inventory([str(one), str(estate / "c.yaml")])
    assert len(list(mixed.resources())) == 2
    assert mixed.covers is None
    assert mixed.gaps == [Gap(what="w", reason="r")]


def test_a_snapshot_inside_a_directory_is_not_passed_over_in_silence(estate: Path) -> None:
    save(collected(arm({"id": "/1"})), estate / "snap")
    inventory = open_inventory([str(estate)])
    list(inventory.resources())
    assert any(gap.what == str(estate / "snap") and "name it by itself" in gap.reason for gap in inventory.gaps)
