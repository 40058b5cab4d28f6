"""The settings that one policy document writes, wherever in it they stand, for the rules on documents. Pure.

Each is a boolean, or unknown for an expression. What a named value decides is left out: it is evaluated where the
policy takes effect (`apis.named-values-weaken-nothing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.lenses.api_policy.text import Element, is_expression, named_values
from auditor.lenses.truth import Truth, truth_and, truth_or
from auditor.model.resource import Unknown

SETTINGS: Final = ("tokens", "certificates", "cors", "passwords", "base")
"""The properties that `settings_of` gives."""
_SECTIONS: Final = {"inbound": "inbound", "backend": "backend", "outbound": "outbound", "onError": "on-error"}
_CANNOT_BE_MADE: Final = ("thumbprint", "issuer-thumbprint", "issuer-certificate-id")
_CONDITIONAL: Final = Unknown("<base/> stands under a condition")
_CONSTANT: Final = re.compile(r'@\(\s*\(*"(?P<text>[^"]*)"\)*\s*\)|@\{\s*return\s+"(?P<returned>[^"]*)";?\s*\}')


def settings_of(root: Element) -> dict[str, Any]:
    """Token checks, certificate checks, CORS, passwords, and whether each section has `<base/>` (not of a fragment)."""
    found: dict[str, Any] = {"tokens": [], "certificates": [], "cors": [], "passwords": []}
    for element in _all(root):
        if kept := _READ.get(element.name):
            key, read = kept
            found[key].append({"name": f"{element.name} in line {element.line}"} | read(element))
    if root.name != "fragment":
        found["base"] = {key: _keeps_base(root, name) for key, name in _SECTIONS.items()}
    return found


def _all(root: Element) -> Iterator[Element]:
    """Every element below one, in the order in which they are written."""
    pending = [root]
    while pending:
        element = pending.pop()
        yield element
        pending += reversed(element.children)


def _tokens(element: Element) -> dict[str, Any]:
    return _switches(element, signed="require-signed-tokens", expires="require-expiration-time")


def _certificates(element: Element) -> dict[str, Any]:
    identities = [part.attributes for group in element.all("identities") for part in group.all("identity")]
    names = names_certificates(identities)
    told = _switches(
        element, ignoresErrors="ignore-error", checksEnd="validate-not-after", checksTrust="validate-trust"
    )
    return told | {"namesIdentities": names}


def names_certificates(identities: Sequence[Mapping[str, str]]) -> bool:
    """Whether identities are of certificates that only their owner can show: anybody can write a subject or a serial
    number into a certificate of their own. One identity is enough to be let in, so each must name one."""
    return bool(identities) and all(any(map(identity.get, _CANNOT_BE_MADE)) for identity in identities)


def _cors(element: Element) -> dict[str, Any]:
    origins = [part.text for group in element.all("allowed-origins") for part in group.all("origin")]
    told = _switches(element, credentials="allow-credentials")
    return told | {"origins": [_origin(text) for text in origins]}


def _origin(text: str) -> str | Unknown:
    constant = constant_of(text)
    if constant is None and is_expression(text):
        return Unknown("an origin is an expression")
    return text if constant is None else constant


def _passwords(element: Element) -> dict[str, Any]:
    text = element.attributes.get("password", "")
    constant = constant_of(text)
    if constant is not None:
        return {"plain": bool(constant)}
    return {"plain": bool(text) and not is_expression(text) and not named_values(text)}


_READ: Final = {
    "validate-jwt": ("tokens", _tokens),
    "validate-client-certificate": ("certificates", _certificates),
    "cors": ("cors", _cors),
    "authentication-basic": ("passwords", _passwords),
}


def _switches(element: Element, **attributes: str) -> dict[str, Any]:
    """The switches that are written: key → attribute."""
    found: dict[str, Any] = {}
    for key, attribute in attributes.items():
        text = element.attributes.get(attribute)
        if text and not named_values(text):
            found[key] = switch_of(text, f"{attribute} in line {element.line}")
    return found


def switch_of(text: str, name: str) -> Truth:
    """A switch as it is written; of an expression one that is a constant."""
    if is_expression(text):
        text = text[2:-1].strip()
        constant = text if text.casefold() in ("true", "false") else constant_of(f"@({text})")
        if constant is None:
            return Unknown(f"{name} is an expression")
        text = constant
    return text.strip().casefold() == "true"


def constant_of(text: str) -> str | None:
    """The text that an expression always gives, where it is nothing but one text; else None."""
    found = _CONSTANT.fullmatch(text) if is_expression(text) else None
    return None if found is None else found["text"] or found["returned"] or ""


# --- <base/> ------------------------------------------------------------------------------------------------------


def _keeps_base(root: Element, section: str) -> Truth:
    """Whether a section runs the policies of the scope above, whatever the call; unknown under a condition."""
    return truth_or(*(_runs_base(part) for part in root.all(section)))


def _runs_base(parent: Element) -> Truth:
    found: Truth = False
    for element in parent.children:
        if element.name == "base":
            return True
        if element.name == "choose":
            branches = [branch for branch in element.children if branch.name in ("when", "otherwise")]
            each = [_runs_base(branch) for branch in branches]
            if each and branches[-1].name == "otherwise" and truth_and(*each) is True:
                return True
            if any(one is not False for one in each):
                found = _CONDITIONAL
        elif element.children:
            found = truth_or(found, _runs_base(element))
    return found
