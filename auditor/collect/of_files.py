"""What is read from files, as it is kept: it loses what a collector would not have kept of it."""

from __future__ import annotations

from auditor.collect.azure.secrets import stripped
from auditor.collect.kubernetes.edge import at_the_edge
from auditor.errors import OutputError
from auditor.model import Resource


def without_secrets(resource: Resource) -> Resource:
    """The resource without its secrets. Of Secrets of Kubernetes the readers of files keep certificates alone.

    Raises `OutputError` when it is nested too deep to be looked through.
    """
    body = resource.body
    try:
        if not resource.is_kubernetes:
            body = stripped(body)
        elif resource.type != "core/Secret":
            body = at_the_edge(resource.type, body, None) or body
    except RecursionError as error:
        raise OutputError(f"{resource.id} is nested too deep to be saved", "Leave it out of the input.") from error
    return Resource(resource.type, body, resource.origin, resource.cluster, partial=resource.partial)
