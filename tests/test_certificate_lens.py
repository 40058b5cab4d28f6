"""Certificates of a gateway as resources of their own: what is in the certificate is judged, garbage is unknown."""

from __future__ import annotations

import base64
import datetime as dt

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.model.resource import Origin, Resource
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules

NOW = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
GATEWAY = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/agw"


def certificate(until: dt.datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.contoso.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(until - dt.timedelta(days=90))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def verdict(data: str) -> list[str]:
    used = {"id": f"{GATEWAY}/sslCertificates/c"}
    listener = {"protocol": "Https", "hostName": "api.contoso.com", "sslCertificate": used}
    body = {
        "id": GATEWAY,
        "name": "agw",
        "type": "Microsoft.Network/applicationGateways",
        "properties": {
            "sslCertificates": [
                {"name": "c", "id": f"{GATEWAY}/sslCertificates/c", "properties": {"publicCertData": data}}
            ],
            "httpListeners": [{"name": "l", "id": f"{GATEWAY}/httpListeners/l", "properties": listener}],
        },
    }
    inventory = Inventory(["test"], [CollectedSource([Resource(body["type"], body, Origin())])])
    rules = [bind(rule, NOW) for rule in load_rules() if rule.id == "certificates.not-expired"]
    _audit, findings = audit(rules, inventory, clock=NOW)
    with findings:
        return [msgspec.json.decode(line)["outcome"] for line in findings.lines()]


def test_a_listener_certificate_is_judged_by_its_own_dates() -> None:
    assert verdict(certificate(NOW + dt.timedelta(days=60))) == ["pass"]
    assert verdict(certificate(NOW - dt.timedelta(seconds=1))) == ["fail"]


def test_what_is_no_certificate_is_unknown() -> None:
    assert verdict(base64.b64encode(b"garbage").decode()) == ["unknown"]
    assert verdict("%%%") == ["unknown"]
