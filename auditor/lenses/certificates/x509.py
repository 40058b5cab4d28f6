"""Certificates from what Azure and Kubernetes keep of them: DER, PEM and PKCS#7, tolerant, one broken part at a time.

Only public material comes here. Whatever cannot be read becomes a sentence (`Bundle.problem`) or an `Unknown` field,
never an exception: the input is the estate's, not ours.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID, SignatureAlgorithmOID

from auditor.lenses.certificates.times import lifetime
from auditor.model.resource import Unknown

_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,  # an X.400 address or an EDI party among the alternative names
)
"""What cryptography raises for what it cannot read."""
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_MOST: Final = 200
_LARGEST: Final = 4 << 20


class Certificate(NamedTuple):
    """One certificate: its object, its bytes by SHA-256, and the names that joins go by."""

    sha256: str
    thumbprint: str
    subject: bytes
    issuer: bytes
    x509: x509.Certificate


class Bundle(NamedTuple):
    """What one text holds. `ordered`: the first is the leaf (PEM); `whole`: what a server sends with it is in it."""

    certificates: tuple[Certificate, ...]
    ordered: bool = False
    whole: bool = False
    problem: str = ""


def read_bundle(text: str) -> Bundle:
    """The certificates in a text: PEM, or base64 of DER, PKCS#7 or PEM."""
    if len(text) > _LARGEST:
        return Bundle((), problem="it is too large to be certificates")
    data = text.encode("utf-8", "replace") if "-----BEGIN" in text else _decoded(text)
    if data is not None and data[:4] in (b"MIIB", b"MIIC", b"MIID", b"MIIE", b"MIIF", b"MIIG", b"MIIH", b"MIII"):
        data = _decoded(data.decode("ascii", "replace"))  # encoded twice, as templates do with a .cer in base64
    if data is None:
        return Bundle((), problem="it is not base64")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd serial numbers and encodings: they are read all the same
        return _of_pem(data) if b"-----BEGIN" in data else _of_der(data)


def _decoded(text: str) -> bytes | None:
    compact = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _of_der(data: bytes) -> Bundle:
    try:
        return Bundle((_certificate(x509.load_der_x509_certificate(data)),))
    except _UNREADABLE:
        pass
    try:
        found = [_certificate(item) for item in pkcs7.load_der_pkcs7_certificates(data)[:_MOST]]
    except _UNREADABLE:
        return Bundle((), problem="it is neither a certificate nor PKCS#7")
    return _bundle(found, False, "" if found else "it holds no certificate")


def _of_pem(data: bytes) -> Bundle:
    found: list[Certificate] = []
    broken = 0
    for label, inner in _BLOCK.findall(data)[:_MOST]:
        if label not in (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE", b"PKCS7"):
            continue
        der = _decoded(inner.decode("ascii", "replace"))
        part = Bundle(()) if der is None else _of_der(der)
        found += part.certificates
        broken += not part.certificates
    problem = f"{broken} of its parts cannot be read" if broken else "" if found else "it holds no certificate"
    return _bundle(found, True, problem)


def _bundle(found: list[Certificate], ordered: bool, problem: str) -> Bundle:
    unique = {item.sha256: item for item in found[:_MOST]}
    return Bundle(tuple(unique.values()), ordered, whole=True, problem=problem)


def _certificate(item: x509.Certificate) -> Certificate:
    der = item.public_bytes(Encoding.DER)
    return Certificate(
        sha256=hashlib.sha256(der).hexdigest(),
        thumbprint=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
        subject=item.subject.public_bytes(),
        issuer=item.issuer.public_bytes(),
        x509=item,
    )


def leaf_of(bundle: Bundle, issued: Callable[[Certificate, Certificate], bool]) -> Certificate:
    """The certificate that a bundle is about: the first of PEM, else the one that issued none of the others."""
    certificates = bundle.certificates
    if bundle.ordered or len(certificates) == 1:
        return certificates[0]
    free = [c for c in certificates if not any(o is not c and issued(c, o) for o in certificates)]
    return free[0] if len(free) == 1 else min(free or certificates, key=_is_ca)


def _is_ca(certificate: Certificate) -> bool:
    return properties_of(certificate).get("isCa") is True


# --- fields -------------------------------------------------------------------------------------------------------


def properties_of(certificate: Certificate) -> dict[str, Any]:
    """What the certificate itself says, as the properties of `auditor/certificate`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd serial numbers and encodings: they are read all the same
        return _properties(certificate)


def _properties(certificate: Certificate) -> dict[str, Any]:
    item = certificate.x509
    key = _or_unknown(lambda: _key(item), "its key is of a kind that cannot be read")
    key_type, key_size = key if isinstance(key, tuple) else (key, key)
    found: dict[str, Any] = {
        "subject": _or_unknown(lambda: item.subject.rfc4514_string(), "the subject cannot be read"),
        "issuer": _or_unknown(lambda: item.issuer.rfc4514_string(), "the issuer cannot be read"),
        "commonName": _or_unknown(lambda: _common_name(item), "the subject cannot be read"),
        "serialNumber": f"{item.serial_number:X}",
        "thumbprint": certificate.thumbprint,
        "sha256": certificate.sha256,
        "keyType": key_type,
        "keySize": key_size,
        "signatureAlgorithm": _ALGORITHMS.get(
            item.signature_algorithm_oid.dotted_string, item.signature_algorithm_oid.dotted_string
        ),
        "signatureHash": _or_unknown(lambda: _hash(item), "its signature is of a kind that cannot be read"),
        **lifetime(item.not_valid_before_utc, item.not_valid_after_utc),
    }
    extensions = _or_unknown(lambda: item.extensions, "its extensions cannot be read")
    if isinstance(extensions, Unknown):
        return found | dict.fromkeys(("sans", "isCa", "extendedKeyUsage", "publicTrust"), extensions)
    return found | _of_extensions(extensions)


def _or_unknown(read: Callable[[], Any], otherwise: str) -> Any:
    try:
        return read()
    except _UNREADABLE:
        return Unknown(otherwise)


def subject_of(certificate: Certificate) -> str:
    """The subject of a certificate, at most 200 characters of it, for a sentence."""
    try:
        return certificate.x509.subject.rfc4514_string()[:200] or "a certificate without a name"
    except _UNREADABLE:
        return "a certificate"


def _common_name(item: x509.Certificate) -> str | None:
    values = [part.value for part in item.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return next((value for value in values if isinstance(value, str) and value), None)


def _key(item: x509.Certificate) -> tuple[str, int]:
    key = item.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size
    raise TypeError(type(key).__name__)


def _hash(item: x509.Certificate) -> str | None:
    """The name of the hash that was signed; None for algorithms that bring their own (Ed25519)."""
    algorithm = item.signature_hash_algorithm
    return algorithm.name if algorithm else None


_ALGORITHMS: Final[dict[str, str]] = {
    oid.dotted_string: name.lower()
    for name, oid in vars(SignatureAlgorithmOID).items()
    if isinstance(oid, x509.ObjectIdentifier)
}
_USAGES: Final[dict[str, str]] = {
    ExtendedKeyUsageOID.SERVER_AUTH.dotted_string: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING.dotted_string: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string: "ocspSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string: "any",
}
_BROWSER_FORUM: Final = "2.23.140.1."
"""Policies of the CA/Browser Forum. A public authority writes one of them into every TLS certificate, no other may."""


def _of_extensions(extensions: x509.Extensions) -> dict[str, Any]:
    found: dict[str, Any] = {"sans": []}
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            found["sans"] = [
                *value.get_values_for_type(x509.DNSName),
                *map(str, value.get_values_for_type(x509.IPAddress)),
                *value.get_values_for_type(x509.UniformResourceIdentifier),
                *value.get_values_for_type(x509.RFC822Name),
            ]
        elif isinstance(value, x509.BasicConstraints):
            found["isCa"] = value.ca
        elif isinstance(value, x509.ExtendedKeyUsage):
            found["extendedKeyUsage"] = [_USAGES.get(oid.dotted_string, oid.dotted_string) for oid in value]
        elif extension.oid == ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS or (
            isinstance(value, x509.CertificatePolicies)
            and any(policy.policy_identifier.dotted_string.startswith(_BROWSER_FORUM) for policy in value)
        ):
            found["publicTrust"] = True
    return found
