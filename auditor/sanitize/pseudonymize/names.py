"""Texts → the same texts with other words in them. Pure.

A text is cut into words; a word that is not known to say nothing is replaced by one that a secret makes of it. Equal
words, in whatever case, become equal words: ids still lead to what they name, a host still belongs to its certificate's
name, an address still lies in its network.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

from auditor.sanitize.pseudonymize.addresses import Addresses
from auditor.sanitize.pseudonymize.vocabulary import WORD, Vocabulary

_LENGTH: Final = 8
_PART: Final = re.compile(
    r"(?P<guid>\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b)"
    r"|(?P<address>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w.])"
    r"|(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/\d{1,3})?(?![\w:]))"
    r"|(?P<words>[\w-]+)"
)
_PLAIN: Final = re.compile(
    r"\d{1,6}|v\d+((alpha|beta)\d+)?|p(\d+[ymwd])*(t(\d+[hms])+)?|\d+[a-z]{1,2}|[ivx]|true|false"
)
"""Numbers, versions, durations, quantities."""
_HEX: Final = re.compile(r"(?=.*\d)[0-9a-f]{16,}")
_ID: Final = re.compile(r"(?i)/(subscriptions|providers|resourcegroups)/")
_KEYWORDS: Final = frozenset({"", "subscriptions", "resourcegroups", "providers", "managementgroups"})


class Pseudonyms:
    """The other word of every word. `given` says which was made of which, `left` are names that stayed as they are."""

    def __init__(self, salt: bytes, vocabulary: Vocabulary) -> None:
        self.given: dict[str, str] = {}
        self.left: set[str] = set()
        self._salt = salt
        self._vocabulary = vocabulary
        self._addresses = Addresses(salt, vocabulary.texts)
        parts = (found for text in vocabulary.texts for found in _PART.finditer(text))
        self._guids = {found["guid"].casefold() for found in parts if found["guid"]}
        self._names: set[str] = set()
        self._types: set[str] = set()
        self._texts: dict[str, str] = {}

    def learn(self, name: str) -> None:
        """Take note of a name. One of several words that all say nothing is replaced as one: together they may."""
        words = WORD.findall(name)
        if len(words) > 1 and all(map(self._is_known, words)):
            kept = self._vocabulary.says(name) or "." in name or all(map(str.isdigit, words))
            if kept or self._vocabulary.tells_apart(name, self._plain(name.casefold())):
                self.left.add(name)
            else:
                self._names.add(name.casefold())
        elif len(words) == 1 and self._is_known(words[0]) and not words[0].isdigit():
            self.left.add(name)

    def learn_type(self, kind: str) -> None:
        """Take note of a type of Azure: what stands in ids between the names."""
        self._types.update(kind.casefold().split("/"))

    def text(self, text: str) -> str:
        """A text with other words. An ARM id keeps its types and keywords."""
        known = self._texts.get(text)
        if known is None:
            known = self._id(text) if _ID.search(text) and text.startswith("/") else self._words(text)
            if len(self._texts) < 1_000_000:
                self._texts[text] = known
        return known

    def _words(self, text: str) -> str:
        return _PART.sub(self._part, text)

    def _id(self, text: str) -> str:
        """`/subscriptions/S/resourceGroups/G/providers/Namespace/type/NAME/…` with other names."""
        parts = text.split("/")
        found, at_name, after_provider = [], False, False
        for part in parts:
            keyword = part.casefold() in _KEYWORDS
            if after_provider:  # the namespace of the provider
                found.append(part)
                at_name = False
            elif keyword or not at_name:
                found.append(part if keyword or self._is_type(part) else self._words(part))
                at_name = part != "" and part.casefold() != "providers"
            else:
                found.append(self._words(part))
                at_name = False
            after_provider = not after_provider and part.casefold() == "providers"
        return "/".join(found)

    def _is_type(self, part: str) -> bool:
        """An id may be written wrong: only what is a type somewhere is taken for one."""
        return part.casefold() in self._types or self._vocabulary.says(part)

    def _part(self, found: re.Match[str]) -> str:
        text = found[0]
        if found["time"]:
            return text
        if found["guid"]:
            return text if text.casefold() in self._guids else self._named(text, self._guid(text.casefold()))
        if found["address"]:
            other = self._addresses.network(text)
            return WORD.sub(self._word, text) if other is None else self._named(text, other)
        if text.casefold() in self._names:
            return self._named(text, self._plain(text.casefold()))
        return WORD.sub(self._word, text)

    def _word(self, found: re.Match[str]) -> str:
        text = found[0]
        word = text.casefold()
        if self._is_known(word):
            return text
        if word.isdigit():
            return self._named(text, str(int(self._digest(word).hex(), 16))[: len(word)])
        if _HEX.fullmatch(word):
            return self._named(text, self._digest(word).hex()[: len(word)].ljust(len(word), "0"))
        return self._named(text, self._plain(word))

    def _plain(self, word: str) -> str:
        return "x" + base64.b32encode(self._digest(word)).decode().lower()[: _LENGTH - 1]

    def _guid(self, guid: str) -> str:
        made = self._digest(guid).hex()
        return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-8{made[17:20]}-{made[20:32]}"

    def _is_known(self, word: str) -> bool:
        word = word.casefold()
        return self._vocabulary.has(word) or bool(_PLAIN.fullmatch(word))

    def _digest(self, word: str) -> bytes:
        return hmac.digest(self._salt, word.encode(), hashlib.sha512)

    def _named(self, original: str, pseudonym: str) -> str:
        if pseudonym != original:
            self.given[pseudonym] = original
        return pseudonym
