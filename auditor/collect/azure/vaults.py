"""Certificates of Key Vault, from the vaults themselves: what is public, and the policy. Never a secret's value.

Keys and secrets are read through Resource Manager, which shows their metadata alone and needs no way into the vault's
network. The role is Key Vault Reader; its rights end where values begin.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from auditor.collect.azure.api_versions import KEY_VAULT
from auditor.collect.azure.arm import listed, onward, same_host
from auditor.collect.azure.calls import NO_DETOURS, Gate, ask
from auditor.collect.azure.replies import CallFailed, Reply
from auditor.collect.azure.responses import one
from auditor.collect.azure.sign_in import missing_extra
from auditor.collect.collection_journal import Book
from auditor.model.resource import Origin, Resource

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential

SOURCE: Final = "Key Vault"
TYPE: Final = "Microsoft.KeyVault/vaults/certificates"
_NOT_LET_IN: Final = frozenset({"ForbiddenByConnection", "ForbiddenByFirewall"})
"""What a vault says to networks that it does not admit: public access is off, or its firewall names others."""
_KEPT: Final = ("id", "kid", "sid", "x5t", "cer", "contentType", "attributes", "policy", "tags")


class Vaults:
    """Clients of the vaults, made when they are needed. May be used from several threads."""

    def __init__(self, cloud: Cloud, credential: Credential, book: Book) -> None:
        self._suffix = cloud.key_vault_suffix.casefold()
        self._credential = credential
        self._book = book
        self._clients: dict[str, Any] = {}
        self._gates: defaultdict[str, Gate] = defaultdict(lambda: Gate(credential))
        self._lock = threading.Lock()

    def names(self, vault: str, address: str) -> list[str]:
        """The names of the certificates of a vault. Raises `CallFailed`."""
        call = f"vault {vault}/certificates names"
        kept = self._book.kept(call)
        if kept is not None:
            return kept.more.split("\n") if kept.more else []
        names: list[str] = []
        url: str | None = f"{address.rstrip('/')}/certificates?api-version={KEY_VAULT}&maxresults=25"
        seen = set[str]()
        while url:
            found, link = listed(self._get(address, url), first=not seen)
            url = onward(link, seen)
            names += [str(item.get("id", "")).rstrip("/").rpartition("/")[2] for item in found]
        self._book.keep(call, (), "\n".join(names))
        self._book.told(SOURCE, done=1)
        return names

    def certificate(self, vault: str, address: str, name: str) -> None:
        """Puts a certificate into the book. Raises `CallFailed`."""
        call = f"vault {vault}/certificates/{name}"
        if self._book.kept(call) is not None:
            return
        url = f"{address.rstrip('/')}/certificates/{quote(name, safe='')}?api-version={KEY_VAULT}"
        reply = self._get(address, url)
        found: list[Resource] = []
        if reply.code != "CertificateNotFound":  # gone since it was listed
            answer = one(reply, "attributes")
            body = {
                "id": f"{vault}/certificates/{name}",
                "name": name,
                "type": TYPE,
                "properties": {key: answer[key] for key in _KEPT if answer.get(key) is not None},
            }
            found.append(Resource(TYPE, body, Origin(source="live", address=f"{address.rstrip('/')}/certificates")))
        self._book.keep(call, found)
        self._book.told(SOURCE, done=1)

    def _get(self, address: str, url: str) -> Reply:
        from azure.core.rest import HttpRequest

        host = _host(address)
        if not host.endswith(f".{self._suffix}") or not same_host(url, address):
            raise CallFailed("unreadable", f"{host or 'its address'} is no vault of this cloud")
        with self._lock:
            client = self._clients.get(host) or self._clients.setdefault(host, self._client(address))
            gate = self._gates[host]

        def send() -> tuple[int, Mapping[str, str], bytes]:
            response = client.send_request(HttpRequest("GET", url))
            return response.status_code, response.headers, response.content

        reply = ask(send, gate, self._book, SOURCE)
        if reply.status == 403:
            if _NOT_LET_IN.intersection(reply.inner_codes):
                raise CallFailed("unreachable", "its network lets this machine not in", status=403)
            raise CallFailed("forbidden", "it answered 403; needs Key Vault Reader, or list and get of certificates")
        return reply

    def _client(self, address: str) -> Any:
        try:
            from azure.keyvault.certificates import CertificateClient
        except ImportError as error:
            raise missing_extra("azure-keyvault-certificates") from error
        from auditor.collect.azure.transport import bounded

        transport = bounded(self._book.until)
        return CertificateClient(address, self._credential, api_version=KEY_VAULT, transport=transport, **NO_DETOURS)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
