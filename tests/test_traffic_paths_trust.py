"""Traffic paths: whom each end trusts, by real certificates, and until when what it rests on holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.model.resource import Unknown
from tests.estates_of_paths import AGW, APP, INGRESS, Body, gateway, paths
from tests.pki import DAY, NOW, Made, b64, make, pem

ROOT = make("Own Root", ca=True, number=1)
OLD = make("Old Root", ca=True, number=2, end=NOW - 2 * DAY)
BETWEEN = make("Own Issuing", ROOT, ca=True, number=3)
OTHER = make("Other Root", ca=True, number=4)
LEAF = make("shop.contoso.com", BETWEEN, sans=("shop.contoso.com",), number=5)
AGED = make("shop.contoso.com", OLD, sans=("shop.contoso.com",), number=6)
ALONE = make("shop.contoso.com", sans=("shop.contoso.com",), number=7)


def hop(sent: tuple[Made, ...], *roots: Made | str, **setting: Any) -> tuple[Body, list[Any]]:
    """The hop from a gateway that trusts these roots to an ingress that sends these, and the ends on the way."""
    names = [f"root-{number}" for number, _ in enumerate(roots)]
    trusted = [{"id": f"{AGW}/trustedRootCertificates/{name}"} for name in names]
    azure = gateway({"ipAddress": "10.0.0.4"}, trustedRootCertificates=trusted, **setting)
    azure[0]["properties"]["trustedRootCertificates"] = [
        {
            "name": name,
            "id": f"{AGW}/trustedRootCertificates/{name}",
            "properties": {"data": root if isinstance(root, str) else b64(root.der)},
        }
        for name, root in zip(names, roots, strict=True)
    ]
    data = {"tls.crt": b64(pem(*sent).encode())}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "shop"}, "data": data}
    (path,) = paths("\n---\n".join((APP, INGRESS, json.dumps(secret))), azure)
    ends = [one["notAfter"] for one in path["certificates"] if one["hop"] == 1]
    found: Body = path["hops"][1]
    return found, ends


@pytest.mark.parametrize(
    ("sent", "roots", "expected"),
    [
        ((LEAF, BETWEEN), (ROOT,), True),
        ((LEAF, BETWEEN), (OTHER, ROOT), True),  # one of several
        ((LEAF, BETWEEN), (BETWEEN,), True),  # an authority between may be trusted itself
        ((LEAF, BETWEEN), (OTHER,), None),  # whose root is nowhere to be seen
        ((LEAF, BETWEEN), (), None),  # public authorities alone are trusted, and whether its root is one is not known
        ((AGED,), (OTHER,), None),
        ((ALONE,), (OTHER,), False),
        ((ALONE,), (ALONE,), True),
        ((LEAF, BETWEEN), ("bm90IGEgY2VydGlmaWNhdGU=",), None),
        ((LEAF, BETWEEN), ("bm90IGEgY2VydGlmaWNhdGU=", ROOT), True),
    ],
)
def test_whom_a_gateway_trusts(sent: tuple[Made, ...], roots: tuple[Made | str, ...], expected: bool | None) -> None:
    told = hop(sent, *roots)[0]["trustMatches"]
    assert told is expected if expected is not None else isinstance(told, Unknown)


def test_the_end_of_a_root_that_cannot_be_read_is_not_known() -> None:
    _, ends = hop((LEAF, BETWEEN), ROOT)
    assert len(ends) == 3 and all(isinstance(end, str) for end in ends)
    for roots in (("bm90IGEgY2VydGlmaWNhdGU=",), ("bm90IGEgY2VydGlmaWNhdGU=", OTHER)):
        _, ends = hop((LEAF, BETWEEN), *roots)
        assert [type(end) for end in ends] == [str, str, Unknown]
    _, ends = hop((LEAF, BETWEEN), "bm90IGEgY2VydGlmaWNhdGU=", ROOT)
    assert all(isinstance(end, str) for end in ends)  # which one vouches is known
    _, ends = hop((LEAF, BETWEEN), "bm90IGEgY2VydGlmaWNhdGU=", validateCertChainAndExpiry=False)
    assert all(isinstance(end, str) for end in ends)  # nobody looks at it


def test_a_root_that_has_ended_is_an_end_of_the_path() -> None:
    found, ends = hop((AGED,), OLD)
    assert found["trustMatches"] is True
    assert min(ends) == "2026-07-07T00:00:00Z"
