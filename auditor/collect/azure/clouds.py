"""Which Azure: the public cloud, a sovereign one, or one of a file (air-gapped clouds, Azure Stack).

Source of the table: the endpoints that `az cloud show` prints for each cloud.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from auditor.model.errors import ConfigError


class Cloud(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Where a cloud's services are, and for whom their tokens are made out. Addresses have no slash at the end."""

    authority: str
    resource_manager: str
    resource_manager_audience: str
    key_vault_suffix: str
    key_vault_audience: str
    log_analytics: str
    log_analytics_audience: str
    ingestion_audience: str
    name: str = "a cloud of its own"

    @property
    def scope(self) -> str:
        """Of a token for Azure Resource Manager and Resource Graph."""
        return f"{self.resource_manager_audience}/.default"


CLOUDS: Final = {
    "AzureCloud": Cloud(
        name="AzureCloud",
        authority="https://login.microsoftonline.com",
        resource_manager="https://management.azure.com",
        resource_manager_audience="https://management.azure.com",
        key_vault_suffix="vault.azure.net",
        key_vault_audience="https://vault.azure.net",
        log_analytics="https://api.loganalytics.io",
        log_analytics_audience="https://api.loganalytics.io",
        ingestion_audience="https://monitor.azure.com",
    ),
    "AzureChinaCloud": Cloud(
        name="AzureChinaCloud",
        authority="https://login.chinacloudapi.cn",
        resource_manager="https://management.chinacloudapi.cn",
        resource_manager_audience="https://management.chinacloudapi.cn",
        key_vault_suffix="vault.azure.cn",
        key_vault_audience="https://vault.azure.cn",
        log_analytics="https://api.loganalytics.azure.cn",
        log_analytics_audience="https://api.loganalytics.azure.cn",
        ingestion_audience="https://monitor.azure.cn",
    ),
    "AzureUSGovernment": Cloud(
        name="AzureUSGovernment",
        authority="https://login.microsoftonline.us",
        resource_manager="https://management.usgovcloudapi.net",
        resource_manager_audience="https://management.usgovcloudapi.net",
        key_vault_suffix="vault.usgovcloudapi.net",
        key_vault_audience="https://vault.usgovcloudapi.net",
        log_analytics="https://api.loganalytics.us",
        log_analytics_audience="https://api.loganalytics.us",
        ingestion_audience="https://monitor.azure.us",
    ),
}
"""The clouds that Microsoft and its partners run for everybody."""


def cloud_of(name: str) -> Cloud:
    """A cloud by its name, in any casing, or from a JSON file with the fields of `Cloud`. Raises `ConfigError`."""
    known = {key.casefold(): cloud for key, cloud in CLOUDS.items()}.get(name.casefold())
    if known is not None:
        return known
    hint = f"Clouds are {', '.join(CLOUDS)}, or a JSON file: docs/live-audit.md shows one."
    try:
        found = msgspec.json.decode(Path(name).read_bytes(), type=Cloud)
    except (OSError, ValueError) as error:
        if not name.endswith(".json"):
            raise ConfigError(f"There is no cloud {name!r}.", hint) from error
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"The cloud of {name} cannot be read: {told}.", hint) from error
    for address in (found.authority, found.resource_manager, found.log_analytics):
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname or address.endswith("/"):
            raise ConfigError(f"{name}: {address!r} is not an https:// address without a slash at its end.", hint)
    return found
