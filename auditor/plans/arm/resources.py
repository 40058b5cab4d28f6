"""The resources that a template declares, one by one: loops unrolled, conditions decided, ids composed. Pure.

A resource whose condition, or whose number, is not known is kept: it is judged as it will be if it is deployed. Its
`doubt` says why it may not be.
Source: learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources, …/conditional-resource-deployment,
…/child-resource-name-type, …/scope-extension-resources
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.arm.context import MAX_COPIES, Env, kept
from auditor.plans.arm.evaluate import value
from auditor.plans.arm.scope import Path, Template
from auditor.plans.arm.scope_ids import DEPLOYMENT, Place, id_at, id_below, place_of_id
from auditor.plans.arm.spelling import LOOP, RESOURCE, TEMPLATE, Members, canonical, in_two_casings
from auditor.plans.arm.strays import OF_A_RESOURCE, OF_A_TEMPLATE, lose_strays
from auditor.plans.arm.values import Refused, whole

_TYPE: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)
DEPLOYMENTS: Final = DEPLOYMENT.casefold()
_MAX_CHILDREN: Final = 10
"""Resources within resources."""

_NO_ROUNDS: Final = "resource of a loop without rounds"
_NOT_DEPLOYED: Final = "resource whose condition is false"
_EXISTING: Final = "existing resource that a template refers to"
"""Why declared resources are not evaluated, as an accounting names the reason."""

_NOT_OF_THE_BODY: Final = frozenset({"comments", "condition", "copy", "dependson", "existing", "resources", "scope"})

_EXTENSIONS: Final = {
    "diagnosticsettings": "Microsoft.Insights",
    "locks": "Microsoft.Authorization",
    "policyassignments": "Microsoft.Authorization",
    "roleassignments": "Microsoft.Authorization",
}
"""Providers of extension resources in their old spelling (`…/providers/locks`), where their name is not known."""


@dataclass(eq=False, slots=True)
class Instance:
    """One resource of a template, or one round of its loop."""

    raw: dict[str, Any]
    template: Template
    env: Env
    kind: str
    name: Any
    id: str | Unknown
    symbol: str | None
    index: int | None
    existing: bool
    doubt: Unknown | None
    path: Path
    _body: dict[str, Any] | None = field(default=None)
    _busy: bool = field(default=False)

    @property
    def address(self) -> str:
        """`type.name`, with the name as it is written where it is not known."""
        name = self.name if isinstance(self.name, str) else str(self.raw.get("name"))
        return f"{self.kind}.{name}"

    def field(self, name: str) -> Any:
        """One property of the declaration, evaluated."""
        try:
            with self.template.work.deeper():
                return value(self.raw.get(name), self.env)
        except Refused as refused:
            return Unknown(str(refused))

    def body(self) -> dict[str, Any] | Unknown:
        """The resource as declared. Unknown while it is being evaluated: it refers to itself."""
        if self._busy:
            return Unknown(f"{self.address} refers to itself")
        if self._body is None:
            self._busy = True
            try:
                made = {key: self.field(key) for key in self.raw if key.casefold() not in _NOT_OF_THE_BODY}
            finally:
                self._busy = False
            try:
                kept(made, self.template.work)
            except Refused as refused:
                made = {"properties": Unknown(str(refused))}
            self._body = {**made, "id": self.id, "type": self.kind, "name": self.name}
        return self._body


class Resources:
    """The resources of one template, found out when first asked for."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.instances: list[Instance] = []  # while it is being filled, those before
        self._filled = False

    def all(self) -> list[Instance]:
        if not self._filled:
            self._filled = True
            place = _text_of(self.template.situation.path)
            lose_strays(self.template.raw, place, self.template.work, OF_A_TEMPLATE)
            self._note_casings(self.template.raw, TEMPLATE, place)
            for path, symbol, raw in declared_in(self.template.raw.get("resources"), ("resources",)):
                self._add(raw, path, symbol, None, 0)
        return self.instances

    def find(self, name: str) -> Instance | None:
        """By symbolic name (`vault`, `vaults[0]`), by id, or by name."""
        stem, bracket, index = name.partition("[")
        folded = name.casefold().rstrip("/")
        named: Instance | None = None
        for instance in self.all():
            if instance.symbol is not None and instance.symbol == stem:
                if instance.index is None or (bracket and index.rstrip("]") == str(instance.index)):
                    return instance
            elif isinstance(instance.id, str) and instance.id.casefold() == folded:
                return instance
            elif isinstance(instance.name, str) and instance.name.casefold() == folded:
                named = named or instance
        return named

    def _add(self, raw: Any, path: Path, symbol: str | None, parent: Instance | None, depth: int) -> None:
        template = self.template
        work = template.work
        work.accounting.expect()
        place = _text_of((*template.situation.path, *path))
        if not isinstance(raw, dict):
            work.lose(place, "a resource is expected here, and it is not an object")
            return
        raw = canonical(raw, RESOURCE)
        self._note_casings(raw, RESOURCE, place)
        env = parent.env if parent else template.env
        if depth > _MAX_CHILDREN:
            work.lose(place, "resources are nested too deeply")
            return
        if any(raw.get(key) for key in ("import", "extension")):
            work.lose(place, f"{raw.get('type')} is a resource of an extension, which is not judged")
            return
        rounds = 0
        for index, inside in self._rounds(raw, env):
            work.accounting.expect(rounds > 0)
            rounds += 1
            if inside is None:
                many = f"the loops of the template make more than {MAX_COPIES:,} resources"
                work.lose(place, many, type=_type_of(raw))
                return
            try:
                self._add_one(raw, path, symbol, parent, depth, index, inside)
            except Refused as refused:
                work.lose(place, f"the resource cannot be evaluated: {refused}", type=_type_of(raw))
        if not rounds:
            work.accounting.leave_out(_NO_ROUNDS, place)

    def _note_casings(self, raw: Mapping[str, Any], members: Members, place: str) -> None:
        for name in in_two_casings(raw, members):
            self.template.work.note(place, f"`{name}` is given in two casings")

    def _rounds(self, raw: dict[str, Any], env: Env) -> Iterator[tuple[int | None, Env | None]]:
        """Where each round of the loop of a resource stands; one round, without index, for a resource without loop.
        None for a round with which the template has too many."""
        work = self.template.work
        loop = raw.get("copy")
        if not isinstance(loop, dict):
            yield None, env
            return
        loop = canonical(loop, LOOP)
        name = str(loop.get("name", ""))
        try:
            times = value(loop.get("count"), env)
            count = times if isinstance(times, Unknown) else whole(times)
            if not isinstance(count, Unknown) and count < 0:
                raise Refused("a loop has 0 rounds or more")
        except Refused as refused:
            count = Unknown(str(refused))
        if isinstance(count, Unknown):
            reason = Unknown(f"it is not known how many there will be: {count.reason}")
            yield None, env.looped(reason, "", name)
            return
        for index in range(count):
            work.copies += 1
            if work.copies > MAX_COPIES:
                yield index, None
                return
            yield index, env.looped(index, "", name)

    def _add_one(
        self,
        raw: dict[str, Any],
        path: Path,
        symbol: str | None,
        parent: Instance | None,
        depth: int,
        index: int | None,
        env: Env,
    ) -> None:
        condition = value(raw.get("condition", True), env)
        if condition is False or (isinstance(condition, str) and condition.casefold() == "false"):
            self.template.work.accounting.leave_out(_NOT_DEPLOYED, f"{_type_of(raw)} {raw.get('name')}")
            return
        doubt = parent.doubt if parent else self.template.situation.doubt
        if isinstance(condition, Unknown):
            doubt = doubt or Unknown(f"it is deployed only on a condition: {condition.reason}")
        counted = env.loops.get("")
        if isinstance(counted, Unknown):
            doubt = doubt or counted
        kind, name = value(raw.get("type"), env), value(raw.get("name"), env)
        if not isinstance(kind, str) or ("/" not in kind.strip("/") and parent is None):
            raise Refused("it has no resource type")
        name = name if isinstance(name, str | Unknown) else Unknown("it has no name")
        kind = kind.split("@")[0].strip("/")
        if not _TYPE.fullmatch(kind):
            raise Refused("its type is not the name of a resource type")
        try:
            kind, name, found = self._identity(raw, kind, name, parent, env)
        except Refused as refused:  # a name that does not fit its type
            found = Unknown(str(refused))
        lose_strays(raw, _text_of((*self.template.situation.path, *path)), self.template.work, OF_A_RESOURCE)
        existing = raw.get("existing") is True
        if existing and not isinstance(self.template.raw.get("resources"), dict):
            existing = False
            place = _text_of((*self.template.situation.path, *path))
            self.template.work.note(place, "`existing` means nothing in a template without symbolic names")
        instance = Instance(raw, self.template, env, kind, name, found, symbol, index, existing, doubt, path)
        self.instances.append(instance)
        if existing:
            self.template.work.accounting.leave_out(_EXISTING, instance.address)
        for below, child_symbol, child in declared_in(raw.get("resources"), (*path, "resources")):
            self._add(child, below, child_symbol, instance, depth + 1)

    def _identity(
        self, raw: dict[str, Any], kind: str, name: Any, parent: Instance | None, env: Env
    ) -> tuple[str, Any, str | Unknown]:
        """Type, name and id of a resource, from what its declaration says and where it stands."""
        if parent is not None:
            return _below(parent, kind, name)
        scope = value(raw.get("scope"), env) if kind.casefold() != DEPLOYMENTS else None
        place = self.place_of(raw, env)
        if isinstance(scope, Unknown):
            return kind, name, scope
        if isinstance(scope, str) and scope:
            base = scope.rstrip("/") if scope.startswith("/") else _joined(place.id, f"/providers/{scope}")
            return kind, name, id_below(base, kind, name)
        if "/providers/" in kind.casefold():
            return _old_extension(place, kind, name)
        return kind, name, id_at(place, kind, name)

    def place_of(self, raw: dict[str, Any], env: Env) -> Place:
        """Where a declaration says that it belongs: its resource group and subscription, else those of the template."""
        place = self.template.situation.place
        given = {key: value(raw.get(key), env) for key in ("subscriptionId", "resourceGroup", "scope")}
        if isinstance(given["scope"], Unknown):
            return Place(given["scope"])
        if isinstance(given["scope"], str) and _type_of(raw).casefold() == DEPLOYMENTS:
            place = place_of_id(given["scope"], place)
        subscription, group = given["subscriptionId"], given["resourceGroup"]
        if subscription is not None:
            return Place(subscription, group)
        return place if group is None else Place(place.subscription, group)


def declared_in(resources: Any, path: Path) -> Iterator[tuple[Path, str | None, Any]]:
    """The declarations of an array, or of an object by symbolic name. What is neither is given as it is: no part of a
    template may vanish."""
    if isinstance(resources, dict):
        for symbol, raw in resources.items():
            yield (*path, symbol), symbol, raw
    elif isinstance(resources, list):
        for index, raw in enumerate(resources):
            yield (*path, index), None, raw
    elif resources is not None:
        yield path, None, resources


def _text_of(path: Path) -> str:
    return ".".join(map(str, path))


def _type_of(raw: dict[str, Any]) -> str:
    kind = raw.get("type")
    return kind if isinstance(kind, str) else ""


def _joined(base: str | Unknown, rest: str) -> str | Unknown:
    return base if isinstance(base, Unknown) else base + rest


def _below(parent: Instance, kind: str, name: Any) -> tuple[str, Any, str | Unknown]:
    """Of a resource nested in its parent: type and name continue those of the parent."""
    full = "." in kind.partition("/")[0] and "/" in kind
    if kind.casefold().startswith("providers/"):
        namespace, _slash, rest = name.partition("/") if isinstance(name, str) else (_provider(kind), "", name)
        extension = f"{namespace}/{kind.partition('/')[2]}"
        return extension, rest, id_below(parent.id, extension, rest)
    if full and not kind.casefold().startswith(f"{parent.kind.casefold()}/"):
        return kind, name, id_below(parent.id, kind, name)
    relative = kind[len(parent.kind) + 1 :] if full else kind
    if isinstance(name, Unknown) or isinstance(parent.name, Unknown):
        unknown = name if isinstance(name, Unknown) else parent.name
        return f"{parent.kind}/{relative}", name if isinstance(name, Unknown) else unknown, unknown
    leaf = name.split("/")[-len(relative.split("/")) :]
    if len(leaf) != len(relative.split("/")):
        raise Refused(f"{relative} does not have {len(leaf)} names")
    pairs = "".join(f"/{type_}/{part}" for type_, part in zip(relative.split("/"), leaf, strict=True))
    return f"{parent.kind}/{relative}", f"{parent.name}/{'/'.join(leaf)}", _joined(parent.id, pairs)


def _old_extension(place: Place, kind: str, name: Any) -> tuple[str, Any, str | Unknown]:
    """`Microsoft.Sql/servers/providers/locks` with the name `server/Microsoft.Authorization/lock`."""
    at = kind.casefold().index("/providers/")
    base, extension = kind[:at], kind[at + len("/providers/") :]
    count = len(base.split("/")) - 1
    if isinstance(name, Unknown):
        return f"{_provider(extension)}/{extension}", name, name
    parts = name.split("/")
    if len(parts) < count + 2:
        raise Refused(f"{kind} does not have {len(parts)} names")
    full, leaf = f"{parts[count]}/{extension}", "/".join(parts[count + 1 :])
    return full, leaf, id_below(id_at(place, base, "/".join(parts[:count])), full, leaf)


def _provider(extension: str) -> str:
    return _EXTENSIONS.get(extension.rpartition("/")[2].casefold(), "Unknown.Provider")
