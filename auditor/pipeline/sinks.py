"""The sinks by name, made from what options and `auditor.yaml` say of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from auditor.collect.azure.clouds import Cloud
    from auditor.publish.delivery import Sink

Told = Mapping[str, Any]
"""What options and the configuration say of one sink, and `cloud` and `auth`."""


def sink_of(name: str, config: Told, given: Told | None = None) -> Sink:
    """A sink; what was `given` wins over its part of the configuration. Raises ConfigError."""
    told = {key: config[key] for key in ("cloud", "auth") if key in config}
    told |= (config.get("publish") or {}).get(name) or {}
    told |= {key: value for key, value in (given or {}).items() if value not in (None, ())}
    return SINKS[name](told)


def needed(told: Told, sink: str, name: str) -> str:
    """A setting that a sink cannot do without. Raises ConfigError."""
    from auditor.model.errors import ConfigError

    if not told.get(name):
        raise ConfigError(f"--{name} is missing.", f"Say it, or set publish.{sink}.{name} in auditor.yaml.")
    return str(told[name])


def azure_of(told: Told) -> tuple[Cloud, TokenCredential]:
    """The cloud and how to sign in to it. Raises ConfigError."""
    from auditor.collect.azure.clouds import cloud_of
    from auditor.collect.azure.sign_in import credential

    cloud = cloud_of(told.get("cloud") or "AzureCloud")
    return cloud, credential(cloud, tuple(told.get("auth") or ()))


def _sentinel(told: Told) -> Sink:
    from auditor.publish.sentinel import Sentinel
    from auditor.publish.table_schema import STREAM

    endpoint, rule = needed(told, "sentinel", "endpoint"), needed(told, "sentinel", "rule")
    cloud, token = azure_of(told)
    return Sentinel(endpoint, rule, told.get("stream") or STREAM, token, cloud.ingestion_audience)


def _webhook(told: Told) -> Sink:
    from auditor.publish.webhook import SECRET, Webhook

    return Webhook(needed(told, "webhook", "url"), os.environ.get(SECRET))


def _file(told: Told) -> Sink:
    from auditor.publish.folder_sink import Folder

    return Folder(needed(told, "file", "folder"), ocsf=told.get("form") == "ocsf")


SINKS: Final[dict[str, Callable[[Told], Sink]]] = {"sentinel": _sentinel, "webhook": _webhook, "file": _file}
