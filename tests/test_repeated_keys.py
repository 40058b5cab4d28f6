"""A key that an object gives twice has no value that is known, in whatever form the input comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.ingest.diagnostics import Log
from auditor.ingest.sources import FileSource
from auditor.ingest.type_counts import Census
from auditor.ingest.type_filter import Wanted
from auditor.model.repeated_keys import may_have_doubled_keys, with_doubled_keys_unknown
from tests.test_envelopes import GOOD, GOOD_POD, ID, POD

PURGE = '"enablePurgeProtection":false,"enablePurgeProtection":true'
VAULT = json.dumps(GOOD, separators=(",", ":")).replace('"enablePurgeProtection":true', PURGE)
BAD_POD = json.dumps(POD, separators=(",", ":"))
PRIVILEGED = BAD_POD.replace('"privileged":true', '"privileged":true,"privileged":false')
SPECS = f'{BAD_POD[:-1]},"spec":{json.dumps(GOOD_POD["spec"])}}}'
ONE = json.dumps({**GOOD, "id": f"{ID}-one"})
FORMS: dict[str, tuple[str, str]] = {
    "a row": ("json", VAULT),
    "a line": ("ndjson", f"{ONE}\n{VAULT}\n"),
    "an answer": ("json", f'{{"value":[{ONE},{VAULT}]}}'),
    "a list": ("json", f"[{VAULT}]"),
    "a list with comments": ("json", f"// rows\n[{VAULT}]"),
    "a long list": ("json", f"[{','.join([ONE] * 6000)},{VAULT}]"),
    "a long list over several lines": ("json", json.dumps([json.loads(ONE)] * 6000, indent=1)[:-2] + f",\n{VAULT}]"),
    "a long row": ("json", f'{{"value":[{VAULT[:-1]},"tags":{{"a":"{"x" * 1_200_000}"}}}}]}}'),
    "yaml": ("yaml", VAULT.replace('":', '": ')),
    "letters that are escaped": ("json", VAULT.replace('"kv', '"k\\u0076')),
    "spaces": ("json", VAULT.replace(":", " : ").replace(",", " , ")),
    "the properties": ("json", f'{VAULT[:-1]},"properties":{{"enablePurgeProtection":true}}}}'),
    "the type": ("json", f'{VAULT[:-1]},"type":"Microsoft.Foo/bars"}}'),
    "the type of a line": ("ndjson", f'{VAULT.replace(PURGE, "")[:-1]},"type":"Microsoft.Foo/bars"}}\n{ONE}\n'),
    "a list that is given twice": ("json", f'{{"value":[{VAULT.replace(PURGE, "")}],"value":[{ONE}]}}'),
    "a link": ("json", f'{{"value":[{ONE}],"nextLink":"x","nextLink":null}}'),
    "a link of a long list": ("json", f'{{"value":[{",".join([ONE] * 6000)}],"nextLink":"x","nextLink":null}}'),
    "a field of a pod": ("json", PRIVILEGED),
    "a field of a pod in a line": ("ndjson", PRIVILEGED + "\n"),
    "a field of a pod in yaml": ("yaml", PRIVILEGED.replace('":', '": ')),
    "a whole specification": ("json", SPECS),
    "a kind": ("json", f'{BAD_POD[:-1]},"kind":"ConfigMap"}}'),
    "a kind in yaml": ("yaml", f'{BAD_POD[:-1]},"kind":"ConfigMap"}}'.replace('":', '": ')),
    "items": ("json", f'{{"apiVersion":"v1","kind":"List","items":[{BAD_POD}],"items":[{json.dumps(GOOD_POD)}]}}'),
}
SCHEMA = '"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"'
BODY = '{"type":"Microsoft.KeyVault/vaults","apiVersion":"2023-07-01","name":"kv","properties":{%s}}'
CREATED = '{"resourceId":"%s","changeType":"Create","after":%s}'
TERRAFORM = (
    '{"terraform_version":"1.9.0","resource_changes":[{"address":"azurerm_key_vault.kv","mode":"managed",'
    '"type":"azurerm_key_vault","name":"kv","change":{"actions":["create"],"before":null,"after":{"name":"kv",%s},'
    '"after_unknown":{"id":true}}}]%s}'
)
BAD = '"enablePurgeProtection":false'
CHANGES: dict[str, str] = {
    "a template": f'{{{SCHEMA},"contentVersion":"1.0.0.0","resources":[{BODY % PURGE}]}}',
    "resources of a template": f'{{{SCHEMA},"resources":[{BODY % BAD}],"resources":[]}}',
    "a default of a parameter": f'{{{SCHEMA},"parameters":{{"p":{{"type":"bool","defaultValue":false,'
                                f'"defaultValue":true}}}},"resources":[]}}',
    "a what-if": f'{{"status":"Succeeded","changes":[{CREATED % (ID, VAULT)}]}}',
    "changes of a what-if": f'{{"status":"Succeeded","changes":[{CREATED % (ID, VAULT)}],"changes":[]}}',
    "a plan": TERRAFORM % ('"purge_protection_enabled":false,"purge_protection_enabled":true', ""),
    "changes of a plan": TERRAFORM % ('"purge_protection_enabled":false', ',"resource_changes":[]'),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_key_given_twice_is_reported(audit_of: Any, tmp_path: Path, name: str) -> None:
    suffix, text = FORMS[name]
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / f"in.{suffix}").write_text(text)
    code, report, err = audit_of("all")
    said = json.dumps(report.get("gaps")) + err
    assert code == 3 and "is given twice" in said and f"all/in.{suffix}" in said, report


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_gives_a_key_twice_is_refused(command: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "change.json").write_text(CHANGES[name])
    done = command("gate", "change.json")
    assert done.returncode == 3 and "change.json: the key `" in done.stderr and "is given twice" in done.stderr


def test_parameters_that_give_a_key_twice_are_refused(command: Any, tmp_path: Path) -> None:
    (tmp_path / "main.json").write_text(f'{{{SCHEMA},"parameters":{{"p":{{"type":"bool"}}}},"resources":[]}}')
    (tmp_path / "p.json").write_text('{"parameters":{"p":{"value":false,"value":true}}}')
    done = command("gate", "main.json", "--parameters", "p.json")
    assert done.returncode == 3 and "p.json: the key `value` is given twice" in done.stderr


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(JSON, st.sampled_from([None, 1, 4]), st.booleans(), st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]))
def test_no_key_is_said_to_be_given_twice_where_none_is(
    value: Any, indent: int | None, ascii_only: bool, separators: tuple[str, str]
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators).encode()
    found = orjson.loads(text)
    assert not may_have_doubled_keys(text, found) or with_doubled_keys_unknown(text)[1] == []


@given(st.dictionaries(st.text(max_size=3), JSON, min_size=1, max_size=4), st.data(), st.booleans())
def test_a_key_given_twice_is_found_in_any_text(value: dict[str, Any], data: Any, ascii_only: bool) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    more = json.dumps({key: data.draw(JSON)}, ensure_ascii=ascii_only)
    text = f"{json.dumps(value, ensure_ascii=ascii_only)[:-1]}, {more[1:]}".encode()
    assert may_have_doubled_keys(text, orjson.loads(text))
    assert with_doubled_keys_unknown(text)[1] == [key]


@pytest.mark.parametrize(
    ("kind", "path"),
    [("v1/Pod", ["spec"]), ("apps/v1/Deployment", ["spec", "template", "spec"]), ("apps/v1/DaemonSet", ["spec"])],
)
def test_a_specification_in_two_spellings_is_unknown(audit_of: Any, tmp_path: Path, kind: str, path: list[str]) -> None:
    version, _, name = kind.rpartition("/")
    good: dict[str, Any] = dict(GOOD_POD["spec"]) if name == "Pod" else {"template": {"spec": GOOD_POD["spec"]}}
    body: dict[str, Any] = {**POD, "apiVersion": version, "kind": name, "spec": good}
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    holder["Spec"] = POD["spec"]
    (tmp_path / "in.json").write_text(json.dumps(body))
    outcomes = [finding["outcome"] for finding in audit_of("in.json")[1]["findings"]]
    assert outcomes == ["unknown"]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("content", [GOOD, POD])
def test_a_line_whose_type_is_given_twice_is_not_skipped(
    tmp_path: Path, content: dict[str, Any], separators: tuple[str, str]
) -> None:
    """The first pass over a large file asks for some types alone: the last value may hide one of these."""
    key, other = ("kind", "Things") if content is POD else ("type", "Other/things")
    comma, colon = separators
    text = json.dumps(content, separators=separators)
    file = tmp_path / "in.ndjson"
    file.write_text(f'{text[:-1]}{comma}"{key}"{colon}"{other}"}}\n')
    log = Log()
    wanted = Wanted(frozenset({"core/pod", "microsoft.keyvault/vaults"}), Census())
    list(FileSource(str(file), "in.ndjson").resources(log, wanted))
    assert [gap.reason for gap in log.gaps if f"`{key}` is given twice" in gap.reason]
