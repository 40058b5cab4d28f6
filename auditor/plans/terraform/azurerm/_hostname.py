"""One custom domain of an API Management service."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Fixed


def domains(block: str, kind: str) -> Block:
    """The domains of one endpoint: the gateway is called Proxy in ARM."""
    return Block(
        block,
        "properties.hostnameConfigurations[*]",
        (
            Fixed("type", kind),
            Attr("host_name", "hostName"),
            Attr("key_vault_certificate_id|key_vault_id", "keyVaultId"),
            Attr("certificate_source", "certificateSource", unset=True),
            Attr("negotiate_client_certificate", "negotiateClientCertificate", default=False),
            Attr("default_ssl_binding", "defaultSslBinding", unset=True),
            Attr("ssl_keyvault_identity_client_id", "identityClientId"),
        ),
    )


DOMAINS: Final = (
    domains("management", "Management"),
    domains("portal", "Portal"),
    domains("developer_portal", "DeveloperPortal"),
    domains("scm", "Scm"),
)
