"""Signing in to Azure by azure-identity: the ways that the environment configures, and one sentence when none works."""

from __future__ import annotations

import logging
import math
import os
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from auditor.collect.azure.clouds import CLOUDS, Cloud
from auditor.collect.guard import UnansweredError
from auditor.collect.request import WAYS
from auditor.model.errors import ConfigError, InputError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

    from auditor.collect.azure.transport import BoundedTransport

_TENANT, _CLIENT = "AZURE_TENANT_ID", "AZURE_CLIENT_ID"
_CONFIGURED_BY: Final = {
    "workload": (_TENANT, _CLIENT, "AZURE_FEDERATED_TOKEN_FILE"),
    "secret": (_TENANT, _CLIENT, "AZURE_CLIENT_SECRET"),
    "certificate": (_TENANT, _CLIENT, "AZURE_CLIENT_CERTIFICATE_PATH"),
}
_HINTS: Final = {
    "AADSTS7000215": "Set AZURE_CLIENT_SECRET to the secret's value, not to its id.",
    "AADSTS7000222": "The secret has expired: make a new one, or use a federated or managed identity.",
    "AADSTS700016": "Check AZURE_CLIENT_ID and AZURE_TENANT_ID: the application is not known in that tenant.",
    "AADSTS90002": "Check AZURE_TENANT_ID: there is no such tenant.",
    "AADSTS700027": "The certificate is not registered at the application, or has expired.",
    "AADSTS70021": "Check issuer and subject of the federated credential.",
    "AADSTS700211": "Check issuer and subject of the federated credential.",
    "AADSTS700213": "Check issuer and subject of the federated credential.",
    "AADSTS700024": "The federated token has expired: check the clock, and that the token file is renewed.",
}
_ANSWER: Final = 30.0
"""Seconds for one answer of a token endpoint: it gives a few kilobytes, and azure-identity asks up to four times."""
_HINT: Final = "Run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret, a certificate or a token file."


class Credential:
    """A token for every call. What a credential has once got it keeps; `renew` makes it ask again.

    A service that refuses a token has its reasons: revoked rights, a changed policy, a clock. `generation` counts the
    renewals: many calls are refused the same token. `authority` makes the calls to Entra ID.
    """

    def __init__(self, make: Callable[[], TokenCredential], authority: BoundedTransport) -> None:
        self._make = make
        self._chain = make()
        self.authority = authority
        self._lock = threading.Lock()
        self.generation = 0

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._chain.get_token(*scopes, **options)

    def renew(self, generation: int) -> None:
        """Forget what was got in a generation, unless another call saw to that."""
        with self._lock:
            if self.generation == generation:
                self._chain = self._make()
                self.generation += 1


def credential(cloud: Cloud, ways: Sequence[str] = (), until: float = math.inf) -> Credential:
    """The chain of the given ways, else of all that can be tried here. Nothing is asked of the network yet.

    No call to Entra ID goes on after `until` (monotonic clock). Raises `ConfigError` when a way that was asked for is
    not configured, or azure-identity is not installed.
    """
    try:
        import azure.identity  # noqa: F401
    except ImportError as error:
        raise missing_extra("azure-identity") from error
    from auditor.collect.azure.transport import bounded

    authority = bounded(until, _ANSWER)
    return Credential(partial(_chain, cloud, ways, authority, bounded(until, _ANSWER)), authority)


def _chain(
    cloud: Cloud, ways: Sequence[str], authority: BoundedTransport, machine: BoundedTransport
) -> TokenCredential:
    """The given ways to sign in, else all that can be tried here. `machine` asks for tokens of a managed identity."""
    import azure.identity as identity

    options: dict[str, Any] = {"authority": cloud.authority, "transport": authority}
    if cloud.authority not in {known.authority for known in CLOUDS.values()}:
        options["disable_instance_discovery"] = True  # which would ask the public cloud
    lacking = {way: [name for name in names if not os.environ.get(name)] for way, names in _CONFIGURED_BY.items()}
    for way in ways:
        if lacking.get(way):
            raise ConfigError(f"--auth {way} needs {' and '.join(lacking[way])}.", "Set it in the environment.")
    for name in ("azure", "msal", "urllib3"):  # what they would print, an error or a gap says in a sentence
        logging.getLogger(name).addHandler(logging.NullHandler())
    environment = os.environ
    chain: list[TokenCredential] = []
    for way in ways or WAYS:
        if lacking.get(way):
            continue
        if way == "workload":
            chain.append(identity.WorkloadIdentityCredential(**options))
        elif way == "secret":
            names = (environment[name] for name in _CONFIGURED_BY[way])
            chain.append(identity.ClientSecretCredential(*names, **options))
        elif way == "certificate":
            chain.append(_certificate(identity, options))
        elif way == "managed":
            chain.append(identity.ManagedIdentityCredential(client_id=environment.get(_CLIENT), transport=machine))
        else:
            chain.append(identity.AzureCliCredential(process_timeout=30))
    return identity.ChainedTokenCredential(*chain)


def _certificate(identity: Any, options: dict[str, Any]) -> TokenCredential:
    environment = os.environ
    tenant, client, path = (environment[name] for name in _CONFIGURED_BY["certificate"])
    try:
        found: TokenCredential = identity.CertificateCredential(
            tenant, client, path, password=environment.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"), **options
        )
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The certificate of AZURE_CLIENT_CERTIFICATE_PATH cannot be used: {type(error).__name__}.",
            "It must be a PEM or PFX file with its key; a password stands in AZURE_CLIENT_CERTIFICATE_PASSWORD.",
        ) from error
    return found


def sign_in(cloud: Cloud, found: Credential) -> None:
    """Gets a first token, so that a failure is reported before anything else.

    Raises `InputError` when it is refused, `UnansweredError` when nobody answers.
    """
    from azure.core.exceptions import AzureError, ClientAuthenticationError

    try:
        found.get_token(cloud.scope)
    except ClientAuthenticationError as error:
        text = str(error)
        if found.authority.failed:  # the chain says nothing of it
            raise UnansweredError(
                f"Signing in to Azure failed: {cloud.authority} {found.authority.failed}.",
                "Check network and proxy, and --cloud.",
            ) from error
        code = re.search(r"AADSTS\d+", text)
        if code:
            told = f"Entra ID refused the sign-in ({code.group()})."
            raise InputError(told, _HINTS.get(code.group(), "Microsoft explains the code.")) from error
        raise InputError("Signing in to Azure failed: no way to sign in worked.", _HINT) from error
    except AzureError as error:
        raise UnansweredError(
            f"Signing in to Azure failed: {cloud.authority} cannot be reached.", "Check network and proxy, and --cloud."
        ) from error


def missing_extra(package: str) -> ConfigError:
    """The error to raise when an SDK is not installed."""
    return ConfigError(f"A live audit needs {package}.", "Install it: pip install 'auditor[azure]'.")
