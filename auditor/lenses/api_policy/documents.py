"""The documents lens: one `auditor/policyDocument` for each policy document and fragment, with the secrets in it.

Of a secret it tells where it stands and never what it is. A document that many APIs use is told of once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.api_policy.checks import Reading
from auditor.lenses.api_policy.scopes import Document, Estate
from auditor.lenses.api_policy.settings import SETTINGS, constant_of, settings_of
from auditor.lenses.api_policy.text import Element, is_expression, named_values
from auditor.lenses.api_policy.walk import CREDENTIAL_HEADERS
from auditor.lenses.coverage import Coverage
from auditor.lenses.derived import derived
from auditor.model.resource import Resource, Unknown, arm_scope

TYPE: Final = "auditor/policyDocument"


class PolicyDocuments:
    """The lens."""

    def __init__(self, coverage: Coverage) -> None:
        self._estate = Estate(coverage)
        self.take = self._estate.take

    def derived(self) -> Iterator[Resource]:
        """The documents of an estate."""
        documents = (*self._estate.documents.values(), *self._estate.fragments.values())
        for document in sorted(documents, key=lambda one: one.id.casefold()):
            yield _resource(document, _secrets(document, self._estate))


def _resource(document: Document, secrets: list[dict[str, Any]] | Unknown) -> Resource:
    root = document.root
    told: dict[str, Any] = {"document": document.id, "secrets": secrets}
    told |= dict.fromkeys(SETTINGS, root) if isinstance(root, Unknown) else settings_of(root)
    name, scope = _name(document.id.split("/")[8:]), arm_scope({"id": document.id})
    return derived(TYPE, f"{document.id}/contents", name, told, document.origin, scope)


def _name(parts: list[str]) -> str:
    """`apim`, `apim: orders: get`, `apim: products shop`, `apim: policyFragments call`."""
    named = [parts[0]] if parts else ["policy"]
    for kind, name in zip(parts[1::2], parts[2::2], strict=False):
        if kind.casefold() != "policies":
            named.append(name if kind.casefold() in ("apis", "operations") else f"{kind} {name}")
    return ": ".join(named)


def _secrets(document: Document, estate: Estate) -> list[dict[str, Any]] | Unknown:
    """Every secret that somebody who may read the document can read."""
    if isinstance(document.root, Unknown):
        return document.root
    values = estate.values(document.scope)
    reading, found = Reading(values), []
    pending = [document.root]
    while pending:
        element = pending.pop()
        pending += element.children
        for kind, raw, pattern in _suspects(element):
            plain = [name for name in named_values(raw) if name.casefold() in values.known]
            if pattern.search(reading.text(raw)):
                through = f" by the named value {plain[0]}, which is not secret" if plain else ""
                told = {"name": f"{kind} in line {element.line}", "kind": kind, "line": element.line}
                found.append(told | {"says": f"{kind} in plain text{through}"})
    return sorted(found, key=lambda secret: (secret["line"], secret["kind"]))


_LITERAL: Final = re.compile(r"\A(?!@[({])[^\s{][^{]*\Z")
"""A text without an expression, and without a named value that is secret (which still stands in it as `{{name}}`)."""
_TOKEN: Final = re.compile(r"\A(?!@[({])(?:(?:Basic|Bearer|SharedAccessSignature)\s+)?[^\s{]{8,}\s*\Z", re.IGNORECASE)
_IN_CODE: Final = re.compile(r'"(?:Basic|Bearer) [A-Za-z0-9+/=._~-]{8,}"|"[^"\s]{0,200}[?&](?:sig|code)=[^"&\s{]{8,}')
_KEY: Final = r'"(?!https?:)(?=[^"]*\d)[^"\s{]{8,}"'
"""A text in code that is as long as a key, and has a digit as keys have."""
_IN_SECRET_CODE: Final = re.compile(
    rf"""{_IN_CODE.pattern}|GetBytes\(\s*"[^":{{]+:[^"{{]{{4,}}"|(?:\breturn|=)\s*{_KEY}\s*;|\?\s*{_KEY}\s*:"""
    rf"""|:\s*{_KEY}\s*\)?\s*\Z"""
)
"""In an expression that makes a secret: also a user with a password, and texts that it keeps or chooses between."""
_IN_ADDRESS: Final = re.compile(
    r"[?&](?:sig|code|key|subscription-key|api-key|apikey|access_token|token)=[^&\s{@]{8,}|://[^/\s{@:]{1,100}:[^/\s{@]+@",
    re.IGNORECASE,
)
_PARAMETERS: Final = frozenset({"sig", "code", "key", "subscription-key", "api-key", "apikey", "access_token", "token"})
_SECRET_NAMES: Final = re.compile(
    r"(?:^|[-_. ]|(?<=[a-z0-9])(?=[A-Z]))(?i:passwords?|passwd|pwd|passphrase|secret|client-?_?secret|api-?_?key"
    r"|access-?_?key|functions-?key|subscription-?key|shared-?_?key|token|connection-?_?string)$"
)
"""Names of headers, variables and elements that hold a secret."""
_FIELD: Final = r"(?i:client_?secret|password|passwd|pwd|api[-_]?key|(?:access|refresh)[-_]?token|client_assertion)"
_IN_BODY: Final = re.compile(_FIELD + r"""["']?\s*[:=]\s*["']?(?!["'\s{@$<\[*])[^\s"'&<{]{8,}""")
"""In a body that is written as such: a field of a form, of JSON, or of another text."""
_IN_BODY_CODE: Final = re.compile(
    _FIELD
    + r"""\\?["'\]]*\s*[:=,]\s*\(?\$?\\?"(?!https?:)[^"\s{}\\]{8,}\\?"|["&?]"""
    + _FIELD
    + r"""=[^"&\s{+]{8,}["&]"""
)
"""In a body that an expression makes: a text that is given to such a field."""
_SAYS_SO: Final = re.compile(
    r"(?i:\b(?:AccountKey|SharedAccessKey)\s*=\s*[^;\s{<\"]{8,}|[?&]sig=[a-z0-9%+/=_-]{20,})"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
)
"""What can hardly be anything but a secret, wherever it stands."""


def _suspects(element: Element) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """What might be a secret: what it would be, as written, and the form that makes it one."""
    given, name = element.attributes, element.name
    if name == "authentication-basic":
        # a literal one is azure.api-management.basic-password-in-named-value's to tell
        if named_values(given.get("password", "")):
            yield "a password", given["password"], _LITERAL
    elif name in ("authentication-certificate", "proxy"):
        yield "a password", given.get("password", ""), _LITERAL
    elif name in ("set-header", "check-header") and _is_credential(given.get("name", "")):
        for part in element.all("value"):
            yield f"the header {given['name']}", *_written(part.text)
    elif name == "set-variable" and _SECRET_NAMES.search(given.get("name", "")):
        yield f"the variable {given['name']}", *_written(given.get("value", ""))
    elif name == "set-body":
        yield "a secret in a body", element.text, _IN_BODY_CODE if is_expression(element.text) else _IN_BODY
    elif _SECRET_NAMES.search(name):  # an element of a body
        yield f"the element {name}", *_written(element.text)
    elif name == "set-query-parameter" and _is_parameter(given.get("name", "")):
        for part in element.all("value"):
            yield f"the parameter {given['name']}", *_written(part.text)
    elif name in ("issuer-signing-keys", "decryption-keys"):
        for part in element.all("key"):  # one with attributes names a certificate, or is a public key
            if not part.attributes.keys() & {"certificate-id", "n", "e"}:
                yield "a key that signs tokens", part.text, _TOKEN
    elif name in ("set-url", "set-backend-service", "rewrite-uri", "value"):
        text = element.text or given.get("base-url") or given.get("template") or ""
        yield "a key in an address", text, _IN_CODE if is_expression(text) else _IN_ADDRESS
    for text in (element.text, *given.values()):
        yield "a secret", text, _SAYS_SO


def _is_credential(header: str) -> bool:
    return header.casefold() in CREDENTIAL_HEADERS or bool(_SECRET_NAMES.search(header))


def _is_parameter(name: str) -> bool:
    return name.casefold() in _PARAMETERS or bool(_SECRET_NAMES.search(name))


def _written(text: str) -> tuple[str, re.Pattern[str]]:
    """A value, or the text that an expression always gives, and the form of a secret in it."""
    constant = constant_of(text)
    if constant is None and is_expression(text):
        return text, _IN_SECRET_CODE
    return text if constant is None else constant, _TOKEN
