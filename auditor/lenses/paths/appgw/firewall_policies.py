"""Firewall policies of Application Gateway: whether they refuse what does not come through one Front Door.

As learn.microsoft.com: frontdoor/origin-security says it is done: a rule of one's own blocks requests whose header
`X-Azure-FDID` is not the id of the Front Door.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.lenses.paths.estate import Estate
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import items, last, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

POLICIES: Final = "microsoft.network/applicationgatewaywebapplicationfirewallpolicies"
READS: Final = frozenset({POLICIES})
_HEADER: Final = "x-azure-fdid"
_LAST: Final = 101  # priorities are from 1 to 100


def of_one_front_door(estate: Estate, gateway: Any, listener: Any) -> Truth:
    """Whether every policy that holds for a listener refuses what does not come through one Front Door. That of the
    listener comes before that of the gateway, and a path may have one of its own."""
    own = get(listener, "firewallPolicy", "id")
    own = get(gateway, "firewallPolicy", "id") if own is None else own
    inner = [
        told
        for item in items(gateway, "urlPathMaps")
        for rule in items(item, "properties", "pathRules")
        if (told := get(rule, "properties", "firewallPolicy", "id")) is not None
    ]
    return truth_and(*(_asks(estate, told) for told in dict.fromkeys((own, *inner))))


def _asks(estate: Estate, told: Any) -> Truth:
    if isinstance(told, Unknown) or not isinstance(told, str):
        return told if isinstance(told, Unknown) else False
    policy = estate.by_id(POLICIES, told)
    if policy is None:
        return Unknown(f"firewall policy {last(told)}: {estate.hole(POLICIES, told) or 'it was not found'}")
    state = word(policy.body, "properties", "policySettings", "state")
    mode = word(policy.body, "properties", "policySettings", "mode")
    works = truth_and(
        *(
            one if isinstance(one, Unknown) else one == wanted
            for one, wanted in ((state, "enabled"), (mode, "prevention"))
        )
    )
    return truth_and(_blocks_others(policy), works)


def _blocks_others(policy: Resource) -> Truth:
    rules, hidden = listing(policy.body, "properties", "customRules")
    doubt = hidden
    for rule in sorted(rules, key=_priority):
        if word(rule, "state", otherwise="enabled") == "disabled":
            continue
        action = word(rule, "action")
        if action == "block" and _is_about_others(rule):
            return doubt or True
        if action == "allow":
            doubt = doubt or Unknown(f"rule {text_at(rule, 'name')} of {policy.name} lets some through before that")
    return hidden or False


def _is_about_others(rule: dict[str, Any]) -> bool:
    """Whether a rule is about all requests without the id of a Front Door: its one condition is that."""
    conditions = get(rule, "matchConditions")
    if not isinstance(conditions, list) or len(conditions) != 1:
        return False
    (condition,) = conditions
    variables = list(items(condition, "matchVariables"))
    return (
        len(variables) == 1
        and word(variables[0], "variableName") == "requestheaders"
        and word(variables[0], "selector") == _HEADER
        and word(condition, "operator") == "equal"
        and word(condition, "negationConditon") == "true"  # as the API spells it
        and bool(texts(condition, "matchValues"))
    )


def _priority(rule: dict[str, Any]) -> int:
    found = get(rule, "priority")
    return found if isinstance(found, int) else _LAST
