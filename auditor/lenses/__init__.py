"""Lenses: pure functions from the resources of an inventory to derived resources, which rules judge like any other.

A lens runs only when a selected rule asks for its type; importing this table imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from auditor.lenses.coverage import Coverage
from auditor.model import Resource


class Lens(NamedTuple):
    """`derive` reads resources of the casefolded types `reads`, all of them, and gives those of the derived `type`.

    The coverage tells whether what it did not find is really not there.
    """

    type: str
    reads: frozenset[str]
    derive: Callable[[Iterable[Resource], Coverage], Iterator[Resource]]


def _certificates(resources: Iterable[Resource], _coverage: Coverage) -> Iterator[Resource]:
    from auditor.lenses.certificates import derive

    return derive(resources)


def _api_policies(resources: Iterable[Resource], coverage: Coverage) -> Iterator[Resource]:
    from auditor.lenses.api_policy import derive

    return derive(resources, coverage)


API_POLICY_READS: Final = frozenset(
    {
        "microsoft.apimanagement/service",
        *(
            f"microsoft.apimanagement/service/{scope}{kind}"
            for scope in ("", "workspaces/")
            for kind in (
                "policies",
                "policyfragments",
                "namedvalues",
                "apis",
                "apis/policies",
                "apis/products",
                "apis/operations",
                "apis/operations/policies",
                "products",
                "products/policies",
                "products/apis",
                "products/apilinks",
                "subscriptions",
                "backends",
            )
        ),
    }
)
"""Everything that decides which policy of API Management is effective."""

LENSES: Final = (
    Lens(
        "auditor/certificate",
        frozenset(
            {
                "microsoft.network/applicationgateways",
                "microsoft.apimanagement/service",
                "microsoft.apimanagement/service/backends",
                "microsoft.apimanagement/service/certificates",
                "microsoft.keyvault/vaults/certificates",
                "microsoft.web/certificates",
                "core/secret",
                "cert-manager.io/certificate",
                "secrets-store.csi.x-k8s.io/secretproviderclass",
                "networking.k8s.io/ingress",
                "gateway.networking.k8s.io/gateway",
                "admissionregistration.k8s.io/mutatingwebhookconfiguration",
                "admissionregistration.k8s.io/validatingwebhookconfiguration",
                "apiregistration.k8s.io/apiservice",
            }
        ),
        _certificates,
    ),
    Lens("auditor/apiPolicy", API_POLICY_READS, _api_policies),
)
"""Every lens."""


def needed(types: Iterable[str]) -> tuple[Lens, ...]:
    """The lenses that derive one of these casefolded types."""
    wanted = frozenset(types)
    return tuple(lens for lens in LENSES if lens.type.casefold() in wanted)
