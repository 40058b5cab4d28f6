"""Resources at rest, as bytes: where many are held, they take a fifth of what their objects would. Pure."""

from __future__ import annotations

import marshal

from auditor.model.projection import Fields
from auditor.model.resource import Origin, Resource

Packed = bytes | Resource
"""A resource at rest. One that holds what bytes cannot (an unknown value, a date of YAML) stays an object."""


def pack(resource: Resource, fields: Fields) -> Packed:
    """A resource with these fields alone, at rest."""
    kept, origin = fields.reduced(resource), resource.origin
    if resource.partial:
        return kept
    whence = origin.source, origin.address, origin.file, origin.line
    try:
        return marshal.dumps((kept.type, kept.body, kept.cluster, whence))
    except ValueError:
        return kept


def unpack(packed: Packed) -> Resource:
    """The resource."""
    if isinstance(packed, Resource):
        return packed
    kind, body, cluster, whence = marshal.loads(packed)  # noqa: S302  (made by `pack` in this process or its parent)
    source, address, file, line = whence
    return Resource(kind, body, Origin(source=source, address=address, file=file, line=line), cluster)
