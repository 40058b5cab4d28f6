"""What users of other tools report as missed: each a case here, seen in a plan or a template.

The numbers are those of the public reports: `kics#7719` is issue 7719 of Checkmarx/kics.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.terraform_plans import item, read, written
from tests.test_plan_false_alarms import PLACE, answers

Tree = dict[str, Any]
SITE: Tree = {"min_tls_version": "1.1", "ftps_state": "AllAllowed"}


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("azurerm_logic_app_standard", {"site_config": [SITE], "client_certificate_mode": "Required"}),
        ("azurerm_function_app", {"site_config": [SITE], "client_cert_mode": "Required"}),
        (
            "azurerm_function_app_flex_consumption",
            {
                "site_config": [{"minimum_tls_version": "1.1"}],
                "client_certificate_enabled": True,
                "client_certificate_mode": "Required",
            },
        ),
    ],
)
def test_newer_and_older_types_of_sites(kind: str, attributes: Tree) -> None:
    """kics#7719, checkov#6143: a check that knows one of the types of App Service alone."""
    changes = read([item(f"{kind}.it", {**PLACE, "name": "it", "https_only": False, **attributes})])
    assert answers("azure.app-service.min-tls", changes) == ["fail"]
    assert answers("azure.app-service.https-only", changes) == ["fail"]
    assert answers("azure.app-service.client-certificates", changes) == ["pass"]


@pytest.mark.parametrize(
    ("attributes", "unknown", "expected"),
    [
        ({"public_network_access": "Disabled"}, {}, "pass"),
        ({"public_network_access": "Enabled"}, {}, "fail"),
        ({"site_config": [{"public_network_access_enabled": False}]}, {"public_network_access": True}, "pass"),
        ({"client_certificate_mode": None}, {"site_config": True}, "fail"),
    ],
)
def test_public_access_of_logic_apps(attributes: Tree, unknown: Tree, expected: str) -> None:
    """azure-policy#949: two attributes say it, and what azurerm computes says nothing."""
    after = {**PLACE, "name": "it", **attributes}
    address = "azurerm_logic_app_standard.it"
    changes = read([item(address, after, unknown=unknown)], [written(address, name="it")])
    assert answers("azure.app-service.public-access-off", changes) == [expected]
