"""azurerm_api_management_logger → Microsoft.ApiManagement/service/loggers; secrets are not told."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Table
from auditor.plans.terraform.values import concealed, is_digest


def _hidden(value: Any) -> Any:
    """The digest of a text that opens a door."""
    return concealed(value) if isinstance(value, str) and not is_digest(value) else value


_KEY: Final = Attr("connection_string", "properties.credentials.connectionString", _hidden)

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/loggers",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("resource_id", "properties.resourceId"),
        Block(
            "application_insights",
            "",
            (
                Fixed("properties.loggerType", "applicationInsights"),
                _KEY,
                Attr("instrumentation_key", "properties.credentials.instrumentationKey", _hidden),
                Attr("identity_client_id", "properties.credentials.identityClientId"),
            ),
        ),
        Block(
            "eventhub",
            "",
            (
                Fixed("properties.loggerType", "azureEventHub"),
                Attr("name", "properties.credentials.name"),
                _KEY,
                Attr("endpoint_uri", "properties.credentials.endpointAddress"),
                Attr("user_assigned_identity_client_id", "properties.credentials.identityClientId"),
            ),
        ),
    ),
)
