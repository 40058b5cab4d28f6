"""azurerm_api_management_api_version_set → Microsoft.ApiManagement/service/apiVersionSets."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/apiVersionSets",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("display_name", "properties.displayName"),
        Attr("versioning_scheme", "properties.versioningScheme"),
        Attr("version_header_name", "properties.versionHeaderName"),
        Attr("version_query_name", "properties.versionQueryName"),
    ),
)
