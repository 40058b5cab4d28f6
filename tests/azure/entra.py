"""The token endpoint, the metadata service, and what every service asks of a token.

Tokens are signed here and checked by each service: audience, expiry, signature. A token of one service is of no use at
another, as with Entra ID.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
import secrets
import threading
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from tests.azure.clouds import CLOUDS
from tests.azure.http import Answer, Call, Refused

TENANT: Final = "9c0d1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
CLIENT: Final = "5a1d17ac-7d0c-4b0e-8f5e-2b6f0c9e1d11"
OBJECT: Final = "c0ffee00-1d1d-4c4c-8b8b-0a0a0a0a0a0a"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FEDERATED_AUDIENCE: Final = "api://AzureADTokenExchange"
FEDERATED_SUBJECT: Final = "repo:contoso/platform:ref:refs/heads/main"


class Entra:
    """One tenant with one application: a secret, a certificate and a federated identity may prove it.

    `lifetime` of tokens in seconds; `managed_identity` says whether the metadata service is there.
    """

    def __init__(self, *, lifetime: int = 3600, managed_identity: bool = False) -> None:
        self.secret = "canary-client-secret-" + secrets.token_urlsafe(12)
        self.certificate: x509.Certificate | None = None
        self.lifetime = lifetime
        self.managed_identity = managed_identity
        self.given = 0
        self._key = secrets.token_bytes(32)
        self._federation = secrets.token_bytes(32)
        self._void_before = 0  # tokens with a lower number are void
        self._lock = threading.Lock()

    def expire_all(self) -> None:
        """Make every token given so far void: a session that was revoked."""
        self._void_before = self.given

    # ── giving tokens ──

    def answer(self, call: Call) -> Answer:
        if call.path.casefold() == "/common/discovery/instance":
            return self._instance(call)
        found = re.fullmatch(r"/([^/]+)/v2.0/\.well-known/openid-configuration", call.path)
        if found and call.method == "GET":
            return self._configuration(call.host, self._tenant(found[1]))
        found = re.fullmatch(r"/([^/]+)/oauth2/v2.0/token", call.path)
        if found and call.method == "POST":
            return self._token(self._tenant(found[1]), call)
        raise Refused(404, "NotFound", f"There is nothing at {call.path}.")

    def _instance(self, call: Call) -> Answer:
        asked = call.query.get("authorization_endpoint", "")
        host = asked.removeprefix("https://").partition("/")[0]
        if host not in {cloud.login for cloud in CLOUDS}:
            return _oauth(400, "invalid_instance", "AADSTS50049: Unknown or invalid instance.")
        names = [{"preferred_network": c.login, "preferred_cache": c.login, "aliases": [c.login]} for c in CLOUDS]
        endpoint = f"https://{host}/{TENANT}/v2.0/.well-known/openid-configuration"
        return Answer(200, {"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": names})

    def _configuration(self, host: str, tenant: str) -> Answer:
        base = f"https://{host}/{tenant}"
        return Answer(
            200,
            {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            },
        )

    def _tenant(self, name: str) -> str:
        if name.casefold() != TENANT:
            raise OAuthError(400, "invalid_request", f"AADSTS90002: Tenant '{name}' not found.")
        return name

    def _token(self, tenant: str, call: Call) -> Answer:
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            raise OAuthError(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        if form.get("client_id", "").casefold() != CLIENT:
            text = (
                f"AADSTS700016: Application with identifier '{form.get('client_id')}' was not found in the directory."
            )
            raise OAuthError(400, "unauthorized_client", text)
        if "client_secret" in form:
            if not hmac.compare_digest(form["client_secret"], self.secret):
                raise OAuthError(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        elif form.get("client_assertion_type") == ASSERTION:
            self._check_assertion(form.get("client_assertion", ""), call.host, tenant)
        else:
            text = "AADSTS7000218: The request body must contain 'client_assertion' or 'client_secret'."
            raise OAuthError(401, "invalid_client", text)
        scopes = [
            scope for scope in form.get("scope", "").split() if scope not in {"openid", "profile", "offline_access"}
        ]
        if len(scopes) != 1 or not scopes[0].endswith("/.default"):
            raise OAuthError(400, "invalid_scope", f"AADSTS1002012: The scope {form.get('scope')} is not valid.")
        token = self.issue(scopes[0].removesuffix("/.default"))
        return Answer(200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token})

    def issue(self, audience: str) -> str:
        """A token for an audience that some service has. Raises `OAuthError` for any other."""
        known = {name for cloud in CLOUDS for name in cloud.audiences()}
        if audience.rstrip("/") not in known:
            text = f"AADSTS500011: The resource principal named {audience} was not found in the tenant."
            raise OAuthError(400, "invalid_resource", text)
        with self._lock:
            self.given += 1
            number = self.given
        now = int(time.time())
        claims = {
            "aud": audience,
            "tid": TENANT,
            "oid": OBJECT,
            "appid": CLIENT,
            "nbf": now,
            "exp": now + self.lifetime,
        }
        return _signed({**claims, "uti": number}, self._key)

    def metadata(self, call: Call) -> Answer:
        """The metadata service (IMDS) of a virtual machine with a managed identity."""
        if call.headers.get("metadata") != "true":
            raise OAuthError(400, "invalid_request", "Required metadata header not specified")
        if call.path != "/metadata/identity/oauth2/token" or "api-version" not in call.query:
            raise OAuthError(404, "not_found", "There is nothing here.")
        resource = call.query.get("resource", "")
        expires = int(time.time()) + self.lifetime
        body = {"access_token": self.issue(resource), "expires_on": str(expires), "expires_in": str(self.lifetime)}
        return Answer(200, {**body, "resource": resource, "token_type": "Bearer", "client_id": CLIENT})

    def federated_token(self, *, subject: str = FEDERATED_SUBJECT, expires_in: int = 600) -> str:
        """What a build platform or a cluster would write into the file of a federated token."""
        now = int(time.time())
        claims = {"iss": "https://token.actions.example", "sub": subject, "aud": FEDERATED_AUDIENCE}
        return _signed({**claims, "iat": now, "exp": now + expires_in}, self._federation)

    def _check_assertion(self, token: str, host: str, tenant: str) -> None:
        try:
            header, claims = (orjson.loads(_decoded(part)) for part in token.split(".")[:2])
        except ValueError as error:
            raise OAuthError(401, "invalid_client", "AADSTS50027: JWT token is invalid or malformed.") from error
        if claims.get("exp", 0) <= time.time():
            raise OAuthError(
                401, "invalid_client", "AADSTS700024: Client assertion is not within its valid time range."
            )
        if claims.get("aud") == FEDERATED_AUDIENCE:
            if claims.get("sub") != FEDERATED_SUBJECT or not _has_signature(token, self._federation):
                text = f"AADSTS70021: No matching federated identity record found for subject '{claims.get('sub')}'."
                raise OAuthError(401, "invalid_client", text)
            return
        allowed = {f"https://{host}/{tenant}/oauth2/v2.0/token", f"https://{host}/{tenant}/v2.0"}
        if claims.get("aud") not in allowed or claims.get("iss") != CLIENT or claims.get("sub") != CLIENT:
            raise OAuthError(401, "invalid_client", "AADSTS700023: Client assertion audience claim does not match.")
        self._check_certificate(token, header)

    def _check_certificate(self, token: str, header: dict[str, Any]) -> None:
        if self.certificate is None or not _names(header, self.certificate):
            raise OAuthError(401, "invalid_client", "AADSTS700027: The certificate is not registered on application.")
        signed, _, signature = token.rpartition(".")
        key = self.certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        scheme = pss if header.get("alg") == "PS256" else padding.PKCS1v15()
        try:
            key.verify(_decoded(signature), signed.encode(), scheme, hashes.SHA256())
        except InvalidSignature as error:
            raise OAuthError(401, "invalid_client", "AADSTS700027: The signature of the assertion is wrong.") from error

    # ── checking tokens ──

    def problem(self, call: Call, audiences: tuple[str, ...]) -> tuple[str, str] | None:
        """Code and message of what is wrong with the token of a call; None when the service accepts it."""
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            return "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
        if not _has_signature(token, self._key):
            return "InvalidAuthenticationToken", "The access token is invalid."
        claims = orjson.loads(_decoded(token.split(".")[1]))
        if claims["exp"] <= time.time() or claims["uti"] <= self._void_before:
            return "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."
        if claims["aud"].rstrip("/") not in audiences:
            text = f"The access token has been obtained for wrong audience or resource '{claims['aud']}'."
            return "InvalidAuthenticationTokenAudience", text
        return None


class OAuthError(Refused):
    """An error of the token endpoint, which has a shape of its own."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(status, code, text)
        self.answer = _oauth(status, code, text)


def _oauth(status: int, code: str, text: str) -> Answer:
    number = re.findall(r"AADSTS(\d+)", text)
    return Answer(status, {"error": code, "error_description": text, "error_codes": [int(n) for n in number]})


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signed(claims: dict[str, Any], key: bytes) -> str:
    text = _encoded(orjson.dumps({"typ": "JWT", "alg": "HS256"})) + "." + _encoded(orjson.dumps(claims))
    return text + "." + _encoded(hmac.new(key, text.encode(), hashlib.sha256).digest())


def _has_signature(token: str, key: bytes) -> bool:
    text, _, signature = token.rpartition(".")
    return hmac.compare_digest(signature, _encoded(hmac.new(key, text.encode(), hashlib.sha256).digest()))


def _names(header: dict[str, Any], certificate: x509.Certificate) -> bool:
    """Whether the header of an assertion names the certificate by one of its thumbprints."""
    sha1, sha256 = certificate.fingerprint(hashes.SHA1()), certificate.fingerprint(hashes.SHA256())
    named = {name: str(header.get(name, "")).rstrip("=") for name in ("x5t", "x5t#S256")}
    return named["x5t"] == _encoded(sha1) or named["x5t#S256"] == _encoded(sha256)


def certificate(folder: Path, password: str = "") -> tuple[x509.Certificate, Path]:
    """A certificate for the application, and its file with the key: PEM, or PFX where there is a password."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "auditor")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    if password:
        lock = serialization.BestAvailableEncryption(password.encode())
        path = folder / "client.pfx"
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"auditor", key, made, None, lock))
        return made, path
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "client.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    return made, path
