"""azurerm_mssql_managed_instance_transparent_data_encryption → Microsoft.Sql/managedInstances/encryptionProtector."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform_table import Attr, Child, Table


def _of_a_vault(_key: Any) -> str:
    return "AzureKeyVault"


TABLE: Final = Table(
    "Microsoft.Sql/managedInstances/encryptionProtector",
    Child("managed_instance_id", "Microsoft.Sql/managedInstances"),
    (
        Attr("key_vault_key_id|managed_hsm_key_id", "properties.uri"),
        Attr(
            "key_vault_key_id|managed_hsm_key_id",
            "properties.serverKeyType",
            _of_a_vault,
            otherwise="ServiceManaged",
        ),
    ),
    name="=current",
)
