"""Reading the bodies of resources, whatever the casing of their keys and the shape of their values. Pure.

What is missing is None or empty. An `Unknown` on the way is handed on by what can tell it from what is not there
(`keys.get`, `listing`, `word`, `flag`), and passed over by what gives plain values (`text_at`, `items`, `texts`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from auditor.model.case_insensitive import get
from auditor.model.resource import Unknown


def text_at(value: Any, *keys: str) -> str | None:
    """The text below nested keys; None when it is empty, no text, or not there."""
    found = get(value, *keys)
    return found if isinstance(found, str) and found else None


def items(value: Any, *keys: str) -> Iterator[dict[str, Any]]:
    """The objects of a list below nested keys."""
    found = get(value, *keys)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def texts(value: Any, *keys: str) -> list[str]:
    """The texts of a list below nested keys."""
    found = get(value, *keys)
    return [item for item in found if isinstance(item, str) and item] if isinstance(found, list) else []


def hidden_in(value: Any) -> Unknown | None:
    """What is not known of a value: itself, or the first such element of a list."""
    each = (value, *value) if isinstance(value, list) else (value,)
    return next((one for one in each if isinstance(one, Unknown)), None)


def last(resource_id: str | None) -> str:
    """The last part of an id, in small letters."""
    return (resource_id or "").rpartition("/")[2].casefold()


def moment(value: Any) -> dt.datetime | None:
    """A time as Azure and Kubernetes write it: ISO 8601, or whole seconds since 1970. None for what is no time, and for
    one that is before the first or after the last year in UTC."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 253402300800:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    if not isinstance(value, str):
        return None
    try:
        found = dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.strip()))
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def listing(value: Any, *keys: str) -> tuple[list[dict[str, Any]], Unknown | None]:
    """The objects of a list below nested keys, and why there may be more: it is unknown, or of another shape."""
    found = get(value, *keys)
    if found is None:
        return [], None
    if isinstance(found, Unknown):
        return [], found
    if not isinstance(found, list):
        return [], Unknown(f"{keys[-1]} is not a list")
    objects = [item for item in found if isinstance(item, dict)]
    if len(objects) == len(found):
        return objects, None
    odd = next(item for item in found if not isinstance(item, dict))
    return objects, odd if isinstance(odd, Unknown) else Unknown(f"an element of {keys[-1]} is not an object")


def word(value: Any, *keys: str, otherwise: str = "") -> str | Unknown:
    """A text in small letters below nested keys; `otherwise` when it is not there; unknown when it is no text."""
    found = get(value, *keys)
    if found is None:
        return otherwise
    if isinstance(found, bool):
        return str(found).casefold()
    if isinstance(found, int):
        return str(found)
    if isinstance(found, str | Unknown):
        return found.casefold() if isinstance(found, str) else found
    return Unknown(f"{keys[-1]} is not a text")


def flag(value: Any, *keys: str, otherwise: bool) -> bool | Unknown:
    """A boolean, or the text of one, below nested keys."""
    found = word(value, *keys, otherwise="true" if otherwise else "false")
    if isinstance(found, Unknown):
        return found
    if found in ("true", "on", "enabled"):
        return True
    if found in ("false", "off", "disabled"):
        return False
    return Unknown(f"{keys[-1]} is neither true nor false")
