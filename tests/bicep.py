"""Bicep → ARM JSON, as far as `reports/sentinel/main.bicep` goes, by the tree-sitter grammar of Bicep.

Not Microsoft's compiler, which is no package of Python or npm: an own reading of the source, apart from the script that
writes both files, by the rules of "Bicep file structure and syntax". What it does not know it refuses.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import tree_sitter
import tree_sitter_bicep

LANGUAGE: Final = tree_sitter.Language(tree_sitter_bicep.language())
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", "$": "$"}


def parsed(path: Path) -> tree_sitter.Node:
    """The syntax tree of a file. AssertionError when it is no Bicep."""
    root = tree_sitter.Parser(LANGUAGE).parse(path.read_bytes()).root_node
    assert not root.has_error, f"{path} is no Bicep: {_wrong(root)}"
    return root


def _wrong(node: tree_sitter.Node) -> str:
    found = next((child for child in node.children if child.has_error), None)
    return _wrong(found) if found else f"line {node.start_point[0] + 1}"


def compiled(path: Path) -> dict[str, Any]:
    """The template that a file stands for, resources in the order of the file."""
    return _Template(parsed(path)).template()


def variable(path: Path, name: str) -> Any:
    """The value of a variable; what is an expression is `[…]`."""
    root = parsed(path)
    found = [n.named_children for n in root.named_children if n.type == "variable_declaration"]
    return _Template(root)._value(next(value for symbol, value in found if _text(symbol) == name))


def modules(path: Path) -> dict[str, tuple[Path, set[str]]]:
    """The modules that a file deploys: where each is, and the parameters that it is given."""
    found = {}
    for node in parsed(path).named_children:
        if node.type == "module_declaration":
            symbol, place, body = node.named_children
            members = _members(body)
            given = set(_members(members["params"])) if "params" in members else set()
            found[_text(symbol)] = path.parent / _text(place).strip("'"), given
    return found


def parameters(path: Path) -> dict[str, bool]:
    """The parameters of a file, and whether each must be given."""
    declared = [n.named_children for n in parsed(path).named_children if n.type == "parameter_declaration"]
    return {_text(name): not rest for name, _type, *rest in declared}


class _Template:
    """The translation of one file."""

    def __init__(self, root: tree_sitter.Node) -> None:
        self._nodes = [node for node in root.named_children if node.type not in ("comment", "diagnostic_comment")]
        self._resources: dict[str, tuple[str, str, Any, bool]] = {}  # symbol → type, version, name node, existing
        self._parameters = {_text(n.named_children[0]) for n in self._nodes if n.type == "parameter_declaration"}
        for node in self._nodes:
            if node.type == "resource_declaration":
                symbol, type_, body = node.named_children[0], node.named_children[1], node.named_children[-1]
                kind, version = self._string(type_).split("@")
                existing = b" existing " in node.text.split(b"=")[0]  # type: ignore[union-attr]
                self._resources[_text(symbol)] = kind, version, _members(_object(body))["name"], existing

    def template(self) -> dict[str, Any]:
        parameters, outputs, resources, meaning = {}, {}, [], None
        for node in self._nodes:
            if node.type == "decorators":
                call = node.named_children[0].named_children[0]
                assert _text(call.named_children[0]) == "description"
                meaning = self._string(call.named_children[1].named_children[0])
            elif node.type == "parameter_declaration":
                name, type_, *default = node.named_children
                parameters[_text(name)] = {"type": _text(type_), "metadata": {"description": meaning}}
                if default:
                    parameters[_text(name)]["defaultValue"] = self._value(default[0])
            elif node.type == "output_declaration":
                name, type_, value = node.named_children
                described = {"type": _text(type_), "metadata": {"description": meaning}, "value": self._value(value)}
                outputs[_text(name)] = described
            elif node.type == "resource_declaration":
                resources += self._resource(node)
            else:
                raise AssertionError(f"{node.type} is not known here")
        return {"parameters": parameters, "resources": resources, "outputs": outputs}

    def _resource(self, node: tree_sitter.Node) -> list[dict[str, Any]]:
        symbol, body = _text(node.named_children[0]), node.named_children[-1]
        kind, version, _name, existing = self._resources[symbol]
        if existing:
            return []
        members = _members(_object(body))
        found: dict[str, Any] = {}
        if body.type == "if_statement":
            found["condition"] = f"[{self._expression(body.named_children[0].named_children[0])}]"
        found |= {"type": kind, "apiVersion": version}
        after = {_text(one) for one in members.pop("dependsOn").named_children} if "dependsOn" in members else set()
        name = members.pop("name")
        found["name"] = self._value(name)
        if "parent" in members:
            parent = _text(members.pop("parent"))
            found["name"] = f"[format('{{0}}/{{1}}', {self._name(parent)}, {self._expression(name)})]"
            after.add(parent)
        if "scope" in members:
            above = _text(members.pop("scope"))
            found["scope"] = f"[format('{self._resources[above][0]}/{{0}}', {self._name(above)})]"
            after.add(above)
        found |= {key: self._value(value) for key, value in members.items()}
        needed = sorted(f"[{self._id(one)}]" for one in after if not self._resources[one][3])
        if needed:
            found["dependsOn"] = needed
        return [found]

    def _name(self, symbol: str) -> str:
        return self._expression(self._resources[symbol][2])

    def _id(self, symbol: str) -> str:
        kind, _version, _name, _existing = self._resources[symbol]
        above = "parameters('workspaceName'), " if kind.count("/") > 1 else ""
        return f"resourceId('{kind}', {above}{self._name(symbol)})"

    def _value(self, node: tree_sitter.Node) -> Any:
        match node.type:
            case "object":
                return {key: self._value(value) for key, value in _members(node).items()}
            case "array":
                return [self._value(one) for one in node.named_children]
            case "string" if not any(child.type == "interpolation" for child in node.named_children):
                text = self._string(node)
                return f"[{text}" if text.startswith("[") else text
            case "number":
                return int(_text(node))
            case "boolean":
                return _text(node) == "true"
            case _:
                return f"[{self._expression(node)}]"

    def _expression(self, node: tree_sitter.Node) -> str:
        match node.type:
            case "string":
                return "'" + self._string(node).replace("'", "''") + "'"
            case "identifier" if _text(node) in self._parameters:
                return f"parameters('{_text(node)}')"
            case "unary_expression" if _text(node).startswith("!"):
                return f"not({self._expression(node.named_children[0])})"
            case "call_expression":
                name, arguments = node.named_children
                given = ", ".join(self._expression(one) for one in arguments.named_children)
                return f"{_text(name)}({given})"
            case "member_expression":
                above, name = node.named_children
                if _text(above) in self._resources:
                    version = self._resources[_text(above)][1]
                    if _text(name) == "id":
                        return self._id(_text(above))
                    assert _text(name) == "properties", _text(node)
                    return f"reference({self._id(_text(above))}, '{version}')"
                return f"{self._expression(above)}.{_text(name)}"
            case _:
                raise AssertionError(f"{node.type} is not known here: {_text(node)[:80]}")

    def _string(self, node: tree_sitter.Node) -> str:
        if _text(node).startswith("'''"):
            return re.sub(r"\A\r?\n", "", _text(node)[3:-3])
        return "".join(
            _ESCAPES[_text(part)[1:]] if part.type == "escape_sequence" else _text(part) for part in node.named_children
        )


def _object(body: tree_sitter.Node) -> tree_sitter.Node:
    return body.named_children[-1] if body.type == "if_statement" else body


def _members(node: tree_sitter.Node) -> dict[str, tree_sitter.Node]:
    assert node.type == "object", node.type
    found = {}
    for member in node.named_children:
        key, value = member.named_children
        name = _text(key) if key.type == "identifier" else "".join(_text(part) for part in key.named_children)
        assert name not in found, f"{name} stands twice"
        found[name] = value
    return found


def _text(node: tree_sitter.Node) -> str:
    assert node.text is not None
    return node.text.decode()
