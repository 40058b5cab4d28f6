"""Label selectors of Kubernetes: whether one is about what has some labels. Pure.

Source: kubernetes.io/docs/concepts/overview/working-with-objects/labels. Cilium's differ in their keys, which may say
where a label comes from (`k8s:app`, `any:app`), may name labels that Cilium gives pods itself, and `reserved:` ones,
which what is no pod has. Calico's are texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from auditor.kubernetes import calico_selectors
from auditor.kubernetes.policy_labels import CommonLabels, knows_namespace
from auditor.model.resource import Unknown

Truth = bool | Unknown

_SOURCES: Final = ("k8s:", "any:")
_MADE_BY_CILIUM: Final = ("io.kubernetes.pod.namespace", "io.cilium.")
_OF_NO_POD: Final = "reserved:"


def selects(selector: dict[str, Any] | str, labels: dict[str, Any]) -> Truth:
    """Whether a selector is about what has these labels; one that says nothing is about all. A text is Calico's."""
    fits: Callable[[Any, dict[str, Any]], Truth] = calico_selectors.selects if isinstance(selector, str) else _fits
    if isinstance(labels, CommonLabels) and fits(selector, dict(labels)) is False:
        return False
    return fits(selector, labels)


def _fits(selector: dict[str, Any], labels: dict[str, Any]) -> Truth:
    wanted, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    hidden = next((part for part in (wanted, expressions) if isinstance(part, Unknown)), None)
    pairs = wanted.items() if isinstance(wanted, dict) else ()
    listed = expressions if isinstance(expressions, list) else ()
    answers = [*(_has(key, [value], labels) for key, value in pairs), *(_holds(one, labels) for one in listed)]
    if any(answer is False for answer in answers):
        return False
    return hidden or next((answer for answer in answers if isinstance(answer, Unknown)), True)


def _holds(expression: Any, labels: dict[str, Any]) -> Truth:
    """One of the expressions, all of which must hold."""
    if isinstance(expression, Unknown):
        return expression
    if not isinstance(expression, dict):
        return Unknown("an expression of a label selector is not an object")
    key, operator, values = (expression.get(part) for part in ("key", "operator", "values"))
    hidden = next((part for part in (key, operator, values) if isinstance(part, Unknown)), None)
    if hidden is not None:
        return hidden
    match operator:
        case "In":
            return _has(key, values, labels)
        case "NotIn":
            return _not(_has(key, values, labels))
        case "Exists":
            return _has(key, None, labels)
        case "DoesNotExist":
            return _not(_has(key, None, labels))
        case _:
            return Unknown("an operator of a label selector is not known")


def _has(key: Any, values: Any, labels: dict[str, Any]) -> Truth:
    """Whether there is a label of this key with one of the values; None: with any."""
    name = str(key)
    for source in _SOURCES:
        name = name.removeprefix(source)
    if name.startswith(_OF_NO_POD):
        return False
    value = labels.get(name)
    if name not in labels and name.startswith(_MADE_BY_CILIUM) and not knows_namespace(name, labels):
        return Unknown(f"the label {name} is given by Cilium")
    if value is None or values is None or isinstance(value, Unknown):
        return value if isinstance(value, Unknown) else value is not None
    among = values if isinstance(values, list) else []
    if any(one == value for one in among if not isinstance(one, Unknown)):
        return True
    return next((one for one in among if isinstance(one, Unknown)), False)


def _not(answer: Truth) -> Truth:
    return answer if isinstance(answer, Unknown) else not answer
