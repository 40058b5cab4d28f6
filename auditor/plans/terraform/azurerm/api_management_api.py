"""azurerm_api_management_api → Microsoft.ApiManagement/service/apis."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/apis",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("display_name", "properties.displayName", unset=True),
        Attr("path", "properties.path", unset=True),
        Attr("protocols", "properties.protocols", unset=True),
        Attr("service_url", "properties.serviceUrl", unset=True),
        Attr("subscription_required", "properties.subscriptionRequired", default=True),
        Attr("revision", "properties.apiRevision"),
        Attr("is_current", "properties.isCurrent", unset=True),
        Attr("is_online", "properties.isOnline", unset=True),
        Attr("version", "properties.apiVersion", unset=True),
        Attr("version_set_id", "properties.apiVersionSetId", unset=True),
        Attr("api_type", "properties.type", unset=True),
        Block("import", "properties", (Attr("content_format", "format"),)),
        Block(
            "oauth2_authorization",
            "properties.authenticationSettings.oAuth2",
            (Attr("authorization_server_name", "authorizationServerId"), Attr("scope", "scope")),
        ),
        Block(
            "openid_authentication",
            "properties.authenticationSettings.openid",
            (Attr("openid_provider_name", "openidProviderId"),),
        ),
    ),
)
