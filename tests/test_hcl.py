"""Where Terraform files write what: the scanner of blocks, and plan addresses → file and lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.errors import InputError
from auditor.plans.change import Lines
from auditor.plans.terraform.hcl import dynamic_references, read_hcl
from auditor.plans.terraform.hcl_source import Source
from auditor.plans.terraform.nodes import nodes_of
from tests.terraform_plans import item

TRICKY = """\
# resource "azurerm_key_vault" "in_a_comment" {
/* resource "azurerm_key_vault" "in_another" {
}
*/
variable "env" { default = "prod" } // one line
resource "azurerm_key_vault" "kv" {
  name = "kv-${lookup({ a = "}" }, "a", "{")}-$${not a template {"
  tags = { note = "a \\"quoted\\" }" } # } in a comment
  dynamic "network_acls" {
    for_each = var.acls
    content { bypass = "AzureServices" }
  }
}

resource azurerm_storage_account "bare_label" {
  custom = <<-JSON
    {"unbalanced": "}}}", "x": ${jsonencode({ y = 1 })}
    resource "azurerm_key_vault" "in_a_heredoc" {
    JSON
  other = <<EOT
EOT is not the end, nor is
  # this a comment
EOT
}
module "net" {
  source = "./modules/net"
}
locals { last = "%{ if true }{%{ endif }" }
"""


def test_blocks_among_texts_heredocs_and_comments() -> None:
    found = read_hcl(TRICKY)
    assert [(*block.header, block.first, block.last) for block in found.blocks] == [
        ("variable", "env", 5, 5),
        ("resource", "azurerm_key_vault", "kv", 6, 13),
        ("resource", "azurerm_storage_account", "bare_label", 15, 24),
        ("module", "net", 25, 27),
        ("locals", 28, 28),
    ]
    assert [(comment.line, comment.text[:12]) for comment in found.comments] == [
        (1, "# resource \""), (2, "/* resource "), (5, "// one line"), (8, "# } in a com"),
    ]  # fmt: skip


def test_line_ends_of_windows_and_a_file_without_a_last_one() -> None:
    (first, second) = read_hcl('resource "a" "b" {\r\n  x = <<E\r\n}\r\nE\r\n}\r\nresource "c" "d" {}').blocks
    assert (first.first, first.last, second.header) == (1, 5, ("resource", "c", "d"))


@given(st.text(alphabet='{}"#/*<-$%EO \n\\a', max_size=200))
def test_any_text_is_read(text: str) -> None:
    lines = text.count("\n") + 1
    for block in read_hcl(text).blocks:
        assert 1 <= block.first <= block.last <= lines
    for wrapped in (text, f'resource "a" "b" {{\ndynamic "c" {{\ncontent {{\n{text}\n}}\n}}\n}}'):
        assert isinstance(dynamic_references(wrapped), dict)


@given(st.lists(st.sampled_from(['x = "}"', "x = <<E\n}\nE", "# {", 'y { z = "${"}"}" }', "/* { */", ""]), max_size=8))
def test_whatever_a_block_holds_the_next_is_found(inside: list[str]) -> None:
    text = 'resource "a" "b" {\n' + "\n".join(inside) + '\n}\nresource "c" "d" {\n}\n'
    last = text.count("\n")
    assert [(b.header[1], b.last) for b in read_hcl(text).blocks] == [("a", last - 2), ("c", last)]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def places(folder: Path, addresses: list[str], calls: dict[str, Any] | None = None) -> dict[str, Lines]:
    changes = [item(address, {"name": "x"}) for address in addresses]
    plan = {"resource_changes": changes, "configuration": {"root_module": {"module_calls": calls or {}}}}
    return Source(plan, str(folder)).places(nodes_of(plan))


VAULT = '\nresource "azurerm_key_vault" "kv" {\n  name = "x"\n}\n'


def test_counted_and_repeated_resources_and_data_sources(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": VAULT, "data.tf": 'data "azurerm_key_vault" "kv" {}\n'})
    addresses = ["azurerm_key_vault.kv[0]", 'azurerm_key_vault.kv["a.b"]', "data.azurerm_key_vault.kv"]
    found = places(tmp_path, addresses)
    assert found["azurerm_key_vault.kv[0]"] == Lines(f"{tmp_path}/main.tf", 2, 4)
    assert found["data.azurerm_key_vault.kv"] == Lines(f"{tmp_path}/data.tf", 1, 1)
    assert len(found) == 3


def test_modules_in_local_folders(tmp_path: Path) -> None:
    files = {"main.tf": 'module "net" {\n}\n', "modules/net/a.tf": 'module "deep" {}\n', "modules/deep/b.tf": VAULT}
    write(tmp_path, files)
    calls = {"net": {"source": "./modules/net", "module": {"module_calls": {"deep": {"source": "../deep"}}}}}
    address = 'module.net["eu"].module.deep[0].azurerm_key_vault.kv'
    assert places(tmp_path, [address], calls) == {address: Lines(f"{tmp_path}/modules/deep/b.tf", 2, 4)}


def test_what_a_downloaded_module_makes_is_found_at_its_call(tmp_path: Path) -> None:
    noted = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "kv", "Dir": ".terraform/modules/kv"}]}
    files = {"main.tf": '\n\nmodule "kv" {\n  source = "Azure/avm/azurerm"\n}\n', ".terraform/modules/kv/x.tf": VAULT}
    write(tmp_path, {**files, ".terraform/modules/modules.json": json.dumps(noted)})
    address = "module.kv.azurerm_key_vault.kv"
    expected = {address: Lines(f"{tmp_path}/main.tf", 3, 5)}
    assert places(tmp_path, [address]) == expected
    (tmp_path / ".terraform/modules/modules.json").unlink()
    assert places(tmp_path, [address], {"kv": {"source": "Azure/avm/azurerm"}}) == expected


def test_the_root_module_may_lie_among_downloaded_ones(tmp_path: Path) -> None:
    root = tmp_path / ".terraform/modules/kv"
    write(root, {"main.tf": VAULT})
    assert places(root, ["azurerm_key_vault.kv"]) == {"azurerm_key_vault.kv": Lines(f"{root}/main.tf", 2, 4)}


def test_json_and_overrides(tmp_path: Path) -> None:
    written = {"resource": [{"azurerm_key_vault": {"kv": {"name": "x", "tags": {"a": "b"}}}}], "module": {"m": {}}}
    write(tmp_path, {"cdk.tf.json": json.dumps(written, indent=1), "a_override.tf": VAULT})
    assert places(tmp_path, ["azurerm_key_vault.kv"]) == {
        "azurerm_key_vault.kv": Lines(f"{tmp_path}/cdk.tf.json", 5, 10)
    }


def test_a_wrong_folder_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": VAULT})
    with pytest.raises(InputError, match="nothing that the plan holds"):
        places(tmp_path, ["azurerm_subnet.other"])
    with pytest.raises(InputError, match="no folder"):
        places(tmp_path / "missing", ["azurerm_key_vault.kv"])


DYNAMIC = """resource "azurerm_private_endpoint" "this" {
  name = "pe"
  dynamic "private_dns_zone_group" {
    for_each = var.zone ? [1] : []
    content {
      name                 = private_dns_zone_group.value
      private_dns_zone_ids = [
        azurerm_private_dns_zone.this["a.b"].id,
        module.dns.zone_id, # and more
      ]
      one_id   = azurerm_private_dns_zone.other[private_dns_zone_group.key].id
      all_ids  = azurerm_private_dns_zone.all[*].id
      own_ids  = each.value.zones
      made_id  = "${azurerm_x.y.id}/records/a"
      some_id  = coalesce(private_dns_zone_group.value.id, azurerm_x.y.id)
      by_name  = { a = azurerm_x.y.id }
    }
  }
}
"""


def test_dynamic_blocks_say_what_they_refer_to() -> None:
    """References alone: what is more than that, or comes from what the block goes through, is left out."""
    assert dynamic_references(DYNAMIC.replace(" # and more", "")) == {
        "private_dns_zone_group": {
            "private_dns_zone_ids": ['azurerm_private_dns_zone.this["a.b"].id', "module.dns.zone_id"],
            "one_id": ["azurerm_private_dns_zone.other"],
            "all_ids": ["azurerm_private_dns_zone.all"],
            "own_ids": ["each.value.zones"],
        }
    }
    assert "private_dns_zone_ids" not in dynamic_references(DYNAMIC)["private_dns_zone_group"], "a comment is more"
    assert dynamic_references(DYNAMIC.replace("content", "other")) == {}
