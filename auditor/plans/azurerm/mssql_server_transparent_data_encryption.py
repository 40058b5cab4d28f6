"""azurerm_mssql_server_transparent_data_encryption → Microsoft.Sql/servers/encryptionProtector."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform_table import Attr, Child, Table


def _of_a_vault(_key: Any) -> str:
    return "AzureKeyVault"


TABLE: Final = Table(
    "Microsoft.Sql/servers/encryptionProtector",
    Child("server_id", "Microsoft.Sql/servers"),
    (
        Attr("key_vault_key_id|managed_hsm_key_id", "properties.uri"),
        Attr(
            "key_vault_key_id|managed_hsm_key_id",
            "properties.serverKeyType",
            _of_a_vault,
            otherwise="ServiceManaged",
        ),
        Attr("auto_rotation_enabled", "properties.autoRotationEnabled", default=False),
    ),
    name="=current",
)
