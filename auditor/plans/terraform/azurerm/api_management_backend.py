"""azurerm_api_management_backend → Microsoft.ApiManagement/service/backends; secrets are not told."""

from __future__ import annotations

from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.terraform.table import Attr, Block, Child, Table
from auditor.plans.terraform.values import concealed, is_digest


def _hidden(value: Any) -> Any:
    """The digests of texts that open a door, in whatever holds them."""
    if isinstance(value, dict):
        return {key: _hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return value if isinstance(value, Unknown) or is_digest(value) else concealed(value)


TABLE: Final = Table(
    "Microsoft.ApiManagement/service/backends",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("url", "properties.url"),
        Attr("protocol", "properties.protocol"),
        Attr("resource_id", "properties.resourceId"),
        Block(
            "tls",
            "properties.tls",
            (
                Attr("validate_certificate_chain", "validateCertificateChain"),
                Attr("validate_certificate_name", "validateCertificateName"),
            ),
        ),
        Block(
            "credentials",
            "properties.credentials",
            (
                Attr("certificate", "certificate"),
                Attr("header", "header", _hidden),
                Attr("query", "query", _hidden),
                Block(
                    "authorization",
                    "authorization",
                    (Attr("scheme", "scheme"), Attr("parameter", "parameter", _hidden)),
                ),
            ),
        ),
        Block(
            "service_fabric_cluster",
            "properties.properties.serviceFabricCluster",
            (
                Attr("client_certificate_id", "clientCertificateId"),
                Attr("management_endpoints", "managementEndpoints"),
            ),
        ),
    ),
)
