"""Which pods a network policy isolates, and from which side: what it does not allow is denied them; and which it opens
to everybody. Pure.

Sources: kubernetes.io "Network Policies"; docs.cilium.io "Policy Enforcement Modes"; docs.tigera.io "Network policy",
"Get started with policy tiers"; network-policy-api.sigs.k8s.io "API Object Overview".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from auditor.kubernetes.open_policy_rules import open_to_everybody
from auditor.model.resource import MISSING, Resource, Unknown, holds_unknown

Form = Callable[[dict[str, Any], str, bool], Iterator[tuple[str, dict[str, Any]]]]
"""A specification, a direction, and whether some of the policy is not known → its effects from that side, each with
what it is on."""

_DIRECTIONS: Final = {"Ingress": "ingress", "Egress": "egress"}
_TIERS_THAT_DENY: Final = (None, "", "default")
_ISOLATES: Final = "isolates"
_OPENS: Final = "opens"


def isolates(resource: Resource) -> Any:
    """Of a network policy a list of `direction` (`Ingress`, `Egress`), `namespaces` and `endpoints`, which are the
    selectors of namespaces and of pods in them (`{}`: all), and `final`: whether no other policy can allow what this
    one denies; else `MISSING`."""
    return _effects(resource, _ISOLATES)


def opens(resource: Resource) -> Any:
    """The same list of what a network policy opens to everybody: policies add up, so others do not close it again,
    except those that are `final`."""
    return _effects(resource, _OPENS)


def _effects(resource: Resource, wanted: str) -> Any:
    form = _FORMS.get(resource.type)
    if form is None:
        return MISSING
    body = resource.body
    found: list[Any] = []
    for spec in (body.get("spec"), *_listed(body.get("specs"))):
        if isinstance(spec, Unknown):
            found.append(spec)
        for direction in _DIRECTIONS if isinstance(spec, dict) else ():
            effects = form(spec, direction, resource.partial)
            found += ({"direction": direction, **about} for effect, about in effects if effect == wanted)
    return found


def _kubernetes(spec: dict[str, Any], direction: str, partial: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """A policy isolates what it selects, unless its rules together let everything pass: then it opens that."""
    kinds, rules = spec.get("policyTypes"), spec.get(_DIRECTIONS[direction])
    if kinds and not isinstance(kinds, Unknown | list):
        kinds = [kinds]
    hidden = _hidden(partial, kinds, rules)
    if not kinds:
        about = direction == "Ingress" or bool(rules)
    else:
        about = isinstance(kinds, Unknown) or direction in kinds or _hidden(partial, kinds) is not None
    if not about:
        return
    is_open = open_to_everybody(_objects(rules), direction)
    if is_open or hidden:
        yield _OPENS, _selected((None if is_open else hidden) or spec.get("podSelector"))
    if not is_open:
        yield _ISOLATES, _selected(hidden or spec.get("podSelector"))


def _cilium(spec: dict[str, Any], direction: str, partial: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """A rule for one side isolates what it selects from that side, unless it says otherwise.

    An empty list of rules says nothing, a list with an empty rule allows nothing. What is denied is denied for good.
    """
    side = _DIRECTIONS[direction]
    rules, denials = spec.get(side), spec.get(f"{side}Deny")
    given = spec.get("enableDefaultDeny")
    wanted = given.get(side) if isinstance(given, dict) else given
    selector = spec.get("endpointSelector")  # with a nodeSelector in its place it is about nodes
    if selector is None:
        return
    hidden = _hidden(partial, wanted, rules, denials)
    peers = "from" if direction == "Ingress" else "to"
    is_open = any(_names_all(rule, peers) for rule in _listed(rules))
    is_final = any(_names_all(rule, peers) for rule in _listed(denials))
    if is_open or hidden:
        yield _OPENS, _selected((None if is_open else hidden) or selector)
    if is_final:
        yield _ISOLATES, _selected(selector, final=True)
    elif not is_open and wanted is not False and (wanted is not None or rules or denials):
        yield _ISOLATES, _selected(hidden or selector)


def _names_all(rule: Any, peers: str) -> bool:
    """Whether a rule of Cilium is about every pod, on every port."""
    if not isinstance(rule, dict) or rule.get("toPorts") or rule.get("icmps"):
        return False
    named = _listed(rule.get(f"{peers}Entities"))
    everybody = ("all", "cluster") if peers == "from" else ("all",)
    if any(entity in named for entity in everybody):
        return True
    return peers == "from" and any(_is_in_any_namespace(one) for one in _listed(rule.get("fromEndpoints")))


def _is_in_any_namespace(selector: Any) -> bool:
    """Whether a selector of Cilium fits the pods of all namespaces; one that says nothing is about its own alone."""
    expressions = _objects(selector.get("matchExpressions")) if isinstance(selector, dict) else []
    return (
        bool(expressions)
        and not selector.get("matchLabels")
        and all(
            str(one.get("key")).endswith("io.kubernetes.pod.namespace") and one.get("operator") == "Exists"
            for one in expressions
        )
    )


def _calico(spec: dict[str, Any], direction: str, partial: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """At the end of a tier what its policies are about and did not allow is denied, unless the tier passes it on.

    Policies apply in their order, so whether a rule that denies everything comes before one that allows it is not seen
    from one policy.
    """
    kinds, rules = spec.get("types"), spec.get(_DIRECTIONS[direction])
    if not kinds:
        about = bool(rules) or (direction == "Ingress" and not spec.get("egress"))
    else:
        about = direction in _listed(kinds) or _hidden(partial, kinds) is not None
    if not about or spec.get("doNotTrack") is True or spec.get("preDNAT") is True:  # these two are for nodes alone
        return
    actions = [
        str(rule.get("action")).casefold()
        for rule in _listed(rules)
        if _says_nothing(rule, "source", "destination", "protocol", "notProtocol", "icmp", "notICMP", "http")
    ]
    first = next((action for action in actions if action in ("allow", "pass", "deny")), None)
    hidden = _hidden(partial, kinds, rules, *(spec.get(part) for part in ("doNotTrack", "preDNAT", "tier", "selector")))
    if spec.get("serviceAccountSelector"):
        hidden = hidden or Unknown("a policy of Calico selects service accounts, which are not looked up from here")
    if first in (None, "allow") and spec.get("tier") not in _TIERS_THAT_DENY:
        hidden = hidden or Unknown(
            f"Calico's tier {spec['tier']} may pass on what no rule is about: see its defaultAction"
        )
    namespaces = {"namespaces": spec.get("namespaceSelector") or {}}
    selector = spec.get("selector") or "all()"
    if first == "allow" or (hidden and first is None):
        yield _OPENS, {**_selected(hidden or selector), **namespaces}
    if first not in ("allow", "pass"):
        final = Unknown("Calico applies policies by their order") if first == "deny" else False
        yield _ISOLATES, {**_selected(hidden or selector, final=final), **namespaces}


def _of_administrators(spec: dict[str, Any], direction: str, partial: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """These isolate nothing by themselves: it takes a rule that denies everybody, and none before it that does not.

    To the outside everybody is every address; from there, every pod: a rule for ingress can name nothing else.
    """
    yield from _of_tier(spec, direction, partial, final=str(spec.get("tier")).casefold() != "baseline")


def _baseline(spec: dict[str, Any], direction: str, partial: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same, which counts where no policy of a namespace is about the pod."""
    yield from _of_tier(spec, direction, partial, final=False)


def _of_tier(
    spec: dict[str, Any], direction: str, partial: bool, *, final: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    subject = spec.get("subject")
    rules = spec.get(_DIRECTIONS[direction])
    hidden = _hidden(partial, subject if isinstance(subject, Unknown) else None, rules)
    everybody = (rule for rule in _listed(rules) if _is_about_everybody(rule, direction))
    first = next((str(rule.get("action")).casefold() for rule in everybody), None)
    pods = subject.get("pods") if isinstance(subject, dict) else None
    if isinstance(pods, dict):
        chosen = pods.get("podSelector"), pods.get("namespaceSelector")
    else:
        chosen = {}, subject.get("namespaces") if isinstance(subject, dict) else None
    if hidden is None and chosen[1] is None:
        return
    about = {**_selected(hidden or chosen[0], final=final), "namespaces": chosen[1] or {}}
    if first == "deny" or hidden is not None:
        yield _ISOLATES, about
    if final and (first in ("allow", "accept") or hidden is not None):
        yield _OPENS, about


def _is_about_everybody(rule: Any, direction: str) -> bool:
    if not isinstance(rule, dict) or rule.get("ports") or rule.get("protocols"):
        return False
    if direction == "Egress":
        return any("0.0.0.0/0" in _listed(peer.get("networks")) for peer in _objects(rule.get("to")))
    return any(
        _is_all(peer.get("namespaces")) or ("pods" in peer and _are_all(peer["pods"]))
        for peer in _objects(rule.get("from"))
    )


def _are_all(pods: Any) -> bool:
    return isinstance(pods, dict) and _is_all(pods.get("namespaceSelector")) and _is_all(pods.get("podSelector"))


def _is_all(selector: Any) -> bool:
    return isinstance(selector, dict) and not selector.get("matchLabels") and not selector.get("matchExpressions")


def _says_nothing(rule: Any, *parts: str) -> bool:
    """Whether a rule leaves all of these open."""
    return isinstance(rule, dict) and not any(rule.get(part) for part in parts)


def _selected(endpoints: Any, *, final: Any = False) -> dict[str, Any]:
    return {"namespaces": {}, "endpoints": {} if endpoints is None else endpoints, "final": final}


def _hidden(partial: bool, *values: Any) -> Unknown | None:
    return Unknown("not all of the policy is known") if partial and holds_unknown(list(values)) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in _listed(value) if isinstance(one, dict)]


_FORMS: Final[Mapping[str, Form]] = {
    "networking.k8s.io/NetworkPolicy": _kubernetes,
    "cilium.io/CiliumNetworkPolicy": _cilium,
    "cilium.io/CiliumClusterwideNetworkPolicy": _cilium,
    "crd.projectcalico.org/NetworkPolicy": _calico,
    "projectcalico.org/NetworkPolicy": _calico,
    "crd.projectcalico.org/GlobalNetworkPolicy": _calico,
    "projectcalico.org/GlobalNetworkPolicy": _calico,
    "policy.networking.k8s.io/AdminNetworkPolicy": _of_administrators,
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy": _baseline,
    "policy.networking.k8s.io/ClusterNetworkPolicy": _of_administrators,
}
