"""A folder that holds files which no reader takes: none of them disappears."""

from __future__ import annotations

import bz2
from pathlib import Path

import pytest

from auditor.ingest.inventory import open_inventory

MANIFEST = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n"
ROW = b'{"type": "Microsoft.Storage/storageAccounts", "id": "/subscriptions/s/a", "properties": {}}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "read.json").write_bytes(ROW)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("export", ROW),
        ("export.txt", b'[{"type": "a"}]'),
        ("export.json.1", ROW),
        ("export.jsonc", b'{\n  "resources": []}'),
        (".hidden.yaml", MANIFEST),
        ("pod", MANIFEST),
        ("pod.yaml.tpl", b"# made by hand\n---\n" + MANIFEST),
        ("wide.txt", ROW.decode().encode("utf-16")),
        ("rows.json.bz2", bz2.compress(ROW)),
    ],
)
def test_a_file_that_looks_like_data_is_a_gap(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    inventory = open_inventory([str(folder)])
    assert len(list(inventory.resources())) == 1
    assert [Path(gap.what).name for gap in inventory.gaps] == [name]
    assert inventory.accounting.difference == 0
    assert inventory.accounting.gaps == 1


def test_other_files_and_hidden_folders_are_counted_by_name(folder: Path) -> None:
    (folder / "README.md").write_text("# Read me\n")
    (folder / "main.tf").write_text('resource "a" "b" {}\n')
    (folder / ".editor").write_text('{"tabs": 2}')
    (folder / ".git").mkdir()
    (folder / "nowhere").symlink_to("missing")
    (folder / "circle").symlink_to("circle")
    inventory = open_inventory([str(folder)])
    list(inventory.resources())
    assert inventory.gaps == []
    left = inventory.accounting.not_evaluated
    assert {reason: entry.count for reason, entry in left.items()} == {
        "file of a folder that holds no data": 3, "hidden folder": 1,
        "link to a file that is not there": 2,
    }  # fmt: skip
    assert inventory.accounting.difference == 0
