"""azurerm_federated_identity_credential → a federated credential of a user-assigned identity."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table, as_list

TABLE: Final = Table(
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
    Child("user_assigned_identity_id|parent_id", "Microsoft.ManagedIdentity/userAssignedIdentities"),
    (
        Attr("issuer", "properties.issuer"),
        Attr("subject", "properties.subject"),
        Attr("audience", "properties.audiences", as_list),
    ),
)
