"""What of a resource is a secret, and what stands in its place. Everything that is read passes here first.

`sanitized` is the way in, for live answers, files and changes alike. Three tables say what a secret is: `names` (of
fields, variables, headers), `places` (a type and a path) and `patterns` (in texts). Kubernetes Secrets lose everything
but their certificates (`kubernetes_secrets`). What rules ask for (whether there is a literal password) stays visible as
a mark.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from auditor.model.resource import Resource, Unknown
from auditor.sanitize import kubernetes
from auditor.sanitize.azure import is_special, sanitized_azure
from auditor.sanitize.hide import hide, state_of
from auditor.sanitize.kubernetes import sanitized_kubernetes
from auditor.sanitize.kubernetes_secrets import is_secret_object
from auditor.sanitize.marks import AZURE, KUBERNETES
from auditor.sanitize.quick import NONE, TEXTS, may_hold

__all__ = ["sanitized", "sanitized_azure", "sanitized_kubernetes", "sanitized_line", "without_copies"]

_TOO_DEEP: Final = "it is nested too deep to be searched for secrets"
_IDENTITY: Final = frozenset(
    {"apiVersion", "id", "kind", "name", "type", "location", "resourceGroup", "subscriptionId"}
)


def sanitized(resource: Resource) -> Resource:
    """The resource without its secrets; the resource itself when it has none.

    What is nested too deep to be searched is unknown.
    """
    try:
        text = orjson.dumps(resource.body, default=_as_text)
    except (orjson.JSONEncodeError, TypeError):
        return searched(resource)
    return sanitized_line(resource, text)


def sanitized_line(resource: Resource, line: bytes) -> Resource:
    """The same for a resource that was read from a line of JSON, which saves writing it."""
    found = may_hold(line)
    if found != NONE and resource.is_kubernetes and (lean := without_copies(resource)) is not resource:
        return sanitized(lean)  # most of what the copies hold is found there alone
    if found != NONE or is_special(resource.type):
        return searched(resource, texts=found == TEXTS)
    state = state_of(resource.type)
    if state is None:
        return resource
    return _with(resource, hide(resource.body, state, (KUBERNETES if resource.is_kubernetes else AZURE).secret))


def searched(resource: Resource, *, texts: bool = True) -> Resource:
    """The resource without its secrets, searched field by field. Without `texts` none of them has a secret in it."""
    body, kind = resource.body, resource.type
    try:
        if resource.is_kubernetes or is_secret_object(body):
            found = sanitized_kubernetes(kind, body, None, texts=texts)
        else:
            found = sanitized_azure(body, kind, texts=texts)
    except RecursionError:
        found = {key: _told(key, value) for key, value in body.items()}
        return _with(resource, found, partial=True)
    return _with(resource, found)


def _with(resource: Resource, body: dict[str, Any], *, partial: bool = False) -> Resource:
    """The resource with another body; the resource itself when it is the same."""
    if body is resource.body:
        return resource
    partial = partial or resource.partial
    made = Resource(resource.type, body, resource.origin, resource.cluster, partial=partial)
    made._id = resource._id  # a change may name a resource whose id is not known
    return made


def without_copies(resource: Resource) -> Resource:
    """A Kubernetes object without the copies of itself that its metadata may hold: most of the size of many."""
    return _with(resource, kubernetes.without_copies(resource.body)) if resource.is_kubernetes else resource


def _told(key: str, value: Any) -> Any:
    return value if key in _IDENTITY and isinstance(value, str) else Unknown(_TOO_DEEP)


def _as_text(value: object) -> Any:
    return value.reason if isinstance(value, Unknown) else repr(value)
