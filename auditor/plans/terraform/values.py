"""The values of a planned resource: `after` with its unknowns and without its secrets. Pure.

A plan leaves out what is not known yet and says so in a second tree of the same shape, `after_unknown`; a third one,
`after_sensitive`, says what must not be shown. Here the three become one tree: `Unknown` where a value is not known, a
digest where a text is sensitive. A digest names a thing, and tells whether two names are the same; what is judged must
not be compared with one, and has `Unknown` in its place.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.model.resource import Unknown

LATER: Final = Unknown("known after apply")
SENSITIVE: Final = Unknown("marked sensitive in the plan")
_DIGEST: Final = "sha256:"


def merged(value: Any, unknown: Any, sensitive: Any) -> Any:
    """One tree of the three. Parts that hold nothing unknown or sensitive are shared, not copied."""
    if unknown is True:
        return LATER
    if sensitive is True:
        return concealed(value)
    if not unknown and not sensitive:
        return value
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict)):
        later = unknown if isinstance(unknown, dict) else {}
        hidden = sensitive if isinstance(sensitive, dict) else {}
        found = dict(value or {})
        for key in {**later, **hidden}:
            if key in found:
                found[key] = merged(found[key], later.get(key), hidden.get(key))
            elif marked(later.get(key)):
                found[key] = merged(None, later[key], None)
        return found if value is not None or found else None
    if isinstance(value, list) or (value is None and isinstance(unknown, list)):
        later_items = unknown if isinstance(unknown, list) else []
        hidden_items = sensitive if isinstance(sensitive, list) else []
        given = value or []
        length = max(len(given), len(later_items))
        items = [merged(_at(given, i), _at(later_items, i), _at(hidden_items, i)) for i in range(length)]
        return items if value is not None or items else None
    return value


def marked(mark: Any) -> bool:
    """True when a tree of marks holds a true one."""
    if isinstance(mark, dict):
        return any(marked(item) for item in mark.values())
    if isinstance(mark, list):
        return any(marked(item) for item in mark)
    return mark is True


def concealed(value: Any) -> Any:
    """A sensitive text as the beginning of its digest; anything else that is sensitive is not told at all.

    A digest lets two texts be compared. Of a boolean, a number or the length of a list it would tell the value itself.
    """
    if isinstance(value, str):
        import hashlib  # OpenSSL takes its time to load

        return f"{_DIGEST}{hashlib.sha256(value.encode()).hexdigest()[:16]}" if value else value
    return None if value is None else SENSITIVE


def is_digest(value: Any) -> bool:
    """True for a text that `concealed` has made."""
    return isinstance(value, str) and value.startswith(_DIGEST)


def judged(value: Any) -> Any:
    """A copy with no digest in it: what is sensitive is not known."""
    kind = value.__class__  # it is asked of every value of a plan
    if kind is str:
        return SENSITIVE if value.startswith(_DIGEST) else value
    if kind is dict:
        return {key: judged(item) for key, item in value.items()}
    if kind is list:
        return [judged(item) for item in value]
    return value


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None
