"""One access policy of a key vault, inside the vault or on its own."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr

ACCESS_POLICY: Final = (
    Attr("tenant_id", "tenantId"),
    Attr("object_id", "objectId"),
    Attr("application_id", "applicationId"),
    Attr("key_permissions", "permissions.keys"),
    Attr("secret_permissions", "permissions.secrets"),
    Attr("certificate_permissions", "permissions.certificates"),
    Attr("storage_permissions", "permissions.storage"),
)
