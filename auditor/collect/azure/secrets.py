"""What Azure may hand out that nobody who judges must see: gone before anything else looks at an answer.

The services promise to leave most of these out of a GET. A promise is no proof, and some keep it only in new versions;
and people write secrets into policies. That there is one stays visible (`REMOVED`), so that a rule can ask for it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from auditor.collect.secret_texts import is_secret, masked
from auditor.deployment_values import REMOVED, without_values
from auditor.deployment_values import TYPE as DEPLOYMENT

_SECRET: Final = frozenset(
    {
        "accesskeys", "appsettings", "connectionstrings", "customdata", "customheaders", "encodedcertificate",
        "functionkeys", "hostkeys", "instrumentationkey", "passwords", "pfx", "pfxblob", "protectedsettings", "sas",
        "secret", "secretvalue", "securevalue", "systemkeys", "userdata",
    }
)  # fmt: skip
"""Names of fields whose texts are secrets wherever they stand, in small letters and without signs."""
_SECRET_ENDS: Final = (
    "password", "passwd", "connectionstring", "accesskey", "accountkey", "apikey", "authorizationkey", "decryptionkey",
    "functionskey",
    "masterkey", "primarykey", "privatekey", "secondarykey", "servicekey", "sharedkey", "storagekey", "subscriptionkey",
    "validationkey", "workspacekey", "accesstoken", "authtoken", "refreshtoken", "repositorytoken", "sastoken",
    "clientsecret", "serversecret", "sharedsecret",
)  # fmt: skip
"""How other such names end, digits aside (`aof-storage-connection-string-0`)."""
_SENT: Final = frozenset({"authorization", "proxyauthorization", "cookie"})
"""Headers; where these are objects, they say more than the secret."""
_TELLS: Final = frozenset({"name", "type", "expiry", "expirydate", "creationtime", "slotsetting"})
"""Fields beside a secret that say which it is and how long it holds."""
_SEEN_IN_ATTACKS: Final = frozenset({"entities", "extendedproperties", "supportingevidence"})
"""What an alert shows of an attack: command lines, requests, accounts."""
_OF_LOGGERS: Final = frozenset({"endpointaddress", "identityclientid"})
"""What the credentials of a logger say of the way that needs no key."""
_SIGNS: Final = re.compile(r"[-_. ]")
_HARMLESS: Final = re.compile(r"\{\{[^{}]+\}\}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")
_ADDRESSES: Final = ("uri", "url", "urltemplate")
"""Ends of the names of fields that hold addresses: their query may be a key (`code=`, `sig=`)."""

_KEY_MATERIAL: Final = ("d", "dp", "dq", "qi", "p", "q", "k", "key_hsm")
_LITERAL: Final = r"""("(?![^"]*\{\{)[^"@][^"]*"|'(?![^']*\{\{)[^'@][^']*')"""
_PASSWORD: Final = re.compile(rf"(\bpassword\s*=\s*){_LITERAL}", re.IGNORECASE)
_CERTIFICATE: Final = re.compile(rf"(<authentication-certificate\b[^>]*?\bbody\s*=\s*){_LITERAL}", re.IGNORECASE)
_KEY: Final = re.compile(r"(<key\b[^>/]*>\s*)(?![\s@])((?:(?!\{\{)[^<])+?)(\s*</key>)", re.IGNORECASE)
_TELLING: Final = r"[^'\"]*(?:authorization|key|secret|token|password|credential|signature|\bcode\b|\bsig\b)[^'\"]*"
_SET_VALUE: Final = re.compile(
    rf"""(<set-(?:header|query-parameter)\b[^>]*?\bname\s*=\s*["']{_TELLING}["'][^>]*>)(.*?)(</set-)""",
    re.IGNORECASE | re.DOTALL,
)
_EXPRESSION: Final = re.compile(r"(<value>\s*@)(.*?)(</value>)", re.DOTALL | re.IGNORECASE)
_TEXT_IN_CODE: Final = re.compile(r'''(?<![\[@$])(?<!Default\()(?<!ContainsKey\()"(?!https?://)[^"\s\\{}]{8,}"''')
"""A text in C# that is more than the name of a scheme or of what is looked up."""
_VALUE: Final = re.compile(r"(<value>\s*)(?![\s@])((?:(?!\{\{)[^<])+?)(\s*</value>)", re.IGNORECASE)


def stripped(body: dict[str, Any]) -> dict[str, Any]:
    """A copy of a resource without its secrets."""
    kind = str(body.get("type", "")).casefold()
    found = masked(_without(without_values(body) if kind == DEPLOYMENT else body), REMOVED)
    properties = found.get("properties")
    if not isinstance(properties, dict):
        return found
    last = kind.rpartition("/")[2]
    if kind.startswith("microsoft.apimanagement/"):
        _api_management(last, properties)
    elif kind == "microsoft.keyvault/vaults/secrets":
        properties.pop("value", None)
    elif kind == "microsoft.keyvault/vaults/keys":
        for name in _KEY_MATERIAL:
            properties.pop(name, None)
    elif kind == "microsoft.security/locations/alerts":
        for name in [key for key in properties if key.casefold() in _SEEN_IN_ATTACKS]:
            del properties[name]
    elif kind == "microsoft.network/applicationgateways":
        listed = properties.get("sslCertificates")
        for certificate in listed if isinstance(listed, list) else ():
            if isinstance(certificate, dict) and isinstance(inner := certificate.get("properties"), dict):
                inner.pop("data", None)  # with its key; what is public is in publicCertData
    return found


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        found = {key: _field(_what_goes_by(key), inner) for key, inner in value.items()}
        if "value" in value:
            name = value.get("name", value.get("key"))
            if is_secret(name, value["value"]) or (isinstance(name, str) and _what_goes_by(name) == "sent"):
                found["value"] = _hidden(value["value"])
        return found
    return [_without(inner) for inner in value] if isinstance(value, list) else value


@lru_cache(maxsize=8192)
def _what_goes_by(name: str) -> str:
    """What stands in a field of this name: `secret`, `secrets`, `sent`, `address`, or something else."""
    name = _SIGNS.sub("", name.casefold())
    if name in _SECRET or name.rstrip("0123456789").endswith(_SECRET_ENDS):
        return "secret"
    if name in _SENT:
        return "sent"
    return "address" if name.endswith(_ADDRESSES) else "secrets" if name == "secrets" else ""


def _field(what: str, value: Any) -> Any:
    if what == "secret":
        return _hidden(value)
    if what == "secrets" and isinstance(value, list):
        return [_secret(_without(item)) for item in value]
    if isinstance(value, str):
        if what == "sent":
            return _hidden(value)
        return f"{value.partition('?')[0]}?{REMOVED}" if what == "address" and "?" in value else value
    return _without(value)


def _secret(item: Any) -> Any:
    """One of the secrets that a resource holds or refers to."""
    return {**item, "value": _hidden(item["value"])} if isinstance(item, dict) and "value" in item else item


def _hidden(value: Any) -> Any:
    """Every text is replaced but times, references to named values, and what tells of a secret without giving it."""
    if isinstance(value, str):
        return value if not value or _HARMLESS.fullmatch(value) else REMOVED
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    if isinstance(value, dict):
        return {key: inner if key.casefold() in _TELLS else _hidden(inner) for key, inner in value.items()}
    return value


def _api_management(last: str, properties: dict[str, Any]) -> None:
    if last == "namedvalues" and properties.get("secret") is not False:
        properties.pop("value", None)
    elif last == "namedvalues" and is_secret(properties.get("displayName"), properties.get("value")):
        properties["value"] = REMOVED  # of a value that is not kept as the secret that it is
    elif last == "certificates":
        properties.pop("data", None)
    elif last in ("policies", "policyfragments") and isinstance(properties.get("value"), str):
        properties["value"] = _without_literals(properties["value"])
    elif last in ("backends", "loggers") and isinstance(credentials := properties.get("credentials"), dict):
        for name in ("header", "query"):
            if isinstance(sent := credentials.get(name), dict):
                credentials[name] = {key: _hidden(value) for key, value in sent.items()}
        authorization = credentials.get("authorization")
        if isinstance(authorization, dict) and "parameter" in authorization:
            authorization["parameter"] = _hidden(authorization["parameter"])
        if last == "loggers":
            properties["credentials"] = {
                key: value if key.casefold() in _OF_LOGGERS else _hidden(value) for key, value in credentials.items()
            }


def _without_literals(policy: str) -> str:
    """A policy without the passwords, keys and tokens that somebody wrote out in it."""
    for attribute in (_PASSWORD, _CERTIFICATE):
        policy = attribute.sub(rf'\1"{REMOVED}"', policy)
    policy = _KEY.sub(rf"\1{REMOVED}\3", policy)
    return _SET_VALUE.sub(lambda found: found[1] + _without_value(found[2]) + found[3], policy)


def _without_value(values: str) -> str:
    """What a header or parameter is set to: a text is removed, of code the texts in it."""
    values = _VALUE.sub(rf"\1{REMOVED}\3", values)
    return _EXPRESSION.sub(lambda found: found[1] + _TEXT_IN_CODE.sub(f'"{REMOVED}"', found[2]) + found[3], values)
