"""Where the resources of a Terraform plan are written, and what their dynamic blocks refer to.

Reads the folder of the root module and those of the modules that it calls: local ones as the plan's configuration
names them, downloaded ones as `.terraform/modules/modules.json` does. What lies in a downloaded module is nothing that
the user can mend there, so the block of the nearest call in their own files stands for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from auditor.model.errors import InputError
from auditor.plans.arm.lines import extents_of
from auditor.plans.change import Lines
from auditor.plans.terraform.hcl import Block, dynamic_references, read_hcl, read_hcl_json
from auditor.plans.terraform.nodes import Node

_SUFFIXES: Final = (".tf", ".tofu", ".tf.json", ".tofu.json")
_MODULES: Final = Path(".terraform/modules/modules.json")


class Source:
    """The files that a plan was made from. Raises InputError when there is no such folder."""

    def __init__(self, plan: dict[str, Any], folder: str) -> None:
        if not Path(folder).is_dir():
            raise InputError(f"{folder} is no folder.", "Name the folder of the root module that was planned.")
        self._root = Path(folder)
        self._configuration = _dict(_dict(plan.get("configuration")).get("root_module"))
        self._listed = _listed(self._root / _MODULES)
        self._blocks: dict[Path, dict[tuple[str, ...], Lines]] = {}
        self._lines: dict[str, list[str]] = {}

    def places(self, nodes: Iterable[Node]) -> dict[str, Lines]:
        """Where every resource and data source of a plan is written, as far as the folder tells.

        Raises InputError when nothing in it belongs to the plan.
        """
        nodes = list(nodes)
        found = {node.address: place for node in nodes if (place := self.place(node))}
        if not found and any(node.after for node in nodes):
            raise InputError(
                f"{self._root}: nothing that the plan holds is written here.",
                "Name the folder of the root module that was planned.",
            )
        return found

    def dynamic(self, node: Node) -> dict[str, Any]:
        """What the dynamic blocks of a node refer to, in the shape of a configuration, which leaves them out."""
        folder = self._folder(node.calls)
        lines = None if folder is None else self._in(folder).get(_header(node))
        if lines is None or lines.file.endswith(".json"):
            return {}
        if lines.file not in self._lines:
            self._lines[lines.file] = _text(Path(lines.file)).split("\n")
        found = dynamic_references("\n".join(self._lines[lines.file][lines.first - 1 : lines.last]))
        return {
            block: [{name: {"references": references} for name, references in attributes.items()}]
            for block, attributes in found.items()
        }

    def place(self, node: Node) -> Lines | None:
        """The block of a node, or of the nearest call in the user's own files."""
        header = _header(node)
        names = node.calls
        while True:
            folder = self._folder(names)
            if folder is not None and not self._is_downloaded(folder):
                return self._in(folder).get(header)
            header, names = ("module", names[-1]), names[:-1]

    def _is_downloaded(self, folder: Path) -> bool:
        return ".terraform" in Path(os.path.relpath(folder, self._root)).parts

    def _folder(self, names: tuple[str, ...]) -> Path | None:
        """The folder of a module by the names of its calls; None when it is not known."""
        folder, module = self._root, self._configuration
        for depth, name in enumerate(names, 1):
            call = _dict(_dict(module.get("module_calls")).get(name))
            source = call.get("source")
            listed = self._listed.get(".".join(names[:depth]))
            if listed is not None:
                folder = self._root / listed
            elif isinstance(source, str) and source.startswith(("./", "../")):
                folder = folder / source
            else:
                return None
            module = _dict(call.get("module"))
        return Path(os.path.normpath(folder))

    def _in(self, folder: Path) -> dict[tuple[str, ...], Lines]:
        if folder not in self._blocks:
            blocks: dict[tuple[str, ...], Lines] = {}
            for path in _files(folder):
                for block in _read(path):
                    blocks.setdefault(block.header, Lines(str(path), block.first, block.last))
            self._blocks[folder] = blocks
        return self._blocks[folder]


def _header(node: Node) -> tuple[str, ...]:
    return "data" if node.data else "resource", node.type, node.name


def _files(folder: Path) -> Iterable[Path]:
    """The files of a module, those that override others last."""
    try:
        found = [path for path in folder.iterdir() if path.name.endswith(_SUFFIXES)]
    except OSError:
        return []
    return sorted(found, key=lambda path: (path.name.partition(".")[0].endswith("override"), path.name))


def _read(path: Path) -> list[Block]:
    try:
        text = _text(path)
        return read_hcl_json(json.loads(text), extents_of(text)) if path.suffix == ".json" else read_hcl(text).blocks
    except (OSError, ValueError, RecursionError):
        return []  # Terraform has read it, or the plan would not be: another version of it lies here


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", "replace")


def _listed(path: Path) -> dict[str, str]:
    """The folders of modules as `terraform init` notes them: `net.subnets` → `modules/subnets`."""
    try:
        modules = _dict(json.loads(path.read_bytes())).get("Modules")
    except (OSError, ValueError):
        return {}
    return {
        str(item["Key"]): item["Dir"]
        for item in (modules if isinstance(modules, list) else ())
        if isinstance(item, dict) and item.get("Key") and isinstance(item.get("Dir"), str)
    }


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
