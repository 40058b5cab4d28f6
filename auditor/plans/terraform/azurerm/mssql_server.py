"""azurerm_mssql_server → Microsoft.Sql/servers, with its connection policy and auditing."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._sql import CONNECTION_POLICY, INLINE_AUDITING
from auditor.plans.terraform.table import ENABLED, Attr, Block, Extra, Fixed, Group, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers",
    Group(),
    (
        IDENTITY,
        Fixed("kind", "v12.0"),
        Attr("version", "properties.version"),
        Attr("administrator_login", "properties.administratorLogin", unset=True),
        Attr("minimum_tls_version", "properties.minimalTlsVersion", {"Disabled": "None"}, default="1.2"),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Attr(
            "outbound_network_restriction_enabled", "properties.restrictOutboundNetworkAccess", ENABLED, default=False
        ),
        Attr("transparent_data_encryption_key_vault_key_id", "properties.keyId", unset=True),
        Block(
            "azuread_administrator",
            "properties.administrators",
            (
                Fixed("administratorType", "ActiveDirectory"),
                Attr("login_username", "login"),
                Attr("object_id", "sid"),
                Attr("tenant_id", "tenantId", unset=True),
                Attr(
                    "azuread_authentication_only",
                    "azureADOnlyAuthentication",
                    default=False,
                    otherwise=False,
                    unset=True,
                ),
            ),
        ),
    ),
    extras=(
        CONNECTION_POLICY,
        INLINE_AUDITING,
        Extra(
            "sqlVulnerabilityAssessments",
            "=default",
            "",
            (Attr("express_vulnerability_assessment_enabled", "properties.state", ENABLED),),
        ),
    ),
)
