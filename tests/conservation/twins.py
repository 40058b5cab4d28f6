"""A sound element beside the one that fails: the same resource once more, with what the rules ask for."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

from tests.conservation.inputs import NAMES
from tests.damage import Random

_SET: Final = {
    "microsoft.keyvault/vaults": {"enablePurgeProtection": True, "enableSoftDelete": True},
    "microsoft.storage/storageaccounts": {"allowSharedKeyAccess": False},
}
_ELEMENT: Final = frozenset({"id", "address", "resourceId", "metadata", "type"})


def sound_copy(value: Any) -> Any:
    """A copy of a value in which every resource is as the rules want it."""
    if isinstance(value, list):
        return [sound_copy(item) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(sound_copy(json.loads(value)))  # the template of a deployment
    if not isinstance(value, dict):
        return value
    made = {key: sound_copy(child) for key, child in value.items()}
    made.update({key: wanted for key, wanted in _FLAGS.items() if key in made})
    kind = str(made.get("type", "")).partition("@")[0].casefold()
    holder = made.get("body", made)
    if kind in _SET and isinstance(holder, dict):
        holder["properties"] = {**holder.get("properties", {}), **_SET[kind]}
    return made


_FLAGS: Final = {"privileged": False, "purge_protection_enabled": True}


def add_twin(value: Any, rng: Random) -> bool:
    """Put a sound copy of an element into the list that it is in. False when there is no such list."""
    lists = [found for found in _lists(value) if any(map(_is_element, found))]
    if not lists:
        return False
    found = rng.choice(lists)
    element = rng.choice([item for item in found if _is_element(item)])
    twin = sound_copy(copy.deepcopy(element))
    if rng.random() < 0.3 and isinstance(twin.get("id"), str):
        twin["id"] = rng.choice((twin["id"].upper(), twin["id"].lower(), f"{twin['id']}/"))
    found.insert(rng.choice((0, len(found))), twin)
    return True


def _lists(value: Any) -> list[list[Any]]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    inside = [found for child in children for found in _lists(child)]
    return [value, *inside] if isinstance(value, list) else inside


def _is_element(item: Any) -> bool:
    if not isinstance(item, dict) or _ELEMENT.isdisjoint(item):
        return False
    text = json.dumps(item)
    return sum(name in text for name in NAMES) == 1
