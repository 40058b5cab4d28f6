"""The key of a storage account: Terraform gives its address, ARM takes the vault, the name and the version apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from auditor.model.resource import MISSING
from auditor.plans.terraform.table import Attr

_NAMES: Final = "key_vault_key_id|managed_hsm_key_id"


def storage_key(place: str) -> tuple[Attr, ...]:
    """The attributes of a key, written below a place."""
    return (
        Attr(_NAMES, f"{place}.keyvaulturi", _vault),
        Attr(_NAMES, f"{place}.keyname", _segment(1)),
        Attr(_NAMES, f"{place}.keyversion", _segment(2)),
    )


def _vault(address: Any) -> Any:
    parts = urlsplit(address) if isinstance(address, str) else None
    return address if parts is None or not parts.netloc else f"{parts.scheme}://{parts.netloc}"


def _segment(number: int) -> Callable[[Any], Any]:
    """A segment of the address `https://VAULT/keys/NAME/VERSION`."""

    def segment(address: Any) -> Any:
        if not isinstance(address, str):
            return address
        segments = urlsplit(address).path.strip("/").split("/")
        return segments[number] if number < len(segments) else MISSING

    return segment
