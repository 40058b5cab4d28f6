"""Rule sets of Azure Front Door: what they do to the requests of a route before these reach an origin.

Actions on headers and caches change neither whither a request goes nor how. Of conditions only that on the scheme is
judged: a rule with another one is about some requests. Source, learn.microsoft.com: frontdoor/front-door-rules-engine.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from auditor.lenses.paths.estate import Estate
from auditor.lenses.values import hidden_in, last, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

RULES: Final = "microsoft.cdn/profiles/rulesets/rules"
READS: Final = frozenset({RULES})
_OVERRIDES: Final = ("routeconfigurationoverride", "origingroupoverride")
_NOBODY, _SOME, _ALL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Way:
    """Whither requests of a route go: a group of origins, and the protocol, as `holder` says it at `path`."""

    group: Any
    holder: Resource
    path: str
    told: Any


@dataclass(slots=True)
class Effects:
    """What the rule sets of a route do to requests of one scheme.

    `redirect`: scheme and host that all of them are sent to; `may_redirect`: why some may be sent to HTTPS; `rewrites`:
    the path of some changes; `ways`: whither they go; `hidden`: why more may happen to them.
    """

    ways: list[Way]
    redirect: tuple[str, str] | None = None
    may_redirect: Unknown | None = None
    rewrites: bool = False
    hidden: Unknown | None = None


class RuleSets:
    """The rule sets of the estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._rules: dict[str, list[Resource]] = defaultdict(list)  # by casefolded id of the set
        for rule in estate.all(RULES):
            self._rules[(parent_of(rule.id) or "").casefold()].append(rule)

    def of(self, route: Resource, scheme: str) -> Effects:
        """What happens to the requests of a route."""
        own = get(route.body, "properties")
        found = Effects([Way(get(own, "originGroup", "id"), route, _SPEAKS, get(own, "forwardingProtocol"))])
        named, found.hidden = listing(own, "ruleSets")
        stopped = False
        for reference in named:
            one = text_at(reference, "id") or ""
            if hole := self._estate.hole(RULES, one):
                found.hidden = found.hidden or Unknown(f"rules of {last(one)}: {hole}")
            for rule in sorted(self._rules.get(one.casefold(), ()), key=_order):
                reach = _reach(rule, scheme)
                if reach is _NOBODY:
                    continue
                actions, odd = listing(rule.body, "properties", "actions")
                found.hidden = found.hidden or odd
                for number, action in enumerate(actions):
                    _act(found, rule, number, action, _SOME if stopped else reach)
                goes_on = word(rule.body, "properties", "matchProcessingBehavior", otherwise="continue")
                stopped = stopped or goes_on != "continue"
        return found


def _act(found: Effects, rule: Resource, number: int, action: dict[str, Any], reach: int) -> None:
    """Add what an action of a rule does."""
    kind, told = word(action, "name"), get(action, "parameters")
    if isinstance(kind, Unknown):
        found.hidden = found.hidden or kind
    elif kind == "urlredirect":
        to = word(told, "destinationProtocol", otherwise="matchrequest")
        if reach is _ALL and isinstance(to, str):
            found.redirect = "" if to == "matchrequest" else to, text_at(told, "customHostname") or ""
        elif to == "https" or isinstance(to, Unknown):
            found.may_redirect = found.may_redirect or Unknown(f"rule {rule.name} redirects some requests to HTTPS")
    elif kind == "urlrewrite":
        found.rewrites = True
    elif kind in _OVERRIDES:
        other = get(told, "originGroupOverride" if kind == _OVERRIDES[0] else "originGroup")
        if other is None:
            return
        group = get(other, "originGroup", "id") if kind == _OVERRIDES[0] else get(other, "id")
        path = f"properties.actions[{number}].parameters.originGroupOverride.forwardingProtocol"
        way = Way(group, rule, path, get(other, "forwardingProtocol"))
        same = any((_id(one.group), one.told) == (_id(group), way.told) for one in found.ways)
        found.ways = [way] if reach is _ALL else found.ways if same else [*found.ways, way]


def _reach(rule: Resource, scheme: str) -> int:
    """Whether a rule is about all requests of a scheme, about some, or about none."""
    conditions, hidden = listing(rule.body, "properties", "conditions")
    reach = _SOME if hidden else _ALL
    for condition in conditions:
        told = get(condition, "parameters")
        negated = word(told, "negateCondition", otherwise="false")
        if str(word(told, "operator")).startswith("not"):  # as azurerm 5 says it
            negated = "true"
        schemes = [one.casefold() for one in texts(told, "matchValues")]
        odd = isinstance(negated, Unknown) or hidden_in(get(told, "matchValues"))
        if odd or not schemes or word(condition, "name") != "requestscheme":
            reach = _SOME
        elif (scheme in schemes) is (negated == "true"):
            return _NOBODY
    return reach


def _id(group: Any) -> Any:
    return group.casefold() if isinstance(group, str) else group


def _order(rule: Resource) -> int:
    found = get(rule.body, "properties", "order")
    return found if isinstance(found, int) else 0


_SPEAKS: Final = "properties.forwardingProtocol"
