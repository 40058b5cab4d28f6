"""Which of the Ingresses of nginx answer for a host: nginx has one server for a name, and a precise name goes before a
wildcard (nginx.org "Server names"; kubernetes.io "Ingress", hostname wildcards). Pure.
"""

from __future__ import annotations

from collections.abc import Callable

from auditor.lenses.values import listing
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource

Named = tuple[Resource, str]


def narrowest(
    likely: list[Named], hosts_of: Callable[[Resource], list[str]], is_nginx: Callable[[Resource], bool]
) -> list[Named]:
    """What takes a host, without the Ingresses of nginx that name it by a wildcard alone where another has its name."""
    precise = {e.id for e, host in likely if is_nginx(e) and _is_named(hosts_of(e), host)}
    if not precise:
        return likely
    return [(e, host) for e, host in likely if e.id in precise or not is_nginx(e) or _may_name_others(e)]


def _is_named(hosts: list[str], host: str) -> bool:
    return host.casefold().rstrip(".") in (one.casefold().rstrip(".") for one in hosts)


def _may_name_others(ingress: Resource) -> bool:
    """Whether some of its hosts are not known."""
    rules, hidden = listing(ingress.body, "spec", "rules")
    return hidden is not None or any(not isinstance(get(rule, "host"), str | None) for rule in rules)
