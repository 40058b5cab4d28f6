"""The clouds: the host names of their services and the audiences that each accepts.

Source: the endpoints of `az cloud show`, and of azure-identity, azure-core and azure-monitor-query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KUBERNETES: Final = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The audience of every AKS cluster with Entra ID."""


STORAGE: Final = "https://storage.azure.com"


@dataclass(frozen=True)
class Cloud:
    """Audiences are compared without a slash at the end."""

    login: str
    arm: str
    arm_audiences: tuple[str, ...]
    vault_suffix: str
    logs: tuple[str, ...]
    ingestion: str

    @property
    def vault_audience(self) -> str:
        return "https://" + self.vault_suffix.removeprefix(".")

    @property
    def ingestion_audience(self) -> str:
        return "https://" + self.ingestion

    def audiences(self) -> tuple[str, ...]:
        logs = (f"https://{host}" for host in self.logs)
        return (KUBERNETES, STORAGE, *self.arm_audiences, self.vault_audience, self.ingestion_audience, *logs)


PUBLIC: Final = Cloud(
    login="login.microsoftonline.com",
    arm="management.azure.com",
    arm_audiences=("https://management.azure.com", "https://management.core.windows.net"),
    vault_suffix=".vault.azure.net",
    logs=("api.loganalytics.io", "api.loganalytics.azure.com"),
    ingestion="monitor.azure.com",
)
CHINA: Final = Cloud(
    login="login.chinacloudapi.cn",
    arm="management.chinacloudapi.cn",
    arm_audiences=("https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn"),
    vault_suffix=".vault.azure.cn",
    logs=("api.loganalytics.azure.cn",),
    ingestion="monitor.azure.cn",
)
GOVERNMENT: Final = Cloud(
    login="login.microsoftonline.us",
    arm="management.usgovcloudapi.net",
    arm_audiences=("https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net"),
    vault_suffix=".vault.usgovcloudapi.net",
    logs=("api.loganalytics.us",),
    ingestion="monitor.azure.us",
)
CLOUDS: Final = (PUBLIC, CHINA, GOVERNMENT)
IMDS: Final = "169.254.169.254"
"""The metadata service of a virtual machine: plain HTTP, and only there."""
