"""Names of fields, variables and settings that say that the value is a secret. Pure.

Fields of the APIs are classified by how their names end, because `keyVaultSecretId` and `secretName` refer to a secret
and are none. Names that people choose (variables, parameters, tags) are searched for the words (`may_name_secret`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

SECRET: Final = "secret"  # noqa: S105  (the name of a class)
"""All texts below are secrets."""
LISTED: Final = "secrets"
"""A list of objects that have a `value`, or refer to one; or a list of permissions."""
HEADER: Final = "header"
"""A secret when it is a text. As an object it says how to authenticate."""
ADDRESS: Final = "address"
"""An address, whose query may be a key."""
KEY: Final = "key"
"""A key of something else, unless it has the form of a cryptographic key."""

_WHOLE: Final = frozenset(
    {
        "accesskeys", "additionalunattendcontent", "apikeys", "appsettings", "appsettingsoverrides",
        "clientkeydata", "cloudinitconfiguration", "commandtoexecute", "configurationprotectedsettings",
        "connectionstrings", "customdata", "customheaders", "dockercfg", "dockerconfigjson",
        "encodedcertificate", "encodedtaskcontent", "encodedvaluescontent", "encryptedcredential",
        "functionkeys", "hostkeys", "httpheadervalue", "inlinescript", "key1", "key2", "pass", "passcode", "passwords",
        "pat", "pfx", "pfxblob", "presharedkey", "privatekeydata", "protectedparameters",
        "protectedsettings", "psk", "pw", "sas", "scriptcontent", "secretvalue", "securevalue", "sendkeyvalue",
        "sshprivatekey", "stringdata", "systemkeys", "userdata",
    }
)  # fmt: skip
"""Without separators, in lower case."""
_ENDS: Final = (
    "password", "passwd", "pwd", "passphrase", "secret", "token", "connectionstring", "connstr",
    "accesskey", "accountkey", "adminkey", "apikey", "appkey", "authenticationkey", "authkey", "authorizationkey",
    "clientkey", "decryptionkey", "encryptionkey", "endpointkey", "functionskey", "hmackey", "instrumentationkey",
    "integrationkey", "licensekey", "masterkey", "policykey", "primarykey", "principalkey", "privatekey", "querykey",
    "registrationkey", "saskey", "secondarykey", "secretkey", "servicekey", "sharedkey", "signingkey", "storagekey",
    "subscriptionkey", "symmetrickey", "systemkey", "validationkey", "webhookkey", "workspacekey",
    "xfunctionskey", "privatekeypem",
)  # fmt: skip
"""How other such names end, digits aside (`aof-storage-connection-string-0`)."""
_LAST_WORDS: Final = frozenset({"pass", "pw", "pat", "psk", "creds", "dsn", "sas", "jwt", "otp"})
"""Last words of names that have several (`DB_PASS`, `sqlPw`). As endings they would be found in `bypass`."""
_REFERENCES: Final = frozenset(
    {
        "authsecret", "authtlssecret", "automountserviceaccounttoken", "checksumsecret", "continuationtoken",
        "existingsecret", "fromsecret", "imagepullsecret", "injectcafromsecret", "nextpagetoken", "nexttoken",
        "pagetoken", "proxysslsecret", "pullsecret", "serviceaccounttoken", "skiptoken", "tlssecret",
        "usesecret",
    }
)  # fmt: skip
"""Names that end like one and have the name of a Kubernetes Secret, a place in a list or a switch as value."""
_OPEN_KEYS: Final = ("publickey", "partitionkey", "sortkey")
"""How names of keys end that are no secrets."""
_HEADERS: Final = frozenset({"auth", "authorization", "cookie", "proxyauthorization", "setcookie"})
_ADDRESS_ENDS: Final = ("uri", "url", "urltemplate", "uris", "urls")
_NAMING: Final = frozenset(
    {
        "displayname", "headername", "key", "keyname", "name", "parametername", "selector", "settingname",
        "variable", "variablename",
    }
)  # fmt: skip
"""Fields whose text names the value beside it."""

_ALSO_NAMING: Final = frozenset(
    {
        "argument", "attribute", "envvar", "field", "header", "id", "identifier", "k", "label", "option", "parameter",
        "property", "setting", "title", "var",
    }
)  # fmt: skip
"""Others, whose text has to be the name of a secret from end to end."""
_TYPED: Final = frozenset({"type", "kind", "datatype"})
_SECRET_TYPES: Final = frozenset(
    {"password", "secret", "secretstring", "secureobject", "securestring", "secretobject", "secrettext"}
)
"""Types of values that are secrets (a `SecureString` of Data Factory)."""
_VALUES: Final = frozenset(
    {"value", "defaultvalue", "headervalue", "matchvalue", "matchvalues", "stringvalue", "default"}
)
_ALSO_VALUES: Final = frozenset(
    {"content", "data", "literal", "plaintext", "settingvalue", "string", "text", "v", "val", "variablevalue"}
)

_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PREFIXED: Final = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+/")
"""The domain before the name of an annotation."""

_MAY_NAME: Final = re.compile(
    r"(?i)passw|passphrase|secret|token|credential|authorization|cookie"
    r"|(api|access|account|admin|app|auth|client|encryption|functions?|host|master|primary|private|secondary|shared"
    r"|signing|storage|subscription|workspace)[_-]?key"
    r"|connection[_-]?str|conn[_-]?str|(^|[_-])(pw|pwd|pass|pat|psk|dsn|sas|creds|jwt)\d*([_-]|$)|pwd\d*$"
    r"|(?-i:[a-z](Pw|Pwd|Pass|Pat|Sas)\d*$)"
)


def _in_ascii(name: str) -> str:
    """A name in the letters that it looks like, without those that nobody sees."""
    return unicodedata.normalize("NFKC", name).encode("ascii", "ignore").decode()


@lru_cache(maxsize=16384)
def class_of(name: str) -> str:
    """What the name of a field says of its value: one of the constants of this module, or nothing."""
    text = _PREFIXED.sub("", (name if name.isascii() else _in_ascii(name)).strip())
    joined = _SEPARATORS.sub("", text.casefold())
    bare = joined.rstrip("0123456789")
    if joined in _WHOLE or bare in _WHOLE:
        return SECRET
    if bare.endswith(_ENDS):
        return "" if bare in _REFERENCES or name.casefold().startswith("checksum/") else SECRET
    if joined in _HEADERS:
        return HEADER
    if joined.endswith(_ADDRESS_ENDS):
        return ADDRESS
    words = _WORD.findall(text)
    if len(words) > 1 and words[-1].casefold() in _LAST_WORDS:
        return SECRET
    if joined == "secrets":
        return LISTED
    return KEY if bare.endswith("key") and not bare.endswith(_OPEN_KEYS) else ""


@lru_cache(maxsize=1024)
def is_naming(name: str) -> bool:
    """Whether the text of a field names the value that stands beside it."""
    return _SEPARATORS.sub("", name.casefold()) in _NAMING


@lru_cache(maxsize=1024)
def is_value(name: str) -> bool:
    """Whether a field holds the value of what a naming field beside it names."""
    return name.strip().casefold() in _VALUES


@lru_cache(maxsize=1024)
def may_be_value(name: str) -> bool:
    """The same of any field that people call so, when the name beside it is that of a secret."""
    folded = name.casefold()
    return folded in _VALUES or folded in _ALSO_VALUES


@lru_cache(maxsize=1024)
def may_be_naming(name: str) -> bool:
    """Whether the text of a field may name the value beside it, or its type."""
    folded = _SEPARATORS.sub("", name.casefold())
    return folded in _NAMING or folded in _ALSO_NAMING or folded in _TYPED


def names_secret(field: str, text: Any) -> bool:
    """Whether the text of a naming field says that the value beside it is a secret."""
    if not isinstance(text, str) or not text.isascii():
        return False
    if _SEPARATORS.sub("", field.casefold()) in _TYPED:
        return _SEPARATORS.sub("", text.casefold()) in _SECRET_TYPES
    return class_of(text) in (SECRET, HEADER)


def may_name_secret(name: Any) -> bool:
    """Whether somebody who chose this name may have meant a secret."""
    return isinstance(name, str) and bool(_MAY_NAME.search(name))


def is_header(name: Any) -> bool:
    """Whether it is the name of a header that holds credentials."""
    return isinstance(name, str) and _SEPARATORS.sub("", name.casefold()) in _HEADERS
