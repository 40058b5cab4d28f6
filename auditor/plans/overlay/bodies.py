"""A change laid over what is there: the live body, without what the change takes away, with what it sets. Pure.

A plan tells of a resource what its language can say, and Azure shows more: states, certificates, connections, settings
of a newer API. What neither side of the change speaks of stays as it is. A template is another matter: what it leaves
out is reset, save what the platform alone sets.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.private_endpoints import ELSEWHERE

_READ_ONLY: Final = (
    "createdAtUtc",
    "creationTime",
    "currentKubernetesVersion",
    "defaultPredefinedSslPolicy",
    "fqdn",
    "operationalState",
    "platformVersion",
    "powerState",
    "privateEndpointConnections",
    "privateFQDN",
    "provisioningState",
    "vaultUri",
)
"""Properties that the platform sets and no template can; what-if tells them as deleted all the same."""


def laid_over(live: Any, before: Any, after: Any) -> Any:
    """What becomes of a live value by a change from `before` to `after`; None for a side that is not there."""
    if isinstance(live, dict) and isinstance(after, dict):
        return _object(live, before if isinstance(before, dict) else {}, after)
    if isinstance(live, list) and isinstance(after, list):
        return _array(live, before if isinstance(before, list) else [], after)
    return after


def added_to(live: Any, before: Any, after: Any) -> Any:
    """What becomes of a live value by a change of something that only adds to it: the rest is others' to say."""
    if isinstance(live, dict) and isinstance(before or {}, dict) and isinstance(after or {}, dict):
        return _added_to_object(live, before or {}, after or {})
    if isinstance(live, list) and isinstance(before or [], list) and isinstance(after or [], list):
        return _added_to_array(live, before or [], after or [])
    return after


def _added_to_object(live: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    spelled = {key.casefold(): key for key in live}
    made = dict(live)
    for key in {**before, **after}:
        own = spelled.get(key.casefold(), key)
        made[own] = added_to(live.get(own), before.get(key), after.get(key))
    return made


def _added_to_array(live: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    there, gone, made = _by_name(live), _by_name(before), _by_name(after)
    if there is None or gone is None or made is None:
        return [*(item for item in live if item not in before and item not in after), *after]
    left = {name: item for name, item in there.items() if name not in gone or name in made}
    return list(
        {**left, **{name: added_to(there.get(name), gone.get(name), item) for name, item in made.items()}}.values()
    )


def keep_read_only(live: dict[str, Any], after: dict[str, Any]) -> None:
    """Give a body the properties that the platform sets and that it does not tell."""
    old, new = live.get("properties"), after.get("properties")
    if isinstance(old, dict) and isinstance(new, dict):
        for name in _READ_ONLY:
            if new.get(name) is ELSEWHERE:
                del new[name]
            if name in old and name not in new:
                new[name] = old[name]


def _object(live: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    spelled = {key.casefold(): key for key in live}
    made = dict(live)
    for key in before:
        if key not in after:
            made.pop(spelled.get(key.casefold(), key), None)
    for key, value in after.items():
        own = spelled.get(key.casefold(), key)
        if value is not ELSEWHERE:  # what others made is there, and what is not there nobody made
            made[own] = laid_over(live.get(own), before.get(key), value)
    return made


def _array(live: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    """Elements with names are laid over those of the same name; others are the change's to say."""
    there, gone, made = _by_name(live), _by_name(before), _by_name(after)
    if there is None or made is None:
        return after
    kept = [item for name, item in there.items() if name not in made and name not in (gone or ())]
    return [*(laid_over(there.get(name), (gone or {}).get(name), item) for name, item in made.items()), *kept]


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """The elements by their names in small letters; None where one has none, or two have the same."""
    found = {}
    for item in items:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            return None
        found[name.casefold()] = item
    return found if len(found) == len(items) else None
