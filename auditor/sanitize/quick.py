"""A quick test of the text of a resource: most have nothing in them that has to be searched field by field. Pure.

The first program is asked of every text, so it is small: it looks for the names of secrets where a value follows, for
the beginnings of tokens, and for any field `value`. Where it finds something, the second says whether such a `value`
has a name beside it that says that it is a secret, and the third whether texts have to be searched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from auditor.sanitize.encoded import BEGINNING, COMPRESSED

_KEYS: Final = (
    r"(?:access|account|admin|api|app|authentication|auth|authorization|client|decryption|encryption|endpoint|functions?"
    r"|hmac|host|integration|license|master|policy|primary|principal|private|query|registration|sas|secondary|secret|service"
    r"|shared|signing|storage|subscription|symmetric|system|validation|webhook|workspace|instrumentation"
    r"|sharedaccess)[_. -]?keys?"
)
_ENDS: Final = (
    rf"(?:pass[_. -]?(?:w(?:or)?ds?|phrase|code)|http-?header-?value|pwd|pw|secret|connstr"
    rf"|connection[_-]?strings?|{_KEYS}"
    r"|(?:[_-]|store|key)pass|[_-]pat)"
)
"""How the names of secrets end, of fields and in texts."""
_FIELDS: Final = (
    r"(?:secret-?value|(?:client-?|private-?)key-?data|app-?settings\w*|commandtoexecute|protected-?(?:settings|parameters)"
    r"|custom-?data|custom-?headers|user-?data|init-?configuration|string-?data|docker-?cfg|docker-?configjson|encoded\w+"
    r"|unattend-?content|inlinescript|script-?content|secure-?value|sendkeyvalue|pfx|pfx-?blob|encryptedcredential"
    r"|private-?keypem|token|auth|authorization|cookie|(?:[^y]|[^b]y)pass|pat|psk|creds|dsn|sas|sasuri|sasurl|jwt|otp)"
)
"""Other names of fields."""
_TEXTS: Final = (
    rf"(?-i:(?:[^A-Za-z0-9+/]|\\[nrt])(?:{BEGINNING}|{COMPRESSED}))"
    r"|cloud-config|chpasswd|account\.key\.|identified[ \t]+by"
    r"|password[ \t]+'|net1?(?:\.exe)?[ \t]+user|-pass(?:in|out)?[ \t]|htpasswd|redis-cli|sqlcmd"
    r"|PRIVATE KEY|LS0tLS1CRUdJTiB|private-lines|[?&][\w.-]+=|&amp;|securestring|-stdin|sshpass|osql|hooks\.slack"
    r"|discord|webhook\.office|outlook\.office|\.telegram|hooks\.chat|pagerduty|:(?:\\?/){1,2}[^\s\"'@]*@"
    r"|bearer[ \t]|basic[ \t]|(?-i:eyJ)|gh[pousr]_|github_pat|gl(?:pat|dt|rt|ptt|cbt)-|xox[abeoprs]-|xapp-"
    r"|(?-i:AKIA|ASIA|AGPA|AIDA|AROA|AIza|SG\.|[78]Q~)|[rs]k_live_|[rs]k_test_|whsec_|[^a-z]sk-|npm_|pypi-|dckr_"
    r"|do[opr]_v1|hv[bsr]\.|shp(?:at|ca|pa|ss)_|atlasv1|lin_api|glsa_|ntn_|ya29\.|dapi[0-9a-f]|NRAK-|AGE-SECRET|JQQJ99"
    r"|[0-9a-f]-us\d"
    r"|(?-i:AzFu|AzSe|AzCa|ACDb|ACR[A-Z]|\+ASt|\+AMC|\+ABa|\+ARm|AIoT|APIM[A-Za-z0-9+/]|AEH[a-z]|ASb[A-Za-z])"
    r"|[a-z0-9+/]==|(?:curl|wget)[ \t]|login[ \t]|(?:mysql|mariadb|mongo)[a-z]*[ \t]"
    r"|set_header|add_header|more_set_|fastcgi_param|uwsgi_param"
    r"|[^a-z]set(?:x|env)?[ \t]+[\\\"'$]*[a-z_$-]*(?:key|token|secret|passw|auth|cookie|pwd)"
)
"""What is in a text when one of the `patterns` without a name finds something."""
_COPIES: Final = r"last-?applied|last-?handled|/original\\*\"|/applied\\*\"|/snapshot\\*\"|revision-history"
_BEGINS: Final = r"\\*\"\s*:\s*(?:\\*\"|[\[0-9]|\{\s*\\*\"(?:[^g]|g[^e]))"
"""The value of a field that may hold a secret: no switch, no null, and no `generationTime`."""
_NUMBER: Final = r"[\d_. -]*"
"""The end of a name that is one of several (`password_2`)."""
_ASSIGNED: Final = (
    rf"{_ENDS}{_NUMBER}{_BEGINS}|token{_NUMBER}\\*\"\s*:\s*(?:\\*\"|[\[0-9])"
    r"|(?:[^t]|[^n]t|[^u]nt|[^o]unt)token[\d_. -]*\\*\"\s*:\s*\{"
    r"|key[12]\\*\"\s*:\s*(?:[\[{0-9]|\\*\"(?:[^2]|2[^0-9]|2\d[^0-9]|2\d\d[^0-9]|2\d\d\d[^-]))|secrets\\*\"\s*:\s*\[\s*\{"
    rf"|{_FIELDS}{_NUMBER}\\*\"\s*:\s*(?:\\*\"|[\[{{0-9-])|key\d*\\*\"\s*:\s*\\*\"(?:[0-9a-f]{{32}}|[a-z0-9+/]{{40}})"
)
_ODD_NAME: Final = r"[^\x00-\x7f][^\"\\]*\\*\"\s*:"
"""A field whose letters may only look like those of a name."""
_FLAGS: Final = rf"[\s\"\\]--?[a-z0-9_.-]*(?:{_ENDS}|token)\d*[\"\s\\]"
_IN_SENTENCES: Final = (
    r"(?:passw(?:or)?[dt]|passphrase|passcode|pwd|pw)[ \t]+(?:(?:is|was|equals|will be|set to|to)[ \t]+)?"
    r"[\\\"'`(]*[^\s\"]*[0-9!#%^&*+=~]"
    r"|(?:passw(?:or)?[dt]|passphrase|passcode|pwd|pw|secret|token|key)(?:[ \t]+(?:is|was|equals|will be|set to)[ \t]"
    r"|[ \t]*(?:->|=>|\x{2192})|[ \t]+(?:-|\x{2013})[ \t])"
    r"|(?:[^a-z]|\\[nrt])(?:pass|psk|creds?|otp|kennwort|passwort)(?:\\*['`]?|\\+\")[ \t]*[=:]"
    r"|(?:[^a-z]|\\[nrt])(?:key|auth|sas|dsn|jwt|license)(?:\\*['`]?|\\+\")[ \t]*[=:][ \t\\\"'`]*[^\s\"]{0,64}?[0-9]"
    r"|from-literal|secret[ \t]+set[ \t]|openssl[ \t]|(?:[^0-9a-z.]|\\[nrt])(?:7z|(?:un)?zip)[ \t]|ldap\w+[ \t]"
    r"|smbclient[ \t]|configure[ \t]+set[ \t]"
)
"""What is in a text when one of the `patterns` for sentences and tools finds something."""
_IN_TEXTS: Final = (
    rf"(?:{_ENDS}|token|credentials?|signature)\d*\\*['`]?[ \t]*[=:>]|(?:{_ENDS}|token)\d*\\+\"[ \t]*[=:]"
    rf"|(?:{_ENDS}|token|credentials?)\d*(?:\\+\"|')[ \t]"
    r"|key\d*\\*[\"'` \t]*[=:][= \t\"'`\\]*[0-9a-f]{32}"
    rf"|(?:authorization|cookie)(?:\\*['`]?|\\+\")[ \t]*[=,:][ \t]*[^\s]"
    rf"|{_FLAGS}|{_TEXTS}|{_IN_SENTENCES}|\\u(?:00|ff|20|2192)"
    rf"|kind\\*[\"']?[ \t]*:[ \t]*\\*[\"']?secret|(?:{_ENDS}|token)\d*\\*[\"']?(?:\\r)?\\n[ \t]*value:"
)
_SECRETS: Final = (
    r"kind\s*\\*\"\s*:\s*\\*\"(?:[^\"a-z]|[a-z0-9/.]*\W*secret|[^\"]*[^\x01-\x7f])"
    r"|\"(?:opaque|kubernetes\.io/(?:tls|dockerc|basic-auth|ssh-auth|service-account-token)|helm\.sh/rel|bootstrap\.kub)"
)
"""What says that an object is a Secret."""
_WORDS: Final = (
    r"(?:passw|passphrase|secret|token|credential|authorization|cookie|key|connection|conn[_-]?str|pwd|pw|pass|pat"
    r"|psk|dsn|sas|creds|jwt)"
)
_BESIDE_KEY: Final = r"\{[^{}]*(?:keyname[^{}]*value|value[^{}]*keyname)"
"""A key beside its name."""
_OPAQUE: Final = r"value\\*\"\s*:\s*\\*\"[^\"\s]*(?:[0-9][^\"0-9_./:,;~*@=\s-]|[^\"0-9_./:,;~*@=\s-][0-9]{5})"
"""A value of letters and digits mixed, as the variables of workloads are searched for."""
_NAMED: Final = rf"(?:{_ENDS}|{_FIELDS}|[_ -](?:pass|pw|pat|psk|creds|dsn|sas|jwt|otp)|key[12])"
_PAIR: Final = rf"\[\s*\\*\"[^\"]*{_NAMED}[^a-z\"]*\"\s*,\s*\\*\""
"""The name of a secret and a text, as the two elements of a list."""
_TYPED: Final = r"type\\*\"\s*:\s*\\*\"sec(?:ure|ret)[_-]?(?:string|object|text)"
_OTHER_VALUES: Final = r"\"(?:content|data|literal|plaintext|string|text|v|val)\\*\"\s*:\s*(?:\\*\"|[\[0-9-])"
_BOTH: Final = rf"{_PAIR}|{_ASSIGNED}|{_COPIES}|{_SECRETS}|contentversion|\\u(?:00|ff|200)"
_FIRST: Final = rf"(?i){_BOTH}|{_IN_TEXTS}|values?\\*\"\s*:|default\\*\"\s*:|{_OTHER_VALUES}"
_SECOND: Final = (
    rf"(?i){_BOTH}|{_IN_TEXTS}|{_BESIDE_KEY}|{_OPAQUE}|{_TYPED}"
    rf"|(?:name|key|selector|variable)\\*\"\s*:\s*\\*\"[^\"]*{_WORDS}"
    rf"|(?:name|key|selector|variable|argument|attribute|env-?var|field|header|id|identifier|\\*\"k|label|option|parameter|property|setting|title|var"
    rf"|type|kind)\\*\"\s*:\s*\\*\"[^\"\\]*{_NAMED}[^a-z\"]*\""
)
_THIRD: Final = rf"(?i){_IN_TEXTS}|\\\"\s*[:,]"
"""The last is a field of JSON in a text."""

NONE: Final = 0
FIELDS: Final = 1
TEXTS: Final = 2
"""What may hold a secret: nothing, fields by their names, or texts as well."""


@lru_cache(maxsize=1)
def _programs() -> tuple[Any, Any, Any, Any]:
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    first, second, in_texts, odd_name = (
        re2.compile(text.encode(), options).search for text in (_FIRST, _SECOND, _THIRD, _ODD_NAME)
    )
    return first, second, in_texts, odd_name


def may_hold(text: bytes) -> int:
    """What of a text in JSON may hold a secret. `NONE` is certain; the others are not."""
    first, second, in_texts, odd_name = _programs()
    if not text.isascii() and odd_name(text) is not None:
        return TEXTS
    if first(text) is None or second(text) is None:
        return NONE
    return TEXTS if in_texts(text) is not None else FIELDS
