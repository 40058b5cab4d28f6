"""Which version of azurerm made a plan, and the defaults that only some versions have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.model import Unknown
from auditor.plans.terraform import read_terraform_plan
from auditor.plans.terraform_versions import major_of
from tests.terraform_plans import body, item

ACCOUNT = {"name": "st", "resource_group_name": "rg", "account_tier": "Standard", "account_replication_type": "ZRS"}
LOCK = """
provider "registry.terraform.io/azure/azapi" {
  version = "2.1.0"
}
provider "registry.terraform.io/hashicorp/azurerm" {
  version     = "5.10.0"
  constraints = ">= 3.0.0"
}
"""


def plan(constraint: str | None) -> dict[str, Any]:
    provider = {"name": "azurerm", **({"version_constraint": constraint} if constraint else {})}
    return {
        "format_version": "1.2",
        "resource_changes": [item("azurerm_storage_account.st", ACCOUNT)],
        "configuration": {"provider_config": {"azurerm": provider}, "root_module": {}},
    }


@pytest.mark.parametrize(
    ("constraint", "major"),
    [
        ("4.55.0", 4), ("= 3.116.0", 3), ("~> 4.0", 4), ("~> 4.55.1", 4), (">= 4.1, < 5.0.0", 4), (">= 4.1, <= 4.9", 4),
        (">= 3.0, < 5.0", None), (">= 4.0", None), ("~> 4", None), ("> 4.1, != 4.3, < 5", 4), (None, None),
        ("not a constraint", None), ("", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_the_version_that_a_constraint_leaves(constraint: str | None, major: int | None) -> None:
    assert major_of(plan(constraint)) == major


def test_the_lock_file_knows_better(tmp_path: Path) -> None:
    (tmp_path / ".terraform.lock.hcl").write_text(LOCK)
    assert major_of(plan(">= 3.0"), str(tmp_path)) == 5
    assert major_of(plan("~> 4.0"), str(tmp_path / "elsewhere")) == 4


@pytest.mark.parametrize(("constraint", "value"), [("~> 3.100", True), ("~> 4.1", True), ("~> 5.0", False)])
def test_a_default_is_that_of_the_version(constraint: str, value: bool) -> None:
    """azurerm 5 forbids anonymous blobs unless told otherwise (its upgrade guide); before, they were allowed."""
    made = read_terraform_plan(plan(constraint), "tfplan.json")
    assert body(made, "storageAccounts")["properties"]["allowBlobPublicAccess"] is value


def test_a_default_of_some_version_is_unknown() -> None:
    properties = body(read_terraform_plan(plan(">= 3.0"), "tfplan.json"), "storageAccounts")["properties"]
    assert isinstance(properties["allowBlobPublicAccess"], Unknown)
    assert properties["minimumTlsVersion"] == "TLS1_2", "the same in all of them"
