"""A sighting: one place of the estate where a certificate is kept or used, and what that place says of it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from auditor.model.resource import Resource

Use = dict[str, Any]
"""`{name, kind, resource, element, hosts?, public?, …}`, as it stands in `properties.uses`."""
SecretKey = tuple[str, str, str]
"""Cluster, namespace, name."""


class VaultRef(NamedTuple):
    """A certificate in a Key Vault, by names in small letters; `version` is empty for the newest."""

    vault: str
    name: str
    version: str = ""

    @property
    def newest(self) -> VaultRef:
        return self._replace(version="")


@dataclass(slots=True)
class Sighting:
    """`text` is the public material, `facts` are properties that the place knows without it.

    `vault` is where the place takes it from, `own` the vault entry that it is; `secret` the Kubernetes Secret that
    holds it, `authorities` the one whose `ca.crt` it is. `trust`: a store of authorities, every certificate in it is of
    this use; else a leaf with its chain.
    """

    uses: list[Use]
    text: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    vault: VaultRef | None = None
    own: VaultRef | None = None
    secret: SecretKey | None = None
    authorities: SecretKey | None = None
    trust: bool = False
    doubtful: bool = False  # no certificate may be there at all: without anything known it is not told of
    problem: str = ""  # why its material could not be read


def use_again(use: Use, kind: str) -> Use:
    """The same place, used in another way."""
    return {key: use[key] for key in ("name", "resource", "element") if key in use} | {"kind": kind}


def use_of(resource: Resource, kind: str, element: str | None = None, **more: Any) -> Use:
    """A use, named after its resource and element."""
    own = f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
    found: Use = {"name": f"{own}/{element}" if element else own, "kind": kind, "resource": resource.id}
    if element:
        found["element"] = element
    return found | {key: value for key, value in more.items() if value is not None}


def common_name_in(name: str) -> str | None:
    """The common name in a subject, or an authority, of which only the text is known (RFC 4514)."""
    found = re.search(r"(?:^|,)\s*CN=((?:[^,\\]|\\.)+)", name)
    return found[1] if found else None


def thumbprint_of(value: Any) -> str | None:
    """SHA-1 in capital hex, from hex with any separators or from base64url (`x5t`)."""
    if not isinstance(value, str):
        return None
    compact = re.sub(r"[\s:]", "", value)
    if re.fullmatch(r"[0-9A-Fa-f]{40}", compact):
        return compact.upper()
    try:
        raw = base64.urlsafe_b64decode(compact.replace("+", "-").replace("/", "_").rstrip("=") + "=")
    except (binascii.Error, ValueError):
        return None
    return raw.hex().upper() if len(raw) == 20 else None


_VAULT: Final = re.compile(
    r"https?://([A-Za-z0-9-]{1,127})\.[^/]+/(?:secrets|certificates|keys)/([^/?#]+)(?:/([^/?#]*))?/?", re.ASCII
)


def vault_ref(value: Any) -> VaultRef | None:
    """From `https://VAULT.vault.azure.net/secrets/NAME[/VERSION]`."""
    found = _VAULT.fullmatch(value.strip()) if isinstance(value, str) else None
    return VaultRef(found[1].casefold(), found[2].casefold(), (found[3] or "").casefold()) if found else None
