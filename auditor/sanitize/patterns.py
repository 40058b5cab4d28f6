"""The table of patterns by which a secret is found in a text: what stands before it, the secret, what follows. Pure.

Every pattern is compiled for RE2, whose time grows with the length of a text and not with its content. A pattern has
two or three groups: what stands before the secret and is kept, the secret, and what has to follow.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from auditor.sanitize.encoded import BEGINNING, COMPRESSED


class Pattern(NamedTuple):
    """One line of the table. `certain`: what it finds is a secret whatever it looks like, and `whole`: even where it
    looks like a reference. `word`: it must not be a plain word, which follows such names in sentences. `looks`: what it
    has to look like, `drawn` or `opaque`, where its name alone says little; no rule reports such a secret."""

    name: str
    regex: str
    certain: bool = False
    whole: bool = False
    word: bool = False
    looks: str = ""


NAMES: Final = (
    r"(?:passw(?:or)?d|passphrase|passcode|pwd|\bpw|[_-]pw|[_-]pass|(?:store|key)pass|secret|(?:[a-z_-]|\b)token|\bcredentials?|[_-]pat"
    r"|(?:api|access|account|admin|app|auth|client|encryption|function|functions|host|license|master|private|query"
    r"|saskey|secret|service|sharedaccess|shared|signing|storage|subscription|symmetric|workspace)[_-]?key"
    r"|sharedaccesssignature|sharedsecretvalue|connection[_-]?string|httpheadervalue)"
)
"""How the names of secrets end, in texts."""
_QUOTE: Final = r"""(?:\\*["'`])"""
_SCHEME: Final = (
    r"(?:basic|bearer|token|apikey|api-key|digest|negotiate|shared ?key(?:lite)?|sharedaccesssignature|splunk|key)"
)
_BARE: Final = r"""[^\s"'`\\;,&<>]"""
_FLAG: Final = rf"--?[\w.-]*{NAMES}\d{{0,2}}"
_CLIENTS: Final = (
    r"(?:sshpass|(?:docker|podman|helm registry|oras|skopeo|az|azcopy|acr)[ \t]+login|az[ \t]+ad|mysql\w*"
    r"|mariadb|mongo\w*)"
)

_SPOKEN_NAME: Final = r"\b[\w-]*(?:passw(?:or)?[dt]|passphrase|passcode|pwd|pw)"
_IS: Final = r"[ \t]+(?:is|was|equals|will be|set to)|[ \t]*(?:->|=>|\x{2192}|[ \t]-|[ \t]\x{2013})"
_SPOKEN: Final = rf"{_SPOKEN_NAME}(?:{_IS}|[ \t]+to)"
_OPEN: Final = r"""(?:["'`(\\]+)?"""
_ASSIGNED: Final = r"""\\*["'`]?[ \t]*(?::=|=>|=|:)[ \t]*\\*["'`]?"""
_TOOLS: Final = (
    r"""(?:kubectl\b[^\n|;&]*?--from-literal[ =]+\\*["']?[\w.-]+="""
    r"|secret[ \t]+set\b[^\n|;&]*?[ \t]--?(?:value|body|b)[ =]+"
    r"|openssl\b[^\n|;&]*?[ \t]-k[ \t]+|(?:7z|zip|unzip)\b[^\n|;&]*?[ \t]-p[ \t]*"
    r"|ldap\w+\b[^\n|;&]*?[ \t]-w[ \t]*|smbclient\b[^\n|;&]*?[ \t]-u[ \t]+[^\s%]+%"
    r"|configure[ \t]+set[ \t]+\w*(?:key|secret|token)\w*[ \t]+)"
)

PATTERNS: Final = (
    Pattern(
        "private key",
        r"(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)(.*?)(-----END [A-Z0-9 ]*PRIVATE KEY|\z)",
        certain=True,
    ),
    Pattern("private key in base64", r"()(LS0tLS1CRUdJTiB(?:QUklW|[A-CE-PR-Z])[A-Za-z0-9+/=]+)", certain=True),
    Pattern("putty key", r"(?i)(private-lines:[ \t]*\d+\s+)([A-Za-z0-9+/=\s]+)", certain=True),
    Pattern("password in an address", r"""(:/{1,2}[^/\s:@"'<>\[{$]*:)([^\s@"'<>]+)(@[\w\[.$({-])""", certain=True),
    Pattern("token in an address", r"""(https?://)([^/\s:@"'<>\[{$]{16,})(@[\w.-]+)""", certain=True),
    Pattern(
        "key in a query",
        r"""(?i)([?&](?:amp;)?(?:sig|code|[\w.-]*(?:key|token|secret|password|passwd|pwd|signature|credentials?|apikey"""
        r"""|assertion))=)([^&\s"'`<>\\;]+)""",
        certain=True,
    ),
    Pattern("quoted value", rf"""(?i)({NAMES}\d{{0,2}}\\*["'`]?[ \t]*(?::=|=>|=|:)[ \t]*\\*")([^"\\\n]+)"""),
    Pattern("value in single quotes", rf"""(?i)({NAMES}\d{{0,2}}\\*["'`]?[ \t]*(?::=|=>|=|:)[ \t]*\\*')([^'\\\n]+)"""),
    Pattern("bare value", rf"""(?i)({NAMES}\d{{0,2}}\\*["'`]?[ \t]*(?::=|=>|=|:)[ \t]*)({_BARE}+)"""),
    Pattern("block of text", rf"""(?i)({NAMES}:[ \t]*[|>][-+]?\d?[ \t]*\n[ \t]+)([^\n]+)"""),
    Pattern("value of a flag", rf"""(?i)((?:^|\s){_FLAG}[ \t]+{_QUOTE}?)([^\s"'`\\-]{_BARE}*)"""),
    Pattern(
        "authorization",
        rf"""(?i)(authorization{_QUOTE}?[ \t]*[:=,][ \t]*{_QUOTE}?(?:{_SCHEME}[ \t]+)?)({_BARE}{{3,}})""",
    ),
    Pattern(
        "header of a proxy",
        rf"""(?i)((?:[a-z]+_set_header|fastcgi_param|uwsgi_param|add_header|more_set_\w+|set(?:x|env)?)[ \t]+"""
        rf"""{_QUOTE}?[$\w-]*(?:authorization|cookie|credential|{NAMES}){_QUOTE}?:?[ \t]+"""
        rf"""{_QUOTE}?(?:{_SCHEME}[ \t]+)?)([^\s"'`\\;][^"'`\\;\n]+)""",
    ),
    Pattern(
        "value in a sentence",
        rf"""(?i)(\b(?:{_SPOKEN}|(?:secret|token|(?:\w+[ _-])?key)(?:{_IS}))[ \t]+{_OPEN})({_BARE}{{6,}})""",
        looks="drawn",
    ),
    Pattern("word in a sentence", rf"""(?i)({_SPOKEN_NAME}[ \t]+{_OPEN})({_BARE}{{8,}})""", looks="opaque"),
    Pattern(
        "value of a short name",
        rf"""(?i)((?:\b|_|/)(?:pass|psk|creds?|otp|passwort|kennwort){_ASSIGNED})({_BARE}{{4,}})""",
        looks="drawn",
    ),
    Pattern(
        "key of any name",
        rf"""(?i)((?:\b|_)(?:key|auth|sas|dsn|jwt|license){_ASSIGNED})({_BARE}{{8,}})""",
        looks="opaque",
    ),
    Pattern("option of a tool", rf"""(?i)(\b{_TOOLS}\\*["'`]?)([^\s"'`\\;,&<>-]{_BARE}{{2,}})""", looks="any"),
    Pattern("key of a store", r"(?i)(\bfs\.azure\.account\.key\.[\w.-]+[ \t]*[=: \t][ \t]*)([^\s]+)"),
    Pattern("password in SQL", r"""(?i)(\b(?:password|identified[ \t]+by)[ \t]+')([^'\n]+)"""),
    Pattern("key by its form", r"""(?i)([_-]?key\\*["'`]?[ \t]*(?::=|=|:)[ \t]*\\*["'`]?)([0-9a-f]{32,})\b"""),
    Pattern("bearer", r"(?i)(\bbearer[ \t]+)([a-z0-9+/._~=-]{8,})", word=True),
    Pattern("basic", r"(?i)(\bbasic[ \t]+)([a-z0-9+/._~-]{8,}={0,2})", word=True),
    Pattern("web token", r"()(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)", certain=True),
    Pattern(
        "token of a service",
        r"()(\b(?:gh[pousr]_[\w-]{10,}|github_pat_[\w-]{10,}|gl(?:pat|dt|rt|ptt|cbt)-[\w-]{10,}|xox[abeoprs]-[\w-]{8,}"
        r"|xapp-\d-[\w-]{8,}|(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}|AIza[\w-]{20,}|ya29\.[\w-]{10,}"
        r"|[rs]k_(?:live|test)_\w{8,}|whsec_\w{8,}|sk-(?:ant-|proj-)?[\w-]{20,}|SG\.[\w-]{10,}\.[\w-]{10,}"
        r"|npm_\w{16,}|pypi-[\w-]{16,}|dckr_(?:pat|oat)_[\w-]{10,}|do[opr]_v1_\w{16,}|hv[bsr]\.[\w-]{16,}"
        r"|shp(?:at|ca|pa|ss)_\w{10,}|dapi[0-9a-f]{32}|atlasv1\.[\w-]{20,}|lin_api_\w{16,}|glsa_\w{16,}|ntn_\w{16,}"
        r"|AGE-SECRET-KEY-1\w{16,}|NRAK-\w{16,}|[a-f0-9]{32}-us\d{1,2}\b))",
        certain=True,
    ),
    Pattern("application secret of Entra ID", r"()((?:^|[^\w~.-])[\w~.-]{3}[78]Q~[\w~.-]{30,36})", certain=True),
    Pattern("account key of Azure", r"()((?:^|[^A-Za-z0-9+/=-])[A-Za-z0-9+/]{86}==)", certain=True),
    Pattern(
        "signed key of Azure",
        r"()(\b[A-Za-z0-9+/]{20,}(?:AzFu|AzSe|AzCa|ACDb|ACR[A-Z]|\+ASt|\+AMC|\+ABa|\+ARm|AIoT|APIM|AEH[a-z]|ASb[A-Za-z])"
        r"[A-Za-z0-9+/]{5,8}(?:==|\b)|\b[A-Za-z0-9]{40,}JQQJ99[A-Za-z0-9]{10,})",
        certain=True,
    ),
    Pattern(
        "webhook",
        r"(?i)(https://(?:hooks\.slack\.com/(?:services|workflows)/|[\w.-]*discord(?:app)?\.com/api/webhooks/\d+/"
        r"|[\w.-]+\.webhook\.office\.com/webhookb2/|outlook\.office\.com/webhook/|api\.telegram\.org/bot"
        r"|[\w.-]+\.hooks\.chat\.[\w.]+/|events\.pagerduty\.com/integration/))([^\s\"'<>?]+)",
        certain=True,
    ),
    Pattern(
        "user of curl",
        rf"""(?i)(\b(?:curl|wget|http)\b[^\n|;&]*?[ \t](?:-u|--user)[ \t=]+{_QUOTE}?[^\s:"']+:)({_BARE}+)""",
    ),
    Pattern("option of a client", rf"""(?i)(\b{_CLIENTS}\b[^\n|;&]*?[ \t]-p[ \t]*{_QUOTE}?)([^\s"'`\\-]{_BARE}*)"""),
    Pattern("option of sqlcmd", rf"""(\b(?:sqlcmd|bcp|osql)\b[^\n|;&]*?[ \t]-P[ \t]*["']?)([^\s"'-]{_BARE}*)"""),
    Pattern("secure string", r"""(?i)(ConvertTo-SecureString[^\n"']*["'])([^"'\n]+)""", certain=True),
    Pattern("cloud-init", r"(?is)(#cloud-config|content-type:[ \t]*text/cloud-config)(\b.+)", certain=True),
    Pattern(
        "password of a user",
        r"""(?i)(\becho[ \t]+(?:-[en][ \t]+)?["']?[\w.-]+:)([^\s"'|]+)(["']?[ \t]*\|[^\n|]*chpasswd)""",
    ),
    Pattern("user of Windows", r"(?i)(\bnet1?(?:\.exe)?[ \t]+user[ \t]+[^\s/]+[ \t]+)([^\s/][^\s]*)([ \t]+/add)"),
    Pattern("option of openssl", r"(?i)(-pass(?:in|out)?[ \t]+pass:)([^\s]+)"),
    Pattern("option of redis", r"""(\bredis-cli\b[^\n|;&]*?[ \t](?:-a|--pass)[ \t]+["']?)([^\s"'-][^\s"'`\\;,&<>]*)"""),
    Pattern(
        "option of htpasswd",
        r"""(\bhtpasswd[ \t]+-\w*b\w*[ \t]+(?:[^\s]+[ \t]+){1,2}?["']?)([^\s"']+)(["']?[ \t]*(?:$|[\n;&|>]))""",
    ),
    Pattern("standard input", r"""(?i)(\becho[ \t]+(?:-n[ \t]+)?["']?)([^\s"'|]+)(["']?[ \t]*\|[^\n]*-stdin)"""),
    Pattern("element", rf"""(?i)(<[\w:.-]*{NAMES}(?:\s[^<>]*)?>\s*)([^<>\s][^<>]*)(</)"""),
    Pattern(
        "setting in XML",
        rf"""(?i)(\b(?:key|name|id)=\\*["'][^"'<>]*{NAMES}\d{{0,2}}\\*["'][^<>]*?\bvalue=\\*["'])([^"'\\]+)""",
    ),
    Pattern(
        "variable in JSON",
        rf"""(?i)(\\*"(?:name|key)\\*"\s*:\s*\\*"[^"]*{NAMES}\d{{0,2}}\\*"\s*,\s*\\*"value\\*"\s*:\s*\\*")([^"\\]+)""",
    ),
    Pattern(
        "variable in YAML",
        rf"""(?i)(\bname:[ \t]*["']?[\w.-]*{NAMES}\d{{0,2}}["']?[ \t]*\r?\n[ \t]*value:[ \t]*["']?)"""
        r"""([^\s"'#][^\n"']*)""",
    ),
)

_MAY_HOLD: Final = (
    rf"(?-i:(?:^|[^A-Za-z0-9+/])(?:{BEGINNING}|{COMPRESSED}))|"
    r"(?i)passw|passphrase|passcode|pwd|(?:^|[^a-z])pw[^a-z]|(?:[_-]|store|key)pass|secret|token|credential|[_-]pat[^a-z]"
    r"|key[\\\"'` \t]*[:=> ]"
    r"|(?:^|[^a-z])(?:pass|psk|creds?|otp|kennwort|auth|sas|dsn|jwt|license)[\\\"'` \t]*(?:=|:)"
    r"|from-literal|openssl[ \t]|(?:^|[^0-9a-z.])(?:7z|(?:un)?zip)[ \t]|ldap\w+[ \t]|smbclient[ \t]"
    r"|configure[ \t]+set[ \t]"
    r"|shared ?access|securestring|connection[_-]?string"
    r"|bearer|basic[ \t]|authorization|cookie|PRIVATE KEY|LS0tLS1CRUdJTiB|private-lines"
    r"|:(?:\\?/){1,2}[^\s@\"']+@|[?&](?:amp;)?(?:sig|code)=|(?-i:eyJ)|gh[pousr]_|github_pat|glpat|gl[dr]t-|glptt|glcbt"
    r"|xox[abeoprs]-|xapp-|(?-i:AKIA|ASIA|AGPA|AIDA|AROA|AIza|SG\.|[78]Q~|AzFu|AzSe|AzCa|ACDb|ACR[A-Z]|AIoT|APIM"
    r"|\+AS|\+AM|\+AB|\+AR|AEH|ASb|JQQJ99|ya29|NRAK-|dapi)|[rs]k_(?:live|test)_|whsec_|sk-|npm_|pypi-|dckr_|do[opr]_v1"
    r"|hv[bsr]\.|shp(?:at|ca|pa|ss)_|atlasv1|lin_api|glsa_|ntn_|[0-9a-f]{32}-us|hooks\.|webhook|telegram|pagerduty"
    r"|(?-i:[A-Za-z0-9+/]{86}==)|-u[ \t]|--user|login|mysql|mariadb|mongo"
    r"|cloud-config|chpasswd|net1?(?:\.exe)?[ \t]+user|-pass|redis-cli|httpheadervalue|account\.key\."
    r"|identified[ \t]+by|sshpass|sqlcmd|bcp|osql|-stdin"
)
"""What a text has in it when one of the patterns finds something."""


@lru_cache(maxsize=1)
def compiled() -> tuple[Any, tuple[tuple[Pattern, Any], ...]]:
    """The quick test, and the patterns with their programs. RE2 is loaded here: most commands meet no such text."""
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    programs = tuple((one, re2.compile(one.regex.encode(), options)) for one in PATTERNS)
    return re2.compile(_MAY_HOLD.encode(), options), programs
