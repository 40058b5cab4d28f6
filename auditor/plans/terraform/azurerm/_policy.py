"""A policy document of API Management."""

from __future__ import annotations

from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.terraform.table import Attr, Fixed


def _elsewhere(link: Any) -> Unknown:
    return Unknown(f"the policy lies at {link}")


POLICY: Final = (
    Fixed("properties.format", "rawxml"),
    Attr("xml_link", "properties.value", _elsewhere),
    Attr("xml_content", "properties.value", unset=True),
)
