"""Exemptions in comments: to which block or object each belongs, in Terraform, manifests and templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.exemptions.comments import json_comments, yaml_comments

PURGE = "azure.key-vault.purge-protection"
ROOT_RULE = "kubernetes.workload.non-root"
MARK = f'auditor:exempt {PURGE} until=2026-09-09 owner=data@example.org reason="Moves away."'
UNQUOTED = MARK.replace('"Moves away."', "agreed")
POD_MARK = MARK.replace(PURGE, ROOT_RULE)


@pytest.fixture
def gate(tmp_path: Path, command: Any) -> Any:
    """Gates a file: outcome by name of the resource, and what is noticed."""

    def call(file: str, *args: str, rule: str = PURGE) -> tuple[dict[str, str], list[str]]:
        done = command("gate", file, *args, "--select", rule, "--as-of", "2026-07-09", "-f", "json")
        assert done.returncode in (0, 1), done.stderr
        found = json.loads(done.stdout)
        outcomes = {each["resource"]["name"]: each["outcome"] for each in found["findings"]}
        return outcomes, [f"{each['kind']}:{each['line']}" for each in found["notices"]]

    return call


def plan(*addresses: str) -> dict[str, Any]:
    """Vaults without protection, at addresses such as `azurerm_key_vault.kv["a"]`."""
    changes = []
    for number, address in enumerate(addresses):
        after = {"name": f"kv{number}", "resource_group_name": "rg", "location": "x", "purge_protection_enabled": False}
        kind, _, name = address.partition("[")[0].rpartition(".")
        index = {"index": json.loads(address.partition("[")[2][:-1])} if "[" in address else {}
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}}
        where = {"address": address, "mode": "managed", "type": kind, "name": name, **index}
        changes.append({**where, "change": change})
    return {"format_version": "1.2", "resource_changes": changes}


TERRAFORM = f"""
# {MARK}
# It is known, and agreed.

resource "azurerm_key_vault" "before" {{
}}

resource "azurerm_key_vault" "within" {{
  soft_delete_retention_days = 7 // {MARK}
}}

resource "azurerm_key_vault" "header" {{ # {MARK}
  for_each = toset(["a", "b"])
}}

resource "azurerm_key_vault" "text" {{
  tags = {{ note = "# {UNQUOTED}" }}
  more = <<-EOT
    # {MARK}
  EOT
}}

# {MARK}
locals {{}}

resource "azurerm_key_vault" "after" {{
}}
"""


def test_a_comment_in_terraform_belongs_to_the_block_that_follows_or_holds_it(gate: Any, tmp_path: Path) -> None:
    named = [
        f"azurerm_key_vault.{name}" for name in ("before", "within", 'header["a"]', 'header["b"]', "text", "after")
    ]
    (tmp_path / "plan.json").write_text(json.dumps(plan(*named)))
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text(TERRAFORM)
    outcomes, notices = gate("plan.json", "--source", "infra")
    assert outcomes == dict.fromkeys(("kv0", "kv1", "kv2", "kv3"), "exempt") | dict.fromkeys(("kv4", "kv5"), "fail")
    assert notices == ["exemption-misplaced:23"]
    assert set(gate("plan.json")[0].values()) == {"fail"}, "without the source nobody can know"


def test_it_is_an_exemption_in_source(command: Any, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan("azurerm_key_vault.kv")))
    (tmp_path / "main.tf").write_text(f'resource "azurerm_key_vault" "kv" {{\n  # {MARK}\n}}\n')
    args = ("gate", "plan.json", "--source", ".", "--select", PURGE, "-f", "sarif", "--as-of")
    done = command(*args, "2026-07-09")
    assert done.returncode == 0
    suppression = json.loads(done.stdout)["runs"][0]["results"][0]["suppressions"][0]
    assert (suppression["kind"], suppression["justification"]) == ("inSource", "Moves away.")
    assert command(*args, "2026-09-09").returncode == 1, "it ends like any other"


POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {0}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
MANIFESTS = f"""# {POD_MARK}
---
{POD.format("before")}---
apiVersion: v1
kind: Pod
metadata:
  name: within  # {POD_MARK}
spec: {{containers: [{{name: c, image: i}}]}}
---
{POD.format("plain")}---
apiVersion: v1
kind: Pod
metadata:
  name: text
  annotations:
    note: |
      # {POD_MARK}
    other: '# {POD_MARK}'
spec: {{containers: [{{name: c, image: i}}]}}
---
apiVersion: v1
kind: List
items:
# {POD_MARK}
- apiVersion: v1
  kind: Pod
  metadata: {{name: item}}
  spec: {{containers: [{{name: c, image: i}}]}}
- apiVersion: v1
  kind: Pod
  metadata: {{name: second}}
  spec: {{containers: [{{name: c, image: i}}]}}
"""


def test_a_comment_in_a_manifest_belongs_to_the_object_that_follows_or_holds_it(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text(MANIFESTS)
    outcomes, notices = gate("pods.yaml", rule=ROOT_RULE)
    assert {name for name, outcome in outcomes.items() if outcome == "exempt"} == {"before", "within", "item"}
    assert len(outcomes) == 6 and notices == []
    (tmp_path / "pods.yaml").write_text(POD.format("one") + f"---\n# {POD_MARK}\n")
    assert gate("pods.yaml", rule=ROOT_RULE) == ({"one": "fail"}, ["exemption-misplaced:6"])


def test_a_comment_at_the_end_of_a_document_is_not_of_the_next(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text(f"{POD.format('one')}# {POD_MARK}\n---\n# Source: b.yaml\n{POD.format('two')}")
    assert gate("pods.yaml", rule=ROOT_RULE) == ({"one": "exempt", "two": "fail"}, [])
    (tmp_path / "pods.yaml").write_text(f"# {POD_MARK}\n---\n# Source: a.yaml\n{POD.format('one')}")
    assert gate("pods.yaml", rule=ROOT_RULE) == ({"one": "exempt"}, [])


def test_a_comment_holds_in_its_own_file_alone(command: Any, tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").write_text(f"# {POD_MARK}\n{POD.format('shop')}")
    (tmp_path / "prod.yaml").write_text(POD.format("shop").replace("image: i", "image: j"))
    done = command("gate", "dev.yaml", "prod.yaml", "--select", ROOT_RULE, "--as-of", "2026-07-09", "-f", "line")
    assert " exempt=1 " in done.stdout and " fail=1 " in done.stdout


def test_a_comment_exempts_one_of_two_documents_of_the_same_name(command: Any, tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: same}}\nspec: {{containers: [{{name: {name}, image: a}}]}}\n"
    (tmp_path / "m.yaml").write_text(f"# {POD_MARK}\n{pod.format(name='a')}---\n{pod.format(name='b')}")
    given = ("--select", ROOT_RULE, "--as-of", "2026-07-09", "-f", "json")
    done = command("gate", "m.yaml", *given)
    assert done.returncode == 3, "two objects of one name are a gap"
    found = [(each["outcome"], each["origin"]["line"]) for each in json.loads(done.stdout)["findings"]]
    assert sorted(found) == [("exempt", 2), ("fail", 7)]


def test_a_control_character_beside_a_comment_is_no_defect(command: Any, tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n"
    (tmp_path / "m.yaml").write_text(f"{pod}---\n# {POD_MARK}\n# \x01\n{pod.replace('name: a}', 'name: b}', 1)}")
    done = command("gate", "m.yaml", "--select", ROOT_RULE, "-f", "json")
    assert done.returncode == 3, "a document cannot be read"
    assert [each["outcome"] for each in json.loads(done.stdout)["findings"]] == ["fail"]


def test_a_scan_reads_them_in_manifests_too(command: Any, tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "pods.yaml").write_text(MANIFESTS)
    done = command("scan", "--from", "k8s", "--select", ROOT_RULE, "--as-of", "2026-07-09", "-f", "line")
    assert " exempt=3 " in done.stdout and " fail=3 " in done.stdout


def test_a_comment_in_a_template_belongs_to_the_resource_that_follows_or_holds_it(gate: Any, tmp_path: Path) -> None:
    def resource(name: str, first: str = "", inside: str = "") -> str:
        head = '"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01"'
        return f'{first}{{\n{head}, "name": "{name}",{inside}\n"properties": {{"note": "// {UNQUOTED}"}}\n}}'

    within = resource("within", inside=f"\n/* {MARK} */")
    resources = [resource("before", f"// {MARK}\n"), resource("plain"), within]
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    text = f'{{"$schema": "{schema}", "contentVersion": "1.0.0.0", "resources": [\n{",".join(resources)}\n]}}'
    (tmp_path / "main.json").write_text(text)
    assert gate("main.json") == ({"before": "exempt", "plain": "fail", "within": "exempt"}, [])


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        (MARK.replace("owner=", "onwer="), "main.tf:2: unknown key 'onwer' (did you mean 'owner'?)"),
        (MARK.replace("until=2026-09-09 ", ""), "main.tf:2: until: it is missing"),
        (MARK.replace("2026-09-09", "soon"), "main.tf:2: until: it is no date"),
        (MARK.replace('"Moves away."', '"Moves away.'), "main.tf:2: this is not understood: 'reason=\"Moves away.'"),
        (MARK.replace('"Moves away."', "Moves away."), "main.tf:2: 'away.' is one rule too many"),
        (MARK.replace(PURGE, ""), "main.tf:2: it names no rule"),
        (MARK.replace(PURGE, f"{PURGE}s"), f"main.tf:2: no rule is called '{PURGE}s' (did you mean '{PURGE}'?)"),
        (f"{MARK} category=accepted", "main.tf:2: category: it should be 'waiver' or 'mitigated'"),
    ],
)
def test_a_wrong_comment_is_refused(command: Any, tmp_path: Path, comment: str, told: str) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan("azurerm_key_vault.kv")))
    (tmp_path / "main.tf").write_text(f'resource "azurerm_key_vault" "kv" {{\n  # {comment}\n}}\n')
    done = command("gate", "plan.json", "--source", ".", "--select", PURGE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {told}"), done.stderr


def test_it_may_say_more(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan("azurerm_key_vault.kv")))
    more = f"{MARK} category=mitigated outcomes=fail,unknown".replace("Moves away.", 'Moves \\"away\\".')
    (tmp_path / "main.tf").write_text(f'/* {more} */\nresource "azurerm_key_vault" "kv" {{}}\n')
    assert gate("plan.json", "--source", ".")[0] == {"kv0": "exempt"}


@given(st.text("#'\" \n:-a|>{}[],\\/*", max_size=60))
def test_any_text_has_comments_or_none(text: str) -> None:
    lines = max(len(text.splitlines()), 1)
    for comments in (yaml_comments(text), json_comments(text)):
        assert all(1 <= comment.line <= lines for comment in comments)
