"""What Azure may hand out that nobody who judges must see: gone before anything else looks at an answer.

The services promise to leave most of these out of a GET. A promise is no proof, and some keep it only in new versions;
and people write secrets into policies. That there is one stays visible (`REMOVED`), so that a rule can ask for it.
"""

from __future__ import annotations

import re
from typing import Any, Final

REMOVED: Final = "(removed)"
"""Stands where a secret stood."""

_SECRET: Final = frozenset(
    {
        "accesskey", "accesstoken", "accountkey", "adminpassword", "administratorloginpassword", "apikey",
        "appsettings", "certificatepassword", "clientsecret", "connectionstring", "connectionstrings", "customdata",
        "customheaders", "encodedcertificate", "functionkeys", "hostkeys", "instrumentationkey", "masterkey",
        "password", "passwords", "pfx", "pfxblob", "primaryaccesskey", "primaryconnectionstring", "primarykey",
        "primarymasterkey", "primaryreadonlymasterkey", "primarysharedkey", "privatekey", "protectedsettings",
        "publishingpassword", "refreshtoken", "sas", "sastoken", "secondaryaccesskey", "secondaryconnectionstring",
        "secondarykey", "secondarymasterkey", "secondaryreadonlymasterkey", "secondarysharedkey", "secret",
        "secretvalue", "sharedaccesskey", "sharedkey", "storageaccountaccesskey", "storagekey", "subscriptionkey",
        "systemkeys", "userdata", "validationkey", "workspacekey",
    }
)  # fmt: skip
"""Names of fields whose texts are secrets wherever they stand, in small letters."""
_TELLS: Final = frozenset({"name", "type", "expiry", "expirydate", "creationtime", "slotsetting"})
"""Fields beside a secret that say which it is and how long it holds."""
_HARMLESS: Final = re.compile(r"\{\{[^{}]+\}\}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")
_ADDRESSES: Final = ("uri", "url")
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
_VALUE: Final = re.compile(r"(<value>\s*)(?![\s@])((?:(?!\{\{)[^<])+?)(\s*</value>)", re.IGNORECASE)


def stripped(body: dict[str, Any]) -> dict[str, Any]:
    """A copy of a resource without its secrets."""
    found: dict[str, Any] = _without(body)
    kind = str(body.get("type", "")).casefold()
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
    elif kind == "microsoft.network/applicationgateways":
        for certificate in properties.get("sslCertificates") or ():
            if isinstance(certificate, dict) and isinstance(inner := certificate.get("properties"), dict):
                inner.pop("data", None)  # with its key; what is public is in publicCertData
    return found


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _field(key.casefold(), inner) for key, inner in value.items()}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


def _field(name: str, value: Any) -> Any:
    if name in _SECRET:
        return _hidden(value)
    if isinstance(value, str):
        if name.endswith(_ADDRESSES) and "?" in value:
            return f"{value.partition('?')[0]}?{REMOVED}"
        return value
    return _without(value)


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
            properties["credentials"] = {key: _hidden(value) for key, value in credentials.items()}


def _without_literals(policy: str) -> str:
    """A policy without the passwords, keys and tokens that somebody wrote out in it."""
    for attribute in (_PASSWORD, _CERTIFICATE):
        policy = attribute.sub(rf'\1"{REMOVED}"', policy)
    policy = _KEY.sub(rf"\1{REMOVED}\3", policy)
    return _SET_VALUE.sub(lambda found: found[1] + _VALUE.sub(rf"\1{REMOVED}\3", found[2]) + found[3], policy)
