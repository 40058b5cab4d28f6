"""Which version of azurerm made a plan, and the defaults that only some versions have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.model.resource import Unknown
from auditor.plans.terraform.plan import read_terraform_plan
from auditor.plans.terraform.versions import Versions, versions_of
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


LAST = Versions().last[0]


@pytest.mark.parametrize(
    ("constraint", "first", "last"),
    [
        ("4.55.0", (4, 55), (4, 55)), ("= 3.116.0", (3, 116), (3, 116)), ("~> 4.0", (4, 0), (4, LAST)),
        ("~> 4.55.1", (4, 55), (4, 55)), (">= 4.1, < 5.0.0", (4, 1), (4, LAST)), (">= 4.1, <= 4.9", (4, 1), (4, 9)),
        (">= 3.0, < 5.0", (3, 0), (4, LAST)), (">= 4.0", (4, 0), (LAST, LAST)), ("~> 4", (4, 0), (LAST, LAST)),
        ("> 4.1, != 4.3, < 5", (4, 1), (4, LAST)), ("< 3.68", (1, 0), (3, 67)), ("< 3.68.2", (1, 0), (3, 68)),
        ("~> 3.68", (3, 68), (3, LAST)), (None, (1, 0), (LAST, LAST)), ("not one", (1, 0), (LAST, LAST)),
        ("", (1, 0), (LAST, LAST)), ("9" * 5000, (1, 0), (LAST, LAST)), (">= 5, < 4", (1, 0), (LAST, LAST)),
    ],
)  # fmt: skip
def test_the_versions_that_a_constraint_leaves(constraint: str | None, first: Any, last: Any) -> None:
    assert versions_of(plan(constraint)) == Versions(first, last)


def test_the_constraints_of_all_modules_hold_together() -> None:
    whole = plan(">= 3.0")
    whole["configuration"]["provider_config"]["module.a:azurerm"] = {"name": "azurerm", "version_constraint": "< 4.0"}
    whole["configuration"]["provider_config"]["azapi"] = {"name": "azapi", "version_constraint": "~> 2.0"}
    assert versions_of(whole) == Versions((3, 0), (3, LAST))


def test_the_lock_file_knows_better(tmp_path: Path) -> None:
    (tmp_path / ".terraform.lock.hcl").write_text(LOCK)
    assert versions_of(plan(">= 3.0"), str(tmp_path)) == Versions((5, 10), (5, 10))
    assert versions_of(plan("~> 4.0"), str(tmp_path / "elsewhere")) == Versions((4, 0), (4, LAST))


@pytest.mark.parametrize(
    ("constraint", "outcome"),
    [("3.67.0", "fail"), ("3.68.0", "pass"), ("~> 4.0", "pass"), ("~> 3.0", "unknown"), (None, "unknown")],
)
def test_the_default_tls_policy_of_a_gateway_is_that_of_the_version(
    command: Any, tmp_path: Path, constraint: str | None, outcome: str
) -> None:
    gateway = {"name": "agw", "resource_group_name": "rg", "sku": [{"name": "WAF_v2", "tier": "WAF_v2"}]}
    whole = {**plan(constraint), "resource_changes": [item("azurerm_application_gateway.agw", gateway)]}
    (tmp_path / "plan.json").write_text(json.dumps(whole))
    rule = "azure.application-gateway.tls-version"
    command("gate", "plan.json", "--select", rule, "-f", "json", "-o", "out.json", "--outcomes", "pass,fail,unknown")
    (finding,) = json.loads((tmp_path / "out.json").read_text())["findings"]
    assert finding["outcome"] == outcome


@pytest.mark.parametrize(("constraint", "value"), [("~> 3.100", True), ("~> 4.1", True), ("~> 5.0", False)])
def test_a_default_is_that_of_the_version(constraint: str, value: bool) -> None:
    """azurerm 5 forbids anonymous blobs unless told otherwise (its upgrade guide); before, they were allowed."""
    made = read_terraform_plan(plan(constraint), "tfplan.json")
    assert body(made, "storageAccounts")["properties"]["allowBlobPublicAccess"] is value


def test_a_default_of_some_version_is_unknown() -> None:
    properties = body(read_terraform_plan(plan(">= 3.0"), "tfplan.json"), "storageAccounts")["properties"]
    assert isinstance(properties["allowBlobPublicAccess"], Unknown)
    assert properties["minimumTlsVersion"] == "TLS1_2", "the same in all of them"
