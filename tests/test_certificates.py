"""The certificate lens, on real certificates: what is read, what is joined, what is proved by signature."""

from __future__ import annotations

import random
import time
import tracemalloc
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from estates_of_certificates import (
    GATEWAY,
    SECRET_ID,
    Body,
    by_name,
    gateway,
    ingress,
    lens,
    resource,
    tls_secret,
    vault_certificate,
    webhook,
)
from pki import DAY, LEAF, MIDDLE, NOW, ROOT, Made, b64, make, p7, pem

from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.lenses.certificates.lens import _SERVING, _SOURCES, covers
from auditor.lenses.certificates.times import lifetime
from auditor.lenses.registry import LENSES
from auditor.model.finding import Outcome
from auditor.model.resource import Unknown
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules

RULES = [bind(rule, NOW) for rule in load_rules() if "auditor/certificate" in rule.resource]


def failing(*bodies: dict[str, Any], outcome: Outcome = Outcome.FAIL) -> set[str]:
    """The last part of the ids of the rules that say so."""
    inventory = Inventory(["test"], [CollectedSource([resource(body) for body in bodies])])
    _, findings = audit(RULES, inventory, clock=NOW)
    with findings:
        return {found.rule_id.rpartition(".")[2] for found in findings if found.outcome is outcome}


def chain(*bodies: dict[str, Any]) -> Any:
    return by_name(*bodies)["api.contoso.com"]["chain"]


def test_the_table_reads_what_the_lens_knows() -> None:
    assert LENSES[0].reads == frozenset({*_SOURCES, *_SERVING})


# --- material -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [p7(LEAF, MIDDLE, ROOT), p7(ROOT, MIDDLE, LEAF), p7(MIDDLE, LEAF), b64(LEAF.der), b64(pem(LEAF, MIDDLE))]
    + [LEAF.pem, b64(b64(LEAF.der)), b64(LEAF.der).rstrip("="), "\n".join([b64(LEAF.der)[:64], b64(LEAF.der)[64:]])],
    ids=["p7", "p7-reversed", "p7-two", "der", "pem-base64", "pem", "twice", "unpadded", "lines"],
)
def test_the_leaf_is_found_in_every_form(data: str) -> None:
    found = by_name(gateway(data))["api.contoso.com"]
    assert found["sha256"] == LEAF.sha256 and found["thumbprint"] == LEAF.thumbprint
    assert found["keyType"] == "EC" and found["keySize"] == 256 and found["signatureHash"] == "sha256"
    assert found["sans"] == ["api.contoso.com"] and found["extendedKeyUsage"] == ["serverAuth"]
    assert found["isCa"] is False and found["selfSigned"] is False
    assert (found["notBefore"], found["notAfter"]) == ("2026-06-09T00:00:00Z", "2026-12-06T00:00:00Z")
    assert found["lifetimeDays"] == 180
    assert (found["failFrom"], found["warnFrom"]) == ("2026-11-06T00:00:00Z", "2026-10-07T00:00:00Z")
    (use,) = [use for use in found["uses"] if use["kind"] == "listener"]
    assert use["name"] == "agw/web" and use["public"] is True and use["hosts"] == ["api.contoso.com"]


@pytest.mark.parametrize(
    ("kind", "expected", "fails"),
    [("RSA-2048", ("RSA", 2048), False), ("RSA-1024", ("RSA", 1024), True), ("P-384", ("EC", 384), False)]
    + [("P-192", ("EC", 192), True), ("Ed25519", ("Ed25519", 256), False)],
)
def test_keys(kind: str, expected: tuple[str, int], fails: bool) -> None:
    made = make("api.contoso.com", MIDDLE, kind=kind)
    found = by_name(gateway(p7(made, MIDDLE)))["api.contoso.com"]
    assert (found["keyType"], found["keySize"]) == expected
    assert ("key-strength" in failing(gateway(p7(made, MIDDLE)))) == fails


def test_ed25519_signs_without_a_hash_and_its_chain_is_verified() -> None:
    root = make("Ed Root", ca=True, kind="Ed25519", number=9)
    made = make("api.contoso.com", root)
    found = by_name(gateway(p7(made, root)))["api.contoso.com"]
    assert found["signatureAlgorithm"] == "ed25519" and found["signatureHash"] is None
    assert found["chain"] == "complete"
    assert "signature-hash" not in failing(gateway(p7(made, root)))


@pytest.mark.parametrize(
    "data",
    ["%%%", b64(b"garbage"), b64(LEAF.der[:-40]), b64(p7(LEAF)[:50]), "-----BEGIN CERTIFICATE-----\nx", "", "MIIC", " "]
    + [b64(b"\x30\x80" * 500), b64(b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"), "é" * 50],
    ids=map(str, range(11)),
)
def test_garbage_is_unknown_and_never_a_pass(data: str) -> None:
    (found,) = lens(gateway(data))
    assert found.partial
    properties = found.body["properties"]
    assert all(isinstance(properties[name], Unknown) for name in ("notAfter", "sha256", "chain", "keyType"))
    assert failing(gateway(data)) == set()
    unknown = failing(gateway(data), outcome=Outcome.UNKNOWN)
    assert {"not-expired", "in-force", "key-strength", "covers-hosts"} <= unknown


def _odd(*raw: tuple[str, bytes]) -> bytes:
    return make("odd.b", sans=(), raw=raw).der


@pytest.mark.parametrize(
    "der",
    [
        _odd(("2.5.29.17", b"\x30\x04\xa3\x02\x05\x00")),
        _odd(("2.5.29.17", b"\x30\x04\xa5\x02\x05\x00")),
        _odd(("1.2.3.4", b"\x05\x00"), ("1.2.3.5", b"\x05\x00")).replace(
            b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04"
        ),
    ],
    ids=["an X.400 address", "an EDI party", "an extension twice"],
)
def test_names_that_cannot_be_read_leave_the_rest_of_a_certificate(der: bytes) -> None:
    found = by_name(gateway(b64(der)))["odd.b"]
    assert isinstance(found["sans"], Unknown) and isinstance(found["isCa"], Unknown)
    assert found["notAfter"] == "2026-12-06T00:00:00Z" and found["keySize"] == 256


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59.9999999-08:00"])
def test_a_time_that_no_year_of_utc_holds_is_not_known(time: str) -> None:
    body = vault_certificate(None, attributes={"exp": time})
    (found,) = lens(body)
    assert "notAfter" not in found.body["properties"]
    renewed = {"lifetime_actions": [{"action": {"action_type": "AutoRenew"}, "trigger": {"days_before_expiry": 30}}]}
    (early,) = lens(vault_certificate(None, attributes={"exp": "0001-01-02T00:00:00Z"}, policy=renewed))
    assert "renewsAt" not in early.body["properties"]


def test_one_broken_part_of_a_bundle_does_not_hide_the_others() -> None:
    broken = LEAF.pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + MIDDLE.pem
    assert set(by_name(tls_secret(b64(broken)))) == {"api.contoso.com", "Test Issuing CA"}


def test_random_damage_ends_in_no_exception() -> None:
    draw = random.Random(7)
    for text in (p7(LEAF, MIDDLE), b64(LEAF.der), b64(pem(LEAF, MIDDLE))):
        for _ in range(150):
            at = draw.randrange(len(text))
            lens(gateway(text[:at] + draw.choice("AZz09+/=-\n") + text[at + draw.randrange(3) :]))


@pytest.mark.parametrize("shape", [None, 7, "x", [], [None, 3, "x"], {}, {"id": 4}, Unknown("not known"), True])
def test_a_body_of_any_shape_ends_in_no_exception(shape: Any) -> None:
    bodies = [gateway(p7(LEAF)), vault_certificate(b64(LEAF.der)), tls_secret(b64(LEAF.pem)), ingress("a.b")]
    for body in [*bodies, webhook(b64(ROOT.pem))]:
        for path in list(_paths(body)):
            lens(_with(body, path, shape))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        if (*path, key) not in [("id",), ("name",), ("type",), ("apiVersion",), ("kind",), ("metadata",)]:
            yield (*path, key)
            yield from _paths(item, (*path, key))


def _with(value: Any, path: tuple[Any, ...], shape: Any) -> Any:
    if not path:
        return shape
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(copy[path[0]], path[1:], shape)
    return copy


def test_a_hostile_subject_stays_text() -> None:
    hostile = "</script>\x1b[2J=cmd()|' /C calc'!A0\n,O=x\u202e"
    (found,) = lens(gateway(b64(make(hostile, sans=["a.b"]).der), ["a.b"]))
    assert hostile.rpartition("/")[2] in found.name
    assert isinstance(found.body["properties"]["subject"], str)
    assert "covers-hosts" not in failing(gateway(b64(make(hostile, sans=["a.b"]).der), ["a.b"]))


# --- chains -------------------------------------------------------------------------------------------------------

IMPOSTOR = make("Test Issuing CA", ROOT, ca=True, number=77, end=NOW + 900 * DAY)
PUBLIC = make("api.contoso.com", MIDDLE, number=4, public=True)
DIRECT = make("api.contoso.com", ROOT, number=5)


def test_chains() -> None:
    assert chain(gateway(p7(LEAF, MIDDLE, ROOT))) == "complete"
    assert chain(gateway(p7(LEAF, MIDDLE))) == "open", "the root need not be sent"
    assert chain(gateway(p7(MIDDLE, LEAF)), webhook(b64(ROOT.pem))) == "complete", "a root elsewhere in the estate"
    assert chain(gateway(p7(LEAF, IMPOSTOR))) == "incomplete", "the name is right, the signature is not"
    assert chain(gateway(p7(PUBLIC))) == "incomplete", "no public authority signs a leaf with its root"
    assert chain(gateway(p7(DIRECT)), webhook(b64(ROOT.pem))) == "complete", "signed by a root itself"
    assert isinstance(chain(gateway(p7(DIRECT))), Unknown), "it may have been signed by a root"
    assert isinstance(chain(gateway(b64(LEAF.der))), Unknown), "what is sent along is not shown"
    assert chain(gateway(p7(LEAF)), webhook(b64(MIDDLE.pem))) == "incomplete", "the issuer is known and not sent"


def test_the_worst_of_two_places_counts() -> None:
    with_it, without = gateway(p7(LEAF, MIDDLE, ROOT)), gateway(p7(LEAF), name="agw2")
    assert chain(with_it) == "complete" and chain(with_it, without) == "incomplete"
    assert failing(with_it, without) == {"chain-sent"}


def test_a_loop_of_issuers_ends() -> None:
    first = make("A", ca=True, number=20)
    second = make("B", first, ca=True, number=21)
    again = make("A", second, ca=True, number=20)
    made = make("api.contoso.com", again, number=22)
    assert chain(gateway(p7(made, again, second))) in ("open", "complete", "incomplete")


def test_an_expired_certificate_in_the_middle_is_told() -> None:
    old = make("Test Issuing CA", ROOT, ca=True, number=2, end=NOW - DAY)
    assert failing(gateway(p7(LEAF, old, ROOT))) == {"not-expired"}


# --- one certificate, many places ---------------------------------------------------------------------------------


def test_one_row_for_one_certificate_wherever_it_is() -> None:
    apim = {
        "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/apim",
        "name": "apim",
        "type": "Microsoft.ApiManagement/service",
        "properties": {
            "virtualNetworkType": "Internal",
            "hostnameConfigurations": [
                {"type": "Proxy", "hostName": "api.contoso.com", "certificate": {"thumbprint": LEAF.thumbprint.lower()}}
            ],
        },
    }
    vault = vault_certificate(x5t=_x5t(LEAF))
    rows = lens(apim, gateway(p7(LEAF, MIDDLE)), vault, tls_secret(b64(pem(LEAF, MIDDLE))))
    (row,) = [row for row in rows if row.name == "api.contoso.com"]
    assert row.id == f"/certificates/{LEAF.sha256}"
    assert {use["kind"]: use.get("public") for use in row.body["properties"]["uses"]} == {
        "apimHostname": False, "listener": True, "keyVault": None, "tlsSecret": None,
    }  # fmt: skip
    assert row.origin.file == "estate.json" and row.origin.line == 7 and row.resource_group == "r"
    assert [r.name for r in rows if r.name != "api.contoso.com"] == ["Test Issuing CA"]


def _x5t(made: Made) -> str:
    import base64

    return base64.urlsafe_b64encode(bytes.fromhex(made.thumbprint)).decode().rstrip("=")


def test_what_the_vault_holds_and_what_is_served() -> None:
    newer = make("api.contoso.com", MIDDLE, number=6)
    since = {"attributes": {"created": int((NOW - 2 * DAY).timestamp())}}
    served = gateway(p7(LEAF, MIDDLE), vault=SECRET_ID)
    assert "renewal-picked-up" in failing(served, vault_certificate(b64(newer.der), x5t=_x5t(newer), **since))
    fresh = {"attributes": {"created": int((NOW - DAY / 2).timestamp())}}
    assert failing(served, vault_certificate(b64(newer.der), x5t=_x5t(newer), **fresh)) == set()
    assert failing(served, vault_certificate(b64(LEAF.der), x5t=_x5t(LEAF), **since)) == set()
    assert failing(served) == set()
    pinned = gateway(p7(LEAF, MIDDLE), vault=f"{SECRET_ID}/0123456789abcdef0123456789abcdef")
    held = vault_certificate(b64(newer.der), x5t=_x5t(newer), **since)
    assert "renewal-picked-up" not in failing(pinned, held)


def test_authorities_that_a_vault_holds_together_are_a_row_each() -> None:
    root = {"name": "roots", "properties": {"data": b64(pem(ROOT, MIDDLE)), "keyVaultSecretId": SECRET_ID}}
    held = vault_certificate(b64(LEAF.der), attributes={"created": int(NOW.timestamp())})
    found = by_name(gateway(p7(LEAF), trustedRootCertificates=[root]), held)
    for name in ("Test Root", "Test Issuing CA"):
        (use,) = [use for use in found[name]["uses"] if use["kind"] == "trustedRoot"]
        assert use["keyVault"]["renewedAt"] == "2026-07-09T00:00:00Z"


def test_without_material_the_vault_is_followed_and_what_is_served_is_not_claimed() -> None:
    body = gateway(None, vault=SECRET_ID)
    (found,) = lens(body, vault_certificate(b64(LEAF.der), x5t=_x5t(LEAF)))
    assert found.id == f"/certificates/{LEAF.sha256}"
    assert failing(body, vault_certificate(b64(LEAF.der)), outcome=Outcome.UNKNOWN) == {
        "chain-sent",
        "renewal-picked-up",
    }
    (alone,) = lens(body)
    assert alone.id.endswith("/applicationGateways/agw/web") and alone.partial


def istio(*hosts: str) -> dict[str, Any]:
    server = {"hosts": list(hosts), "tls": {"mode": "SIMPLE", "credentialName": "site-tls"}}
    meta = {"name": "gw", "namespace": "shop"}
    return {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": meta, "spec": {"servers": [server]}}


def test_hosts_of_istio_gateways_are_held_to_the_secret() -> None:
    secret = tls_secret(b64(pem(LEAF, MIDDLE)))
    assert failing(secret, istio("shop/api.contoso.com")) == set()
    assert failing(secret, istio("api.contoso.com", "shop.contoso.com")) == {"covers-hosts"}
    assert failing(secret, istio("*")) == set()


def test_hosts_of_ingresses_are_held_to_the_secret() -> None:
    secret = tls_secret(b64(pem(LEAF, MIDDLE)))
    assert failing(secret, ingress("api.contoso.com")) == set()
    assert failing(secret, ingress("shop.contoso.com")) == {"covers-hosts"}
    client = tls_secret(b64(pem(make("c", MIDDLE, usages=[ExtendedKeyUsageOID.CLIENT_AUTH]), MIDDLE)))
    assert failing(client) == set(), "a client's certificate, served by nobody"
    assert failing(client, ingress("c")) == {"server-authentication"}


def test_hosts_of_istio_gateways_with_several_certificates_are_held_to_each() -> None:
    secrets = [tls_secret(b64(pem(LEAF, MIDDLE))), tls_secret(b64(pem(make("b.x", MIDDLE), MIDDLE)), "other")]
    server = {"hosts": ["api.contoso.com"], "tls": {"mode": "SIMPLE", "credentialNames": ["site-tls", "other"]}}
    gateway_of_istio = istio("api.contoso.com") | {"spec": {"servers": [server]}}
    assert failing(*secrets, gateway_of_istio) == {"covers-hosts"}
    assert failing(secrets[0], gateway_of_istio) == set()


def authorities(made: Made, name: str = "ca") -> Body:
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"ca.crt": b64(pem(made))}}


@pytest.mark.parametrize("annotation", ["auth-tls-secret", "proxy-ssl-secret"])
def test_an_expired_authority_by_which_nginx_knows_callers_or_pods(annotation: str) -> None:
    old = make("Old CA", ca=True, number=30, end=NOW - DAY)
    trusting = ingress("api.contoso.com") | {"spec": {}}
    trusting["metadata"] = trusting["metadata"] | {
        "annotations": {f"nginx.ingress.kubernetes.io/{annotation}": "shop/ca"}
    }
    assert failing(authorities(old)) == set(), "nobody goes by it"
    assert failing(authorities(old), trusting) == {"not-expired"}
    assert failing(authorities(make("New CA", ca=True, number=31, end=NOW + 900 * DAY)), trusting) == set()


@pytest.mark.parametrize("name", ["site-tls", "site-tls-cacert"])
def test_an_expired_authority_by_which_istio_knows_callers(name: str) -> None:
    old = make("Old CA", ca=True, number=30, end=NOW - DAY)
    simple = istio("api.contoso.com")
    tls = {"mode": "MUTUAL", "credentialName": "site-tls"}
    mutual = simple | {"spec": {"servers": [{"hosts": ["api.contoso.com"], "tls": tls}]}}
    assert failing(authorities(old, name), simple) == set()
    assert failing(authorities(old, name), mutual) == {"not-expired"}


def test_an_expired_authority_by_which_a_listener_of_the_gateway_api_knows_callers() -> None:
    old = make("Old CA", ca=True, number=30, end=NOW - DAY)
    tls = {"frontendValidation": {"caCertificateRefs": [{"kind": "Secret", "name": "ca"}]}}
    listener = {"name": "l", "protocol": "HTTPS", "tls": tls}
    meta = {"name": "g", "namespace": "shop"}
    trusting = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": meta}
    assert failing(authorities(old), trusting | {"spec": {"listeners": [listener]}}) == {"not-expired"}


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [(["*.a.b"], "x.a.b", True), (["*.a.b"], "x.y.a.b", False), (["*.a.b"], "a.b", False), (["A.b"], "a.B.", True)]
    + [(["*.a.b"], "*.a.b", True), (["x.a.b"], "*.a.b", False), ([], "a", False), (["*.a.b"], "*.x.a.b", False)],
)
def test_names_and_hosts(names: list[str], host: str, covered: bool) -> None:
    assert covers(names, host) is covered


def test_trust_stores() -> None:
    store = {"trustedRootCertificates": [{"name": "corp", "properties": {"data": b64(ROOT.der)}}]}
    body = gateway(p7(LEAF, MIDDLE, ROOT), **store)
    assert failing(body) == {"trust-store-used"}
    setting = {"properties": {"trustedRootCertificates": [{"id": f"{GATEWAY}/trustedRootCertificates/CORP"}]}}
    assert failing(gateway(p7(LEAF, MIDDLE), **store, backendHttpSettingsCollection=[setting])) == set()
    leaf = {"trustedRootCertificates": [{"name": "corp", "properties": {"data": b64(LEAF.der)}}]}
    wrong = failing(gateway(p7(LEAF, MIDDLE, ROOT), **leaf, backendHttpSettingsCollection=[setting]))
    assert wrong == {"trust-store-authorities"}


def test_an_expired_authority_beside_its_successor_is_no_finding() -> None:
    old = make("Hook CA", ca=True, number=30, end=NOW - DAY)
    new = make("Hook CA", ca=True, number=31, end=NOW + 900 * DAY)
    assert failing(webhook(b64(pem(old, new)))) == set()
    assert failing(webhook(b64(pem(old)))) == {"not-expired"}


def test_quality() -> None:
    assert failing(gateway(b64(make("api.contoso.com").der))) == {"not-self-signed-in-public"}
    signed = make("api.contoso.com", make("R", ca=True, kind="RSA-2048", number=8)).der
    sha256, sha1 = (bytes.fromhex(f"06092a864886f70d0101{end}") for end in ("0b", "05"))
    assert "signature-hash" not in failing(gateway(b64(signed)))
    assert "signature-hash" in failing(gateway(b64(signed.replace(sha256, sha1))))  # nobody signs with it any more
    long = make("api.contoso.com", MIDDLE, public=True, begin=NOW - DAY, end=NOW + 200 * DAY)
    assert failing(gateway(p7(long, MIDDLE))) == {"public-lifetime"}
    fits = make("api.contoso.com", MIDDLE, public=True, begin=NOW - DAY, end=NOW + 199 * DAY)
    assert failing(gateway(p7(fits, MIDDLE))) == set()
    later = make("api.contoso.com", MIDDLE, begin=NOW + DAY)
    assert failing(gateway(p7(later, MIDDLE))) == {"in-force"}


def test_an_end_before_the_beginning_has_no_lifetime() -> None:
    assert set(lifetime(NOW, NOW - DAY)) == {"notBefore", "notAfter"}


def test_times_of_all_ages() -> None:
    found = by_name(gateway(b64(make("o.b", begin=NOW.replace(year=1950), end=NOW.replace(year=9999)).der)))["o.b"]
    assert found["notBefore"].startswith("1950-") and found["notAfter"].startswith("9999-")


# --- size ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_lens_grows_with_the_estate_and_no_faster() -> None:
    leaves = [make(f"host-{number}.contoso.com", MIDDLE, number=number % 8) for number in range(400)]
    texts = [p7(leaf, MIDDLE) for leaf in leaves]

    def measure(gateways: int) -> tuple[float, int]:
        bodies = [gateway(texts[number % 400], name=f"agw{number}") for number in range(gateways)]
        tracemalloc.start()
        began = time.process_time()
        assert len(lens(*bodies)) <= 401
        took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return took, peak

    measure(400)
    (small, memory), (large, more) = measure(1000), measure(10000)
    assert large / small < 30 and more / memory < 14, "ten times as much; a square would be a hundred"
