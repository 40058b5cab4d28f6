"""Policy documents of API Management as trees of elements.

What Azure returns as `rawxml` is not always XML: expressions in C# stand in it as they were typed, with quotes, `<` and
`&&` inside attributes and texts. This reader finds the end of an expression by C#'s own rules and keeps it as text.
There are no document types and no entities but the five of XML, so nothing can be fetched or grow; each character is
read once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from auditor.model.resource import Unknown

_DEEPEST: Final = 100


@dataclass(slots=True)
class Element:
    """A policy or a part of one; `text` is what stands in it beside elements."""

    name: str  # in small letters
    line: int
    attributes: dict[str, str] = field(default_factory=dict)  # names in small letters
    children: list[Element] = field(default_factory=list)
    text: str = ""
    followed: list[Element] | None = field(default=None, compare=False, repr=False)
    """The children on which a verdict depends, once `walk` has looked for them."""

    def all(self, name: str) -> list[Element]:
        """The children of this name."""
        return [child for child in self.children if child.name == name]


@lru_cache(maxsize=2)  # each lens reads a document that it is given
def read_policy(text: str) -> Element | Unknown:
    """The root element (`policies` or `fragment`), or why the text cannot be read."""
    try:
        return _Reader(text).root()
    except _BrokenError as broken:
        return Unknown(f"the policy cannot be read: line {broken.line}: {broken.says}")


class _BrokenError(Exception):
    def __init__(self, says: str, line: int) -> None:
        super().__init__(says)
        self.says, self.line = says, line


_NAME: Final = re.compile(r"[A-Za-z_][\w.:-]*")
_ATTRIBUTE: Final = re.compile(r"""([^\s=<>"'/]+)\s*=\s*(["'])""")
_SPACE: Final = re.compile(r"\s*")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._counted, self._line = 0, 1

    def root(self) -> Element:
        top = Element("", 0)
        stack, pieces = [top], [[""]]
        text, at = self._text, 0
        while True:
            at = self._content(at, pieces[-1])
            if at == len(text):
                break
            if text.startswith("<!--", at):
                at = self._after("-->", at + 4, at, "a comment is not closed")
            elif text.startswith("<![CDATA[", at):
                end = self._after("]]>", at, at, "a CDATA section is not closed")
                pieces[-1].append(text[at + 9 : end - 3])
                at = end
            elif text.startswith("<?", at):
                at = self._after("?>", at, at, "an instruction is not closed")
            elif text.startswith("<!", at):
                raise self._broken("it declares a document type", at)
            elif text.startswith("</", at):
                end = self._after(">", at, at, "a tag is not closed")
                name = text[at + 2 : end - 1].strip().casefold()
                if name != stack[-1].name or len(stack) == 1:
                    raise self._broken(f"</{name[:40]}> closes nothing", at)
                stack.pop().text = "".join(pieces.pop()).strip()
                at = end
            else:
                element, at, open_ = self._tag(at)
                stack[-1].children.append(element)
                if open_:
                    stack.append(element)
                    pieces.append([])
                    if len(stack) > _DEEPEST:
                        raise self._broken("its elements are nested too deep", at)
        if len(stack) > 1:
            raise self._broken(f"<{stack[-1].name}> is not closed", len(text))
        if len(top.children) != 1:
            raise self._broken("there is not one root element", len(text))
        return top.children[0]

    def _content(self, at: int, pieces: list[str]) -> int:
        """Read text up to the next tag."""
        text = self._text
        begin = _end(_SPACE, text, at)
        if text.startswith(("@(", "@{"), begin):
            end = expression_end(text, begin)
            if end < 0:
                raise self._broken("an expression is not closed", begin)
            pieces.append(decoded(text[begin:end]))
            at = end
        end = text.find("<", at)
        end = len(text) if end < 0 else end
        pieces.append(decoded(text[at:end]))
        return end

    def _tag(self, at: int) -> tuple[Element, int, bool]:
        """The element that begins here, where its tag ends, and whether it is open."""
        text = self._text
        name = _NAME.match(text, at + 1)
        if name is None:
            raise self._broken("'<' begins no element", at)
        element = Element(name[0].casefold(), self._line_of(at))
        at = name.end()
        while True:
            at = _end(_SPACE, text, at)
            if text.startswith("/>", at):
                return element, at + 2, False
            if text.startswith(">", at):
                return element, at + 1, True
            found = _ATTRIBUTE.match(text, at)
            if found is None:
                raise self._broken(f"an attribute of <{element.name}> cannot be read", at)
            value, at = self._value(found.end(), found[2])
            element.attributes[found[1].casefold()] = value

    def _value(self, at: int, quote: str) -> tuple[str, int]:
        """The value of an attribute, and where it ends."""
        text = self._text
        begin = _end(_SPACE, text, at)
        if text.startswith(("@(", "@{"), begin):
            end = expression_end(text, begin)
            close = _end(_SPACE, text, end)
            if end < 0 or not text.startswith(quote, close):
                raise self._broken("an expression is not closed", begin)
        else:
            close = text.find(quote, at)
            if close < 0:
                raise self._broken("the value of an attribute is not closed", at)
        return decoded(text[begin:close]).strip(), close + 1

    def _after(self, mark: str, at: int, begin: int, problem: str) -> int:
        found = self._text.find(mark, at)
        if found < 0:
            raise self._broken(problem, begin)
        return found + len(mark)

    def _line_of(self, at: int) -> int:
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _broken(self, says: str, at: int) -> _BrokenError:
        return _BrokenError(says, self._text.count("\n", 0, at) + 1)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, max(at, 0))
    return found.end() if found else at


# --- expressions --------------------------------------------------------------------------------------------------

_CODE: Final = re.compile(
    r"""(?P<line>//[^\r\n]*)|(?P<block>/\*)|(?P<string>[$@]{0,2}(?P<quote>"|&quot;))"""
    r"""|'(?:\\[^'\s]{1,9}|\\'|&\#?\w{1,8};|[^'\\])'|(?P<open>[(\[{])|(?P<close>[)\]}])"""
)
_IN_STRING: Final = re.compile(r"""\\(?:&\#?\w{1,8};|.)|"{1,2}|(?:&quot;){1,2}|\{\{?""", re.DOTALL)
_CLOSES: Final = {"(": ")", "[": "]", "{": "}"}


def expression_end(text: str, start: int) -> int:
    """Where the expression ends whose `@` stands at `start`, by the rules of C# 7; -1 when it does not end.

    Quotes may be written as such or as `&quot;`; a string ends with what it began with.
    """
    at = start + 1
    stack: list[tuple[str, str]] = []  # ("code", closing bracket) or (prefix of the string, its quote)
    while True:
        kind, mark = stack[-1] if stack else ("code", "")
        found = (_CODE if kind == "code" else _IN_STRING).search(text, at)
        if found is None:
            return -1
        at = found.end()
        if kind != "code":
            at = _in_string(found, kind, mark, stack)
        elif found["block"]:
            at = text.find("*/", at) + 2
            if at < 2:
                return -1
        elif found["string"]:
            stack.append(("string" + found["string"][: -len(found["quote"])], found["quote"]))
        elif found["open"]:
            stack.append(("code", _CLOSES[found["open"]]))
        elif found["close"]:
            if found["close"] != mark:
                return -1
            stack.pop()
            if not stack:
                return at


def _in_string(found: re.Match[str], kind: str, quote: str, stack: list[tuple[str, str]]) -> int:
    """Go on behind what was found in a string: an escape, one or two quotes, one or two braces."""
    piece, verbatim = found[0], "@" in kind
    if piece.startswith("\\"):
        return found.start() + 1 if verbatim else found.end()
    if piece.startswith("{"):
        if "$" in kind and piece == "{":
            stack.append(("code", "}"))
        return found.end()
    if not piece.startswith(quote):
        return found.end()
    if piece == quote * 2 and verbatim:
        return found.end()
    stack.pop()
    return found.start() + len(quote)


# --- text ---------------------------------------------------------------------------------------------------------

_ENTITY: Final = re.compile(r"&(?:#[xX]([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));")
_ENTITIES: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def decoded(text: str) -> str:
    """With the five entities of XML and characters by number; anything else stays as it is written."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return _ENTITIES[found[3]]
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else found[0]


def is_expression(text: str) -> bool:
    """True for a text that is worked out at run time."""
    return text.startswith(("@(", "@{"))


_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_BUILT: Final = re.compile(r'@\(\s*[$@]{0,2}"([a-z][a-z0-9+.-]*)://[^?]*\)', re.IGNORECASE)


def scheme_of(address: str) -> str | None:
    """The scheme of an address in small letters, also of an expression that begins with it; None: it is not known."""
    found = _BUILT.fullmatch(address) if is_expression(address) else _SCHEME.match(address)
    return found[1].casefold() if found else None


_NAMED: Final = re.compile(r"\{\{\s*([A-Za-z0-9][\w.-]{0,255})\s*\}\}")


def named_values(text: str) -> list[str]:
    """The names of `{{name}}` in a text."""
    return [found[1] for found in _NAMED.finditer(text)] if "{{" in text else []


def with_named_values(text: str, values: dict[str, str]) -> str:
    """The text with the values that are known (by casefolded name) in place of their names."""
    return _NAMED.sub(lambda found: values.get(found[1].casefold(), found[0]), text) if "{{" in text else text
