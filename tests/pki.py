"""Real certificates for tests, made with `cryptography`: authorities, chains, and the forms in which they are kept."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
_SERIALS = itertools.count(1000)


@lru_cache(maxsize=64)
def key(kind: str = "P-256", number: int = 0) -> Any:
    """A private key, the same for the same arguments."""
    if kind.startswith("RSA"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of short keys, which are wanted here
            return rsa.generate_private_key(65537, int(kind.removeprefix("RSA-")))
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"P-192": ec.SECP192R1, "P-256": ec.SECP256R1, "P-384": ec.SECP384R1}[kind]())


@dataclass(frozen=True)
class Made:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def thumbprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA1()).hex().upper()


def make(
    name: str,
    issuer: Made | None = None,
    *,
    ca: bool = False,
    kind: str = "P-256",
    number: int = 0,
    begin: dt.datetime = NOW - 30 * DAY,
    end: dt.datetime = NOW + 150 * DAY,
    sans: Sequence[str] | None = None,
    usages: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.SERVER_AUTH,),
    public: bool = False,
    raw: Sequence[tuple[str, bytes]] = (),
) -> Made:
    """A certificate; self-signed without an issuer. `sans` are its name when not given, `raw` further extensions by
    their identifiers, as they are written."""
    own = key(kind, number)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(next(_SERIALS))
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    names = ([] if ca else [name]) if sans is None else sans
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(san) for san in names]), False)
    if usages and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if public:
        policy = x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    for identifier, value in raw:
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(identifier), value), False)
    hashed = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Made(builder.sign(signer, hashed), signer if issuer is None else own)


def b64(data: bytes | str) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def p7(*made: Made) -> str:
    """PKCS#7 certs-only in base64, as `publicCertData` is."""
    return b64(pkcs7.serialize_certificates([item.certificate for item in made], Encoding.DER))


def pem(*made: Made) -> str:
    return "".join(item.pem for item in made)


ROOT = make("Test Root", ca=True, kind="P-384", number=1, end=NOW + 3000 * DAY)
MIDDLE = make("Test Issuing CA", ROOT, ca=True, number=2, end=NOW + 1000 * DAY)
LEAF = make("api.contoso.com", MIDDLE, number=3)
