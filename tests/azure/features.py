"""What a resource cannot have, and how the services say so: children that its kind, or its state, does not allow."""

from __future__ import annotations

from typing import Final

from tests.azure.estate import Body, Estate, kind
from tests.azure.http import Refused

NO_SERVICE: Final = {"blobservices": ("filestorage",), "fileservices": ("blobstorage", "blockblobstorage")}
"""Services of a storage account, and the kinds of account that have none."""
NO_DIAGNOSTICS: Final = frozenset(
    {
        "microsoft.compute/disks",
        "microsoft.managedidentity/userassignedidentities",
        "microsoft.network/privateendpoints",
        "microsoft.network/routetables",
        "microsoft.storage/storageaccounts/blobservices/containers",
    }
)
"""Types that have no diagnostic settings."""


NOT_IN_CONSUMPTION: Final = frozenset({"caches", "gateways", "portalconfigs", "portalsettings", "users", "workspaces"})
"""Children that API Management lacks in the Consumption tier."""


def check(estate: Estate, owner: Body, type_: str) -> None:
    """Raises `Refused` when this owner cannot have children of a casefolded type."""
    provider, _, rest = type_.partition("/")
    last = rest.rpartition("/")[2]
    if str(owner.get("kind", "")).casefold() in NO_SERVICE.get(last, ()):
        what = last.removesuffix("services").capitalize()
        raise Refused(400, "FeatureNotSupportedForAccount", f"{what} is not supported for the account.")
    tier = str((owner.get("sku") or {}).get("name", "")).casefold()
    if provider == "microsoft.apimanagement" and tier == "consumption" and last in NOT_IN_CONSUMPTION:
        text = f"Method not allowed in Consumption pricing tier: {last}."
        raise Refused(400, "MethodNotAllowedInPricingTier", text)
    if last == "diagnosticsettings" and kind(owner) in NO_DIAGNOSTICS:
        text = f"The resource type '{kind(owner)}' does not support diagnostic settings."
        raise Refused(400, "ResourceTypeNotSupported", text)
    state = f"{owner['id']}/providers/{provider}/onboardingstates/default".casefold()
    if provider == "microsoft.securityinsights" and last != "onboardingstates" and state not in estate.by_id:
        raise Refused(400, "BadRequest", f"Workspace '{owner['name']}' is not onboarded to Microsoft Sentinel.")
