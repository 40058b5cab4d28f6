"""Walks through a body and replaces its secrets, by names, patterns and what says that it is a Secret. Pure.

Parts without a secret are shared with the body that was given, which is never changed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from auditor.model.resource import Unknown
from auditor.sanitize import names
from auditor.sanitize.encoded import TooLarge, encoded_text
from auditor.sanitize.kubernetes_secrets import is_secret_object, without_secrets
from auditor.sanitize.marks import MARKS, Marks
from auditor.sanitize.names import class_of, is_naming
from auditor.sanitize.texts import SHORTEST, masked, may_hold
from auditor.sanitize.values import is_drawn, is_reference

_TELLS: Final = frozenset(
    {
        "algorithm", "createdat", "creationtime", "enabled", "encoding", "expiration", "expires", "expiry",
        "expirydate",
        "generationtime", "identity", "keyname", "keyversion", "name", "reference", "secretname", "secretversion",
        "size", "slotsetting", "source", "status", "thumbprint", "type", "version",
    }
)  # fmt: skip
"""Fields beside a secret that say which it is and how long it holds."""
_MATCHES: Final = frozenset({"exact", "prefix", "regex", "safe_regex", "suffix"})
"""Fields that say what a header has to be."""
_FLAG: Final = re.compile(r"--?[\w.-]+")
_JSON: Final = (("{", "}"), ("[", "]"))
_LEAST_NUMBER: Final = 1000
_LONG_KEY: Final = 16
"""Characters of a key that is searched as a text."""
_LONGEST_JSON: Final = 1 << 20


class _Shape(NamedTuple):
    """What the keys of an object say of their values: as many objects as there are, few shapes they have."""

    classes: tuple[str, ...]
    """One for each key, see `names`."""
    naming: tuple[str, ...]
    values: tuple[str, ...]
    """Fields that name the value beside them, and those values."""
    may_name: tuple[str, ...]
    may_be_values: tuple[str, ...]
    """The same of any field that people call so."""
    kind: str | None
    data: str | None
    by_key: bool
    """There is the name of a key beside its value."""


@lru_cache(maxsize=16384)
def _shape_of(keys: tuple[Any, ...]) -> _Shape:
    texts = [key if isinstance(key, str) else "" for key in keys]
    folded = [key.strip().casefold() for key in texts]
    values = tuple(filter(names.is_value, texts))
    may_name = tuple(filter(names.may_be_naming, texts))
    return _Shape(
        classes=tuple(map(class_of, texts)),
        naming=tuple(filter(is_naming, texts)) if values else (),
        values=values,
        may_name=may_name,
        may_be_values=tuple(filter(names.may_be_value, texts)) if may_name else (),
        kind=next((key for key, low in zip(texts, folded, strict=True) if low == "kind"), None),
        data=next(
            (key for key, low in zip(texts, folded, strict=True) if low in ("data", "stringdata", "binarydata")), None
        ),
        by_key="keyname" in folded,
    )


class Walker:
    """What is replaced by which marks. `kubernetes`: an object under the name of a secret is a reference to one.
    `texts`: texts are searched too, which takes most of the time."""

    def __init__(self, marks: Marks, *, kubernetes: bool = False, texts: bool = True) -> None:
        self.marks = marks
        self._kubernetes = kubernetes
        self._texts = texts

    def walk(self, value: Any) -> Any:
        """The value without its secrets; the value itself when it has none. RecursionError when it is too deep."""
        kind = value.__class__
        if kind is dict:
            return self._object(value)
        if kind is list:
            return self._list(value)
        if not self._texts:
            return value
        if kind is str:
            return self.text(value)
        if kind is Unknown:
            reason = masked(value.reason, self.marks)
            return value if reason is value.reason else Unknown(reason, value.end)
        return value

    def text(self, text: str) -> str:
        """A text without the secrets in it, also where it is JSON, or base64 of such a text."""
        if not self._texts or len(text) < SHORTEST:
            return text
        if text.lstrip()[:1] in ("{", "["):
            text = self._json(text)  # and its patterns below: of a key that is given twice only the last was found
        if not may_hold(text):
            return text
        try:
            plain = encoded_text(text)
        except TooLarge:
            return self.marks.harmless
        if plain is not None and self.text(plain) != plain:
            return self.marks.harmless
        return self.masked(text)

    def masked(self, text: str) -> str:
        """A text with marks for the secrets in it."""
        return masked(text, self.marks)

    def hidden(self, value: Any) -> Any:
        """A secret: every text is replaced but switches, times, references, and what tells of it without giving it."""
        if isinstance(value, str):
            return value if is_reference(value) else self.marks.secret
        if isinstance(value, list):
            return [self.hidden(inner) for inner in value]
        if isinstance(value, dict):
            return {key: self._told(key, inner) for key, inner in value.items()}
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= _LEAST_NUMBER:
            return self.marks.secret
        return value

    def field(self, what: str, value: Any) -> Any:
        """The value of a field, by the class of its name."""
        if not what:
            return self.walk(value)
        if what == names.SECRET:
            if value.__class__ is dict and self._kubernetes:
                return _same(value, self.hidden(value)) if _MATCHES.issuperset(value) else self._given(value)
            return _same(value, self.hidden(value))
        if what == names.LISTED:
            return self._listed(value)
        if what == names.HEADER:
            return _same(value, self.hidden(value)) if _is_texts(value) else self.walk(value)
        if what == names.ADDRESS:
            return self._address(value)
        return self.hidden(value) if isinstance(value, str) and is_key(value) else self.walk(value)

    def _given(self, value: dict[str, Any]) -> dict[str, Any]:
        """An object under the name of a secret, which refers to one or has it in a field."""
        found: dict[str, Any] = self.walk(value)
        hidden = {key: self.hidden(inner) for key, inner in value.items() if names.may_be_value(str(key))}
        hidden = {key: now for key, now in hidden.items() if isinstance(value[key], str) and now != value[key]}
        return {**found, **hidden} if hidden else found

    def _object(self, body: dict[str, Any]) -> Any:
        shape = _shape_of(tuple(body))
        if (shape.kind or shape.data) and is_secret_object(body, shape.kind, shape.data):
            return without_secrets(body)
        changed: dict[str, Any] | None = None
        for (key, value), what in zip(body.items(), shape.classes, strict=True):
            now = self.field(what, value) if what else self.walk(value)
            if now is not value:
                changed = dict(body) if changed is None else changed
                changed[key] = now
        if shape.values or shape.may_be_values:
            pairs = self._pairs(body, shape)
            changed = {**(changed or body), **pairs} if pairs else changed
        if self._texts and any(len(key) > _LONG_KEY for key in body if key.__class__ is str):
            changed = self._keys(body if changed is None else changed, body)
        return body if changed is None else changed

    def _keys(self, body: dict[str, Any], given: dict[str, Any]) -> dict[str, Any] | None:
        """The object with secrets in its keys replaced; None when nothing of what was given is."""
        keys = {key: masked(key, self.marks) for key in body if key.__class__ is str and len(key) > _LONG_KEY}
        if all(key is now for key, now in keys.items()):
            return None if body is given else body
        return {keys.get(key, key): value for key, value in body.items()}

    def _pairs(self, body: dict[str, Any], shape: _Shape) -> dict[str, Any]:
        """The values of an object that names a secret beside them: a variable, a header, a parameter."""
        name = next((body[key] for key in shape.naming if isinstance(body[key], str)), None)
        values = shape.values
        if not (shape.values and (shape.by_key or names.may_name_secret(name) or names.is_header(name))):
            name = next((body[key] for key in shape.may_name if names.names_secret(key, body[key])), None)
            values = shape.may_be_values if name is not None else ()
        found = {key: self.pair(name, body[key]) for key in values if _is_texts(body[key])}
        return {key: value for key, value in found.items() if value != body[key]}

    def pair(self, name: Any, value: Any) -> Any:  # noqa: ARG002  (dialects need the name)
        """The value of a variable, header or parameter whose name may be that of a secret."""
        return self.hidden(value)

    def _list(self, values: list[Any]) -> list[Any]:
        if len(values) == 2 and _is_pair(*values):
            return [values[0], self.hidden(values[1])]
        changed: list[Any] | None = None
        flag = False
        for index, value in enumerate(values):
            now = self.walk(value)
            if value.__class__ is str:
                if flag and not value.startswith("-"):
                    now = self.hidden(value)
                flag = value[:1] == "-" and bool(_FLAG.fullmatch(value)) and class_of(value) == names.SECRET
            if now is not value and now != value:
                changed = list(values) if changed is None else changed
                changed[index] = now
        return values if changed is None else changed

    def _told(self, key: str, value: Any) -> Any:
        what = class_of(key)
        if key.casefold() in _TELLS or what == names.ADDRESS:
            return self.field(what, value)
        return self.hidden(value)

    def _listed(self, value: Any) -> Any:
        """The secrets that a resource holds or refers to."""
        if value.__class__ is not list:
            return self.walk(value)
        found = [
            {**self.walk(item), **{key: self.hidden(inner) for key, inner in item.items() if key.casefold() == "value"}}
            if item.__class__ is dict
            else self.walk(item)
            for item in value
        ]
        return _same(value, found)

    def _address(self, value: Any) -> Any:
        if isinstance(value, str):
            found = self.masked(value) if self._texts else value
            head, mark, query = found.partition("?")
            if not mark or query in MARKS or "://" not in head:
                return found
            return f"{head}?{self.marks.secret}"
        if isinstance(value, list):
            return _same(value, [self._address(item) for item in value])
        return self.walk(value)

    def _json(self, text: str) -> str:
        stripped = text.strip()
        if len(text) > _LONGEST_JSON or (stripped[0], stripped[-1]) not in _JSON:
            return text
        try:
            value = orjson.loads(stripped)
        except orjson.JSONDecodeError:
            return text
        found = self.walk(value)
        return text if found is value else orjson.dumps(found, default=repr).decode()


_KEY: Final = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+][A-Za-z0-9+/]{39,}={0,2}|[0-9a-fA-F]{32,}")


def is_key(value: str) -> bool:
    """Whether a text has the form of a cryptographic key."""
    return bool(_KEY.fullmatch(value))


def _is_pair(name: Any, value: Any) -> bool:
    """Whether the two elements of a list are the name of a secret and the secret, and not two words."""
    if not isinstance(name, str) or not isinstance(value, str) or not names.names_secret("name", name):
        return False
    return is_drawn(value) and class_of(value) != names.SECRET


def _is_texts(value: Any) -> bool:
    return isinstance(value, (str, int, float, list)) and not isinstance(value, bool)


def _same(value: Any, found: Any) -> Any:
    """The value itself when nothing was replaced."""
    return value if found == value else found
