"""What breaks programs: values, texts and bytes, and ways to put them into sound data."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import yaml

Random = random.Random


def nested(levels: int, kind: str = "list") -> Any:
    """A value so many levels deep."""
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind == "list" else {"a": value}
    return value


# fmt: off
RAW = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-400", "-0", "01", "9" * 5000, "1" * 20, "tru", '"\\ud800"',
    '{"type": 1, "type": "A/b"}', '"\\u0000"', '"\\udfff\\ud800"', "/* */ 1", "// x\n1", '"\\x"', "'x'", "",
)
TEXTS = (
    "", " ", "\0", "\x1b[31m", "\n", "\ud800", "\u202e", "\u2028", "\ufeff", "\x85", "İ", "ß", "ǅ", "e\u0301",
    "\U0010ffff", "</script><img src=x onerror=alert(1)>", "{{7*7}}", '=HYPERLINK("http://x","y")', "%s%n",
    "x" * 70_000, "/" * 300, "../../../etc/passwd", "C:\\x", "\\\\x\\y", "-", "*", "(a+)+$", "[", "a.b", "a['b']",
    "null", "true", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-13-45",
    "2026-02-30T25:61:61Z", "P1Y", "20260101", "P99999999999999999999D", "-P1D", "PT", "10.0.0.0/33",
    "300.1.2.3", "::1/129", "fe80::1%eth0", "0/0",
    "1.2.3.4/a", "TLS1_2", "TLSv1.99999999999999999999", "1" * 5000, "1.2.3.4.5.6", "v", "²", "१२", "0x10", "1_000",
    "[concat(", "[parameters('x')]", "/subscriptions/", "/subscriptions//resourceGroups/", "/providers/", "A/b", "List",
    "v1", "core/",
)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, [], {}, [[]], [None], [{}],
    {"": None}, {"a.b": {"c'd]": 1}}, {"$unknown": "x"}, {"$unknown": 1}, {"$$unknown": "x"}, {"type": "A/b"},
    nested(60, "dict"), nested(100), nested(300, "dict"), list(range(2000)), [1, "a", None, {}, [], True], {"\0": "\0"},
    {"key": True}, {str(number): number for number in range(500)}, [{"name": "x"}] * 50,
)
KEYS = (
    "id", "type", "kind", "apiVersion", "metadata", "name", "properties", "value", "resources", "data", "rows", "items",
    "columns", "", "\0", "\ud800", "$unknown", "a.b", "[*]", "body", "response", "status", "error", "pages", "count",
)
YAML = (
    "&a ", "*a", "<<: ", "<<: *a", "!!binary ", "!!int x", "!!timestamp 2026-13-45", "!!float .", "!unknown ",
    "!absent ", "!!python/object:os.system ", "? ", "? [a]\n: b", "---\n", "...\n", "%YAML 3.0\n", "\t", "{{ x }}",
    "|\n", ">-\n", "@", "`", "2026-13-45", "2026-02-30T25:00:00Z", "0b_",
    "0x_", "0o9", "1:60:60", ".nan", "-.inf", "1e999", "=", "~",
    "'", '"', "!!set ", "!!omap ", "!!str ", "!!null x", "!!bool x", "!<tag> ", "!!merge ", "\\ud800", '"\\ud800"',
    '"\\x00"', "- " * 300, "[" * 2000, "9" * 5000, "-" + "9" * 5000, "{a: 1, a: 2}", "\u2028", "\x07", "\0", "é",
    "0" * 100, "+.inf", "0b2", "1__", "190:20:30.15",
)
BYTES = (
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x1f\x8b", b"\xed\xa0\x80", b"\r\n", b"\r", b"{", b"}", b"[", b"]",
    b'"', b",", b":", b"\\", b"\\ud800", b"\n", b" ", b"//", b"/*", b"*/", b"null", b"PK\x03\x04", b"BZh", b"\xc3(",
)
# fmt: on


def parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) below a value."""
    pending = [value]
    while pending:
        holder = pending.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], (dict, list)):
                pending.append(holder[key])


def value_from(rng: Random) -> Any:
    return rng.choice((lambda: rng.choice(VALUES), lambda: rng.choice(TEXTS), lambda: f"@raw:{rng.choice(RAW)}@"))()


def damage_tree(value: Any, rng: Random, most: int = 4) -> Any:
    """The value with some of its parts of another type, renamed, gone, doubled or in another place."""
    box = [copy.deepcopy(value)]
    for _ in range(rng.randint(0, most)):
        places_ = list(parts(box))
        holder, key = rng.choice(places_)
        what = rng.randrange(8)
        if what < 3:
            holder[key] = copy.deepcopy(value_from(rng))
        elif what == 3 and isinstance(holder, dict):
            spelled = (str(key).upper(), str(key).lower(), str(key).swapcase(), f"{key} ", rng.choice(KEYS))
            holder[rng.choice(spelled)] = holder.pop(key)
        elif what == 4 and holder is not box:
            del holder[key]
        elif what == 5 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif what == 6:
            other, at = rng.choice(places_)
            holder[key] = copy.deepcopy(other[at])
        elif what == 7:
            holder[key] = rng.choice(
                ([holder[key]], {"value": holder[key]}, str(holder[key])[:500], {"x": [holder[key]]})
            )
    return box[0]


def as_json(value: Any, rng: Random) -> bytes:
    indent = rng.choice((None, None, None, 2, "\t"))
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=indent)
    pieces = text.split('"@raw:')
    for index, piece in enumerate(pieces[1:], 1):
        raw, end, rest = piece.partition('@"')
        pieces[index] = json.loads(f'"{raw}"') + rest if end else piece
    return "".join(pieces).encode("utf-8", "surrogatepass")


def as_yaml(documents: list[Any], rng: Random) -> bytes:
    pieces = []
    for document in documents:
        try:
            pieces.append(
                yaml.safe_dump(document, sort_keys=False, default_flow_style=rng.choice((None, False))).encode()
            )
        except (yaml.YAMLError, UnicodeError, RecursionError):
            pieces.append(as_json(document, rng) + b"\n")
    text = b"---\n".join(pieces)
    for _ in range(rng.choice((0, 0, 1, 2, 5))):
        lines = text.split(b"\n")
        at = rng.randrange(len(lines))
        fragment = rng.choice(YAML).encode("utf-8", "surrogatepass")
        head, colon, tail = lines[at].partition(b": ")
        lines[at] = rng.choice(
            (fragment + lines[at], head + colon + fragment + tail, head + colon + fragment, fragment)
        )
        text = b"\n".join(lines)
    return text


def damage_bytes(text: bytes, other: bytes, rng: Random) -> bytes:
    """Flipped, cut, doubled, spliced with another input, in another encoding; often left as it is."""
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 8))):
        at, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        match rng.randrange(9):
            case 0:
                text = (
                    text[:at] + bytes([text[at] ^ (1 << rng.randrange(8))]) + text[at + 1 :] if at < len(text) else text
                )
            case 1:
                text = text[:at]
            case 2:
                text = text[:end] + text[at:end] + text[end:]
            case 3:
                text = text[:at] + text[end:]
            case 4:
                text = text[:at] + other[rng.randrange(len(other) + 1) :]
            case 5:
                text = text[:at] + rng.choice(BYTES) + text[at:]
            case 6:
                text = text.replace(b"\n", b"\r\n")
            case 7:
                text = text.decode("utf-8", "replace").encode(
                    rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig"))
                )
            case 8:
                text += rng.choice(BYTES)
    return text
