"""Whatever a file holds, the user gets an error that names the place, or a gap beside what could be read."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.ingest.diagnostics import GAPS_PER_FILE
from auditor.ingest.inventory import Inventory, open_inventory
from auditor.model.errors import InputError
from auditor.model.resource import Resource

GOOD = {"id": "/good", "name": "good", "type": "Microsoft.KeyVault/vaults"}
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"


def read(path: Path) -> tuple[list[Resource], Inventory]:
    inventory = open_inventory([str(path)])
    return list(inventory.resources()), inventory


def save(path: Path, content: Any) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def error_of(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(path) in caught.value.sentence
    return caught.value


def many(count: int, indent: int | None = None) -> list[str]:
    return [json.dumps({**GOOD, "id": f"/{number}", "pad": "x" * 300}, indent=indent) for number in range(count)]


def deep(levels: int) -> str:
    return '{"type": "A/b", "p": ' + "[" * levels + "]" * levels + "}"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

UNREADABLE = {
    "cut.json": ('{"type": "A/b", "properties": {', "ends"),
    "cut-in-text.json": ('{"type": "A/b', "ends"),
    "text.json": ('"Microsoft.KeyVault/vaults"', "it is a text, not a resource"),
    "number.json": ("42", "it is a number, not a resource"),
    "null.json": ("null", "it is null"),
    "true.json": ("true", "it is true or false"),
    "numbers.json": ("[1, 2]", "item 0: it is a number"),
    "words.json": ("hello world", "line 1, column 1: it is not valid JSON"),
    "comma.json": ('{"type": "A/b",}', "line 1, column 16"),
    "closing.json": ("}", "not valid JSON"),
    "words.ndjson": ("hello\nworld\n", "line 1, column 1: it is not valid JSON"),
    "plain.txt": ("hello world", "it is a text"),
    "picture.json": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is binary"),
    "zip.json": (b"PK\x03\x04\x14\x00", "it is a zip archive"),
    "zstd.ndjson": (b"\x28\xb5\x2f\xfd\x04", "compressed with zstd"),
    "noise.json": (bytes(range(128, 256)), "not valid JSON"),
    "noise.yaml": (bytes(range(128, 256)), "line 1: the text is not UTF-8"),
    "latin.json": ('{"type": "A/b", "name": "Müller"}'.encode("latin-1"), "UTF-8"),
    "latin.yaml": ("a: b\nname: Müller".encode("latin-1"), "line 2: the text is not UTF-8"),
    "utf16.json": ('{"type": "A/b"}'.encode("utf-16")[:-1], "the text is damaged"),
    "cut.json.gz": (gzip.compress(json.dumps(GOOD).encode() * 9)[:-12], "the gzip data is damaged or ends early"),
    "deep.json": (deep(5000), "depth"),
    "deep-lists.json": ("[" * 100_000, "ends"),
    "deep.yaml": ("[" * 100_000 + "]" * 100_000, "nested more than 200 deep"),
    "deep-block.yaml": ("\n".join(" " * level + "a:" for level in range(500)), "nested more than 200 deep"),
    "bomb.yaml": (BOMB, "line 7: its aliases expand to more than 2,000,000 values"),
    "circle.yaml": ("apiVersion: v1\nkind: Pod\nspec: &a\n  b: [*a]\n", r"line 4: the alias \*a stands within"),
    "alias.yaml": ("a: *nowhere", "line 1: an alias"),
    "tag.yaml": ("a: 1\nb: !!python/object/apply:os.system [id]", "line 2: the tag .* is not known"),
    "tab.yaml": ("a:\n\tb: 1", "line 2, column 1: it is not valid YAML"),
    "key.yaml": ("? [a, b]\n: c", "a key that is itself a list"),
    "merge.yaml": ("a: 1\n<<: 3", "line 2: `<<` can only merge mappings"),
    "control.yaml": (b"a: \x07", "a character that YAML does not allow"),
    "helm.yaml": ("{{- if .Values.on }}\na: b\n{{- end }}", "it is a template of Helm"),
    "template.json": (json.dumps({"$schema": "https://x/deploymentTemplate.json#", "resources": []}), "ARM template"),
    "plan.json": (json.dumps({"terraform_version": "1.9", "planned_values": {}}), "Terraform plan"),
    "whatif.json": (json.dumps({"changes": [{"changeType": "Create"}]}), "what-if"),
    "lists.json": ("[" * 200 + json.dumps(GOOD) + "]" * 200, "nested more than 50 deep"),
}


@pytest.mark.parametrize("between", ["\n---\n", ",", "\nDone.\n"])
def test_what_follows_a_broken_place_of_a_file_is_reported_as_not_read(tmp_path: Path, between: str) -> None:
    document = json.dumps([GOOD])
    resources, inventory = read(save(tmp_path / "in.json", f"{document}{between}{document}"))
    assert len(resources) == 1
    assert ["the rest of the file is not read" in gap.reason for gap in inventory.gaps] == [True]


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_an_error_when_alone(tmp_path: Path, name: str) -> None:
    content, words = UNREADABLE[name]
    path = save(tmp_path / name, content)
    with pytest.raises(InputError, match=words) as caught:
        read(path)
    assert str(path) in caught.value.sentence


@pytest.mark.parametrize("name", [name for name in UNREADABLE if not name.endswith(".txt")])
def test_a_file_that_cannot_be_read_is_a_gap_beside_others(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, UNREADABLE[name][0])
    save(tmp_path / "good.json", json.dumps(GOOD))
    resources, inventory = read(tmp_path)
    assert [one.id for one in resources if one.name == "good"] == ["/good"]
    assert inventory.gaps and all(str(tmp_path / name) in gap.what for gap in inventory.gaps)


@pytest.mark.parametrize("name", ["x.json", "x.ndjson", "x.yaml", "x.json.gz"])
@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_a_gap(tmp_path: Path, name: str, content: bytes) -> None:
    path = save(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)
    resources, inventory = read(path)
    assert not resources
    assert [(gap.what, gap.reason) for gap in inventory.gaps] == [(str(path), "the file is empty")]


@pytest.mark.parametrize("content", ["[]", '{"value": []}', '{"apiVersion": "v1", "kind": "List", "items": []}'])
def test_an_empty_answer_is_no_gap(tmp_path: Path, content: str) -> None:
    assert not read(save(tmp_path / "x.json", content))[1].gaps


def test_a_broken_line_does_not_end_the_file(tmp_path: Path) -> None:
    good = json.dumps(GOOD)
    path = save(tmp_path / "x.ndjson", f'{good}\n{{"type": "A/b", "x": \n{good[:-1]}, "n": 3}}\nnull\n{{}}\n')
    resources, inventory = read(path)
    assert [one.origin.line for one in resources] == [1, 3]
    assert [gap.what for gap in inventory.gaps][:3] == [
        f"{path}: line 2, column 22",
        f"{path}: line 4",
        f"{path}: line 5",
    ]
    assert (
        inventory.gaps[2].reason
        == "it has neither the `type` of Azure nor the `apiVersion` and `kind` of Kubernetes, so no rule can judge it"
    )


def test_a_broken_first_line_does_not_hide_that_it_is_ndjson(tmp_path: Path) -> None:
    resources, inventory = read(save(tmp_path / "x.json", '{"type": "A/b",\n' + json.dumps(GOOD) + "\n"))
    assert [one.origin.line for one in resources] == [2]
    assert "line 1" in inventory.gaps[0].what


@pytest.mark.slow
def test_a_line_beyond_all_measure_is_passed_over(tmp_path: Path) -> None:
    huge = json.dumps({"type": "A/b", "x": "y" * (50 << 20)})
    path = save(tmp_path / "x.ndjson", f'{json.dumps(GOOD)}\n{huge}\n{json.dumps(GOOD)[:-1]}, "n": 3}}')
    resources, inventory = read(path)
    assert [one.origin.line for one in resources] == [1, 3]
    assert inventory.gaps[0].what == f"{path}: line 2"
    assert inventory.gaps[0].reason == "the line is longer than 16 MiB"


@pytest.mark.slow
@pytest.mark.parametrize("pad", ["y" * (50 << 20), '\\"[' * (16 << 20), "y" * (16 << 20) + "\\\\"])
def test_one_resource_beyond_all_measure_is_passed_over(tmp_path: Path, pad: str) -> None:
    huge = '{"type": "A/b", "x": {"y": ["' + pad + '"]}, "z": "]}"}'
    path = save(tmp_path / "x.json", f"[\n{json.dumps(GOOD)},\n{huge},\n{json.dumps({**GOOD, 'id': '/2'})}]")
    resources, inventory = read(path)
    assert [one.id for one in resources] == ["/good", "/2"]
    assert [(gap.what, gap.reason) for gap in inventory.gaps] == [
        (f"{path}: item 1, line 3, column 1", "it is larger than 16 MiB")
    ]
    assert "larger than 16 MiB" in error_of(save(tmp_path / "one.json", huge)).sentence


@pytest.mark.slow
def test_a_yaml_document_beyond_all_measure_is_passed_over(tmp_path: Path) -> None:
    path = save(tmp_path / "x.yaml", POD + "---\n" + "x: y\n" * (4 << 20) + "---\n" + POD.replace("p}", "q}"))
    resources, inventory = read(path)
    assert [one.name for one in resources] == ["p", "q"]
    assert [gap.what for gap in inventory.gaps] == [f"{path}: line 4"]


@pytest.mark.parametrize("count", [3, 5000])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("envelope", ["[%s]", '{"value": [%s]}', '{"count": 9, "data": [%s]}'])
def test_what_stands_before_a_cut_is_read(tmp_path: Path, count: int, indent: int | None, envelope: str) -> None:
    text = envelope % ",\n".join(many(count, indent))
    whole = text.rindex('"/')  # within the last element
    path = save(tmp_path / "x.json", text[:whole])
    resources, inventory = read(path)
    assert len(resources) == count - 1
    (gap,) = inventory.gaps
    assert gap.what.startswith(f"{path}: item {count - 1}, line ")
    assert gap.reason == "the file ends within it"


def test_what_stands_before_the_end_of_cut_gzip_is_read(tmp_path: Path) -> None:
    lines = [
        json.dumps({**GOOD, "id": f"/{number}", "pad": random.Random(number).random()}) for number in range(90_000)
    ]
    path = save(tmp_path / "x.ndjson.gz", gzip.compress("\n".join(lines).encode())[:-2000])
    resources, inventory = read(path)
    assert 10_000 < len(resources) < 90_000
    assert "gzip data is damaged" in inventory.gaps[-1].reason


def test_a_broken_element_does_not_end_the_array(tmp_path: Path) -> None:
    elements = many(3000)
    elements[1234] = '{"type": "A/b", "x": tru}'
    path = save(tmp_path / "x.json", "[" + ",\n".join(elements) + "]")
    resources, inventory = read(path)
    assert len(resources) == 2999
    assert [gap.what for gap in inventory.gaps] == [f"{path}: item 1234, line 1235, column 22"]


def test_text_behind_the_end_is_said(tmp_path: Path) -> None:
    resources, inventory = read(save(tmp_path / "x.json", json.dumps([GOOD]) + "\n]"))
    assert len(resources) == 1
    assert "line 2, column 1" in inventory.gaps[0].what


def test_a_broken_yaml_document_does_not_end_the_file(tmp_path: Path) -> None:
    path = save(tmp_path / "x.yaml", f"{POD}---\na: [\n---\n{POD.replace('p}', 'q}')}---\n{BOMB}")
    resources, inventory = read(path)
    assert [(one.name, one.origin.line) for one in resources] == [("p", 1), ("q", 7)]
    assert inventory.gaps[0].what.startswith(f"{path}: line 6")
    assert len(inventory.gaps) == 2


def test_a_resource_200_levels_deep_is_read(tmp_path: Path) -> None:
    for name in ("x.json", "x.ndjson"):
        assert len(read(save(tmp_path / name, deep(200)))[0]) == 1


def test_children_without_end(tmp_path: Path) -> None:
    text = '{"type": "A/b", "name": "n", "resources": [' * 200 + "]}" * 200
    resources, inventory = read(save(tmp_path / "x.json", text))
    assert len(resources) == 51
    assert "nested more than 50 deep" in inventory.gaps[0].reason


def test_children_that_are_none(tmp_path: Path) -> None:
    text = json.dumps([{**GOOD, "resources": ["x", {"name": "y"}]}, {**GOOD, "id": "/2", "resources": {}}])
    resources, inventory = read(save(tmp_path / "x.json", text))
    assert len(resources) == 2
    assert [gap.reason for gap in inventory.gaps] == [
        "a child resource without a `type`",
        "a child resource without a `type`",
        "its `resources` are not a list",
    ]


def test_a_resource_without_type_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "x.json", json.dumps([GOOD, {"id": "/nameless"}, {"type": "text"}, {"kind": "Pod"}]))
    resources, inventory = read(path)
    assert len(resources) == 1
    assert [gap.what for gap in inventory.gaps] == [f"{path}: item 1 (/nameless)", f"{path}: item 2", f"{path}: item 3"]


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "throttled"), (403, "forbidden"), (404, "not-found"), (400, "unreadable")]
)
def test_an_answer_that_is_an_error_is_a_gap(tmp_path: Path, status: int, kind: str) -> None:
    answer = {"response": {"status": status, "body": {"error": {"code": "Odd", "message": "m"}}}}
    _, inventory = read(save(tmp_path / "x.json", json.dumps(answer)))
    assert [(gap.kind, gap.reason) for gap in inventory.gaps] == [
        (kind, f"the request was answered with an error ({status}, Odd)")
    ]
    _, inventory = read(save(tmp_path / "y.json", json.dumps({"pages": [answer, {"body": {"value": [GOOD]}}]})))
    assert [gap.kind for gap in inventory.gaps] == [kind]
    _, inventory = read(save(tmp_path / "z.json", json.dumps({"response": {"status": status, "body": "{}"}})))
    assert [gap.kind for gap in inventory.gaps] == [kind]


@pytest.mark.parametrize(
    "more",
    [{"nextLink": "https://x"}, {"$skipToken": "x"}, {"skip_token": "x"}, {"resultTruncated": "true"}],
)
@pytest.mark.parametrize("count", [1, 5000])
def test_an_answer_that_goes_on_elsewhere_is_not_whole(tmp_path: Path, more: dict[str, str], count: int) -> None:
    text = json.dumps({"value": [json.loads(one) for one in many(count)], **more})
    resources, inventory = read(save(tmp_path / "x.json", text))
    assert len(resources) == count
    assert ["goes on" in gap.reason or "truncated" in gap.reason for gap in inventory.gaps] == [True]


def test_rows_that_do_not_fit_their_columns(tmp_path: Path) -> None:
    table = {"columns": [{"name": "type"}, {"name": "id"}], "rows": [["A/b", "/1"], ["A/b"], "A/b"]}
    resources, inventory = read(save(tmp_path / "x.json", json.dumps({"data": table})))
    assert len(resources) == 1
    assert [gap.what.rpartition(": ")[2] for gap in inventory.gaps] == ["row 1", "row 2"]


def test_gaps_do_not_grow_without_end(tmp_path: Path) -> None:
    path = save(tmp_path / "x.ndjson", json.dumps(GOOD) + "\n" + "{\n" * 5000)
    gaps = read(path)[1].gaps
    assert len(gaps) == GAPS_PER_FILE + 1
    assert gaps[-1].reason == "4000 more parts of it could not be judged"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "gone.json")
    save(tmp_path / "good.json", json.dumps(GOOD))
    resources, inventory = read(tmp_path)
    assert len(resources) == 1
    assert [gap.what for gap in inventory.gaps] == [str(tmp_path / "link.json")]


FRAGMENTS = st.sampled_from(
    ['{"type":"A/b"}', "{", "}", "[", "]", ",", ":", '"', "\\", "//x\n", "/*", "*/", "\n", " ", "a: ", "- ", "---\n"]
    + [
        '"value":',
        "null",
        "1",
        "&a ",
        "*a",
        "? ",
        "<<: ",
        "!!binary ",
        "\ufeff",
        "é",
        "\0",
        "{{",
        "'",
        "#",
        "|\n",
        "%YAML",
    ]
)


@given(st.lists(FRAGMENTS, max_size=30), st.sampled_from(["x.json", "x.ndjson", "x.yaml", "x"]), st.booleans())
@settings(max_examples=tools.examples(500))
def test_no_input_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], name: str, pack: bool
) -> None:
    content = "".join(parts).encode()
    path = save(tmp_path_factory.mktemp("f") / name, gzip.compress(content) if pack else content)
    with contextlib.suppress(InputError):
        assert all(gap.what and gap.reason for gap in read(path)[1].gaps)


@given(st.binary(max_size=200), st.sampled_from(["x.json", "x.ndjson", "x.yaml", "x"]))
@settings(max_examples=tools.examples(300))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = save(tmp_path_factory.mktemp("f") / name, content)
    with contextlib.suppress(InputError):
        read(path)


@pytest.mark.parametrize("tail", ["/* never closed", '/* x\n,{"id":"/subscriptions/a"}', "/*", "/*/"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_comment_that_never_ends_is_a_gap(command: Any, tmp_path: Path, tail: str, inside: bool) -> None:
    group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
    kind = "Microsoft.KeyVault/vaults"
    row = {"id": f"{group}/{kind}/kv", "type": kind, "name": "kv", "properties": {"enablePurgeProtection": True}}
    text = json.dumps([row])
    (tmp_path / "rows.json").write_text(f"{text[:-1]} {tail} {text[-1]}" if inside else f"{text} {tail}")
    done = command(
        "scan", "--from", "rows.json", "--select", "azure.key-vault.purge-protection", "-f", "json", "-o", "o"
    )
    assert done.returncode == 3
    assert json.loads((tmp_path / "o").read_text())["gaps"]
