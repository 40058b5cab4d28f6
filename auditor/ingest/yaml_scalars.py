"""YAML scalars as `kubectl` and the API server read them: sigs.k8s.io/yaml, on go-yaml v2 (YAML 1.1).

`y`, `n`, `yes`, `no`, `on` and `off` are booleans, a leading zero is octal, a number with colons is text, and so is a
date. A test compares this with a real API server.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Final

from auditor.model.resource import Unknown

Scalar = str | int | float | bool | None | Unknown

TAG: Final = "tag:yaml.org,2002:"
_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NO_JSON: Final = frozenset(f"{sign}.{name}" for sign in ("", "+", "-") for name in ("inf", "Inf", "INF"))
_NOT_A_NUMBER: Final = frozenset({".nan", ".NaN", ".NAN"})
_INT: Final = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[0-9]+)\Z")
_DECIMAL: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_STARTS_NUMBER: Final = frozenset("+-.0123456789")
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "null": (type(None),), "bool": (bool,), "int": (int,), "float": (int, float),
}  # fmt: skip


def scalar(text: str, tag: str | None, plain: bool) -> Scalar:
    """The value of a scalar. `plain`: it is not in quotes.

    Unknown for a number that JSON cannot hold, because of which an API server refuses the document. Raises ValueError
    where the text does not fit its tag.
    """
    short = tag.removeprefix(TAG) if tag else None
    if short == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError("is no base64") from error
    kinds = _KINDS.get(short) if short else None
    if kinds is None and (short or not plain):  # `!!str`, a date, a tag that is not YAML's own, or in quotes
        return text
    value = _plain(text)
    if kinds and not isinstance(value, Unknown):
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ValueError(f"is no {short}")
        return float(value) if short == "float" and value is not None else value
    return value


def _plain(text: str) -> Scalar:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _STARTS_NUMBER:
        return text
    if text in _NO_JSON or text in _NOT_A_NUMBER:
        return Unknown(f"{text} is no number that JSON can hold")
    digits = text.replace("_", "")
    if text[0] == ".":
        return _float(digits) if "._" not in text and _FLOAT.match(digits) else text
    if _INT.match(digits) and len(digits) <= _LONGEST_INT:
        return _integer(digits, text)
    return _float(digits) if _FLOAT.match(digits) else text


_LONGEST_INT: Final = 66  # 64 binary digits and their prefix


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _integer(digits: str, text: str) -> int | float | str:
    """An integer of 64 bits; a larger one as a float where it is decimal, as JSON parsers do."""
    unsigned = digits.lstrip("+-").casefold()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(unsigned[:2], 10 if _DECIMAL.match(digits) else 8)
    try:
        value = int(unsigned[2:] if base != 10 and unsigned[1:2].isalpha() else unsigned, base)
    except ValueError:  # 09: no octal number
        return _float(digits)
    value = -value if digits[0] == "-" else value
    if -(2**63) <= value < 2**64:
        return value
    return _float(digits) if _FLOAT.match(digits) else text


def key_text(value: Scalar) -> str:
    """The text of a key that YAML reads as something else. Raises ValueError for one that an API server refuses."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.8g}"
    if value is None or isinstance(value, Unknown):
        raise ValueError("a key that is null" if value is None else value.reason)
    return str(value)
