"""Where `azurerm.json` comes from: the attributes of azurerm 3, 4 and 5, read out of bindings generated from them.

    python -m tests.terraform.extract 3=LIB 4=LIB 5=LIB

LIB is the folder `package/lib` of the bindings (in the archive `_jsii/*.tgz` of the packages
cdktf-cdktf-provider-azurerm 12.27.0 and 14.23.1, cdktn-provider-azurerm 18.9.0: azurerm 3.116.0, 4.55.0 and 5.10.0).
Nothing of ours goes into it but the list of types: that is what makes it worth comparing our tables with.

Each attribute becomes `[type, flags, versions]`: s, b, n for texts, booleans and numbers, ls, ss, ms for lists, sets
and maps of them; flags r(equired), o(ptional), c(omputed), with commas where the versions differ. Each block becomes
`[nesting, versions, attributes]`, its nesting list or set, and `list of` or `set of` for what is written like blocks
but is one attribute. The bindings of 3 and 4 do not tell whether an optional attribute is computed: as in 5, then.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from auditor.plans.terraform.azurerm import INDEX

FILE: Final = Path(__file__).parent / "azurerm.json"
_FUNCTION: Final = re.compile(r"function (\w+)ToHclTerraform\(struct\) \{(.*?)\n\}", re.DOTALL)
_OWN: Final = re.compile(r"synthesizeHclAttributes\(\) \{(.*?)\n    \}", re.DOTALL)
_ENTRY: Final = re.compile(
    r"^ {8,12}(\w+): \{\n\s+value: (.*?),\n"
    r"\s+isBlock: (?:true|false),\n\s+type: \"(\w+)\",\n\s+storageClassType: \"(\w+)\"",
    re.MULTILINE,
)
_CLASS: Final = re.compile(r"\nclass (\w+) extends .*?(?=\nclass |\Z)", re.DOTALL)
_FLAGS: Final = re.compile(
    r"// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n(.*\n.*)"
)
_INTERFACE: Final = re.compile(r"export interface (\w+)[^{]*\{(.*?)\n\}", re.DOTALL)
_ARGUMENT: Final = re.compile(r"#(\w+) \w+#\w+\}(?:(?!readonly).)*readonly \w+(\??):", re.DOTALL)
_BLOCK: Final = re.compile(r"\* (\w+) block\n")
_MAPPER: Final = re.compile(r"(\w+)ToHclTerraform\b")
_GOT: Final = re.compile(r"get(String|Boolean|Number|List|StringMap|NumberList)Attribute")
_SIMPLE: Final = {"string": "s", "boolean": "b", "number": "n", "any": "s"}
_COMPUTED: Final = {"String": "s", "Boolean": "b", "Number": "n", "List": "ls", "StringMap": "ms", "NumberList": "ln"}

Schema = dict[str, list[Any]]


def schema_of(path: Path) -> Schema:
    """The attributes and blocks of one type."""
    text = path.read_text()
    flags: dict[str, dict[str, tuple[str, str]]] = {}
    for part in _CLASS.finditer(text):
        flags[part[1].casefold()] = {
            name: ("".join(mark for mark, on in zip("cor", marks, strict=True) if on == "true"), after)
            for name, *marks, after in _FLAGS.findall(part[0])
        }
    functions = {name.casefold(): body for name, body in _FUNCTION.findall(text)}
    (own,) = _OWN.findall(text)
    declared = path.with_suffix(".d.ts").read_text()
    blocks = set(_BLOCK.findall(declared))
    arguments = {name.casefold(): dict(_ARGUMENT.findall(body)) for name, body in _INTERFACE.findall(declared)}
    resource = next(name for name in flags if not name.endswith(("outputreference", "list")))

    def attributes(body: str, told: dict[str, tuple[str, str]], own: dict[str, str]) -> Schema:
        found: Schema = {}
        for name, value, kind, storage in _ENTRY.findall(body):
            mapper = next((m.casefold() for m in _MAPPER.findall(value) if m.casefold() in functions), None)
            mark = told[name][0] if name in told else "r" if own.get(name) == "" else "o?"
            if name == "timeouts":
                continue
            if mapper is None:
                simple = _SIMPLE[re.sub(r"(List|Map)$", "", storage)]
                found[name] = [{"list": "l", "set": "s", "map": "m"}.get(kind, "") + simple, mark]
            else:
                inner = attributes(
                    functions[mapper], flags.get(f"{mapper}outputreference", {}), arguments.get(mapper, {})
                )
                found[name] = [("set" if kind == "set" else "list") + ("" if name in blocks else " of"), inner]
        for name, (mark, after) in told.items():
            got = _GOT.search(after)
            if name not in found and got and mark == "c":
                found[name] = [_COMPUTED[got[1]], mark]
        return found

    return attributes(own, flags[resource], arguments[f"{resource}config"])


def merged(versions: dict[str, Schema]) -> Schema:
    """The schemas of several versions as one, each entry with the versions that have it."""
    found: Schema = {}
    for name in sorted({name for schema in versions.values() for name in schema}):
        having = {version: schema[name] for version, schema in versions.items() if name in schema}
        newest = having[max(having)]
        said = "".join(sorted(having))
        if newest[0].startswith(("list", "set")):
            blocks = {v: entry[1] for v, entry in having.items() if entry[0].startswith(("list", "set"))}
            found[name] = [newest[0], said, merged(blocks)]
        else:
            computed = "co" if "c" in newest[1] else "o"
            flags = [entry[1].replace("o?", computed) for _version, entry in sorted(having.items())]
            found[name] = [newest[0], flags[0] if len(set(flags)) == 1 else ",".join(flags), said]
    return found


def all_of(folders: dict[str, Path]) -> Iterator[tuple[str, Schema]]:
    for kind in sorted(INDEX):
        name = kind.removeprefix("azurerm_").replace("_", "-")
        paths = {version: folder / name / "index.js" for version, folder in folders.items()}
        yield kind, merged({version: schema_of(path) for version, path in paths.items() if path.exists()})


def main() -> None:
    folders = {version: Path(folder) for version, _, folder in (text.partition("=") for text in sys.argv[1:])}
    kinds = [f'"{kind}": {json.dumps(schema, separators=(",", ":"))}' for kind, schema in all_of(folders)]
    FILE.write_text("{\n" + ",\n".join(kinds) + "\n}\n")


if __name__ == "__main__":
    main()
