"""Rules of one resource type → one Python function that says which of them a resource passes. Pure.

The function answers only what it is sure of: a rule that passes, does not apply, or fails. For everything else (an
unknown, a shape it did not expect) it *asks*: the reference interpreter then judges that rule on that resource. Why a
rule fails is the business of a function of its own, compiled when the rule fails for the first time.

How it is fast: every field is read once into a local, by its exact name first; conditions become Python expressions,
loops become functions that stop as soon as they know enough; what several rules ask first is asked once. No text of a
rule ever becomes source: names and literals are constants `k0 … kn` in the function's namespace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from auditor.evaluate.conditions import evidence_codegen
from auditor.evaluate.conditions.codegen import INDENT, Block, Function, Names, Spelling, body_of
from auditor.evaluate.conditions.evidence_codegen import Explainer
from auditor.evaluate.conditions.expressions import Expressions, Scopes, loops, split
from auditor.evaluate.conditions.grammar import All, Count, Field, Node, Path
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.conditions.runtime import (
    Keys,
    against,
    exact,
    fold,
    items,
    known,
    odd,
    tested,
    undecided,
    unknown_below,
)
from auditor.evaluate.conditions.verdicts import FAILS, PASSES, SKIP
from auditor.model.resource import MISSING, Resource, Unknown

Report = Callable[[Any], None]
Compiled = Callable[[Resource, Report, Report, Report, Report], None]
"""`f(resource, keep, fail, each, ask)` reports each rule that applies, by its index, once: it passed (`keep`), failed
(`fail`), has a mark for every element (`each`, as a pair), or is for the reference to judge (`ask`)."""


class Judged(Protocol):
    """What this module needs of a bound rule."""

    @property
    def each(self) -> Path | None: ...
    @property
    def when(self) -> Node | None: ...
    @property
    def condition(self) -> Node: ...


def compile_rules(
    rules: Sequence[tuple[int, Judged]], relations: Relations, *, spelling: Spelling, partial: bool = False
) -> Compiled:
    """The function for all rules of one type, for resources that hold unknown values or (faster) for those that do not;
    each rule comes with the index that names it. `spelling`: of its keys.

    The function raises `Undecided` for a resource of an unforeseen shape, whatever it has reported of it before.
    """
    names = Names(_CALLED, partial=partial)
    writer = _Writer(Expressions(names, relations))
    root = _root(names, spelling)
    writer.rules(root, [(index, rule, _conjuncts(rule.when)) for index, rule in rules])
    reads = [] if root.keys is None else [body_of(names.constant(root.keys))]
    lines = ["def judge(r, keep, fail, each, ask):", *(INDENT + line for line in (*reads, *root.rendered()))]
    source = "\n".join([*names.functions, *lines])
    exec(compile(source, "<rules>", "exec"), names.values)  # noqa: S102  (our own text; rule text is in constants)
    compiled: Compiled = names.values["judge"]
    return compiled


def compile_why(rule: Judged, relations: Relations, *, strict: bool, partial: bool = False) -> Explainer:
    """The function that gives the evidence where a rule is known to fail; `partial` as above, `strict`: of a resource
    of Kubernetes. Whoever knows that it fails has seen that no key is there in two spellings."""
    names = Names({**_CALLED, **evidence_codegen.CALLED}, partial=partial)
    root = _root(names, Spelling(strict, distinct=True))
    item = root if rule.each is None else Block(root.function, "e", root.spelling)
    why = evidence_codegen.Reasons(names, relations).why(rule.condition, Scopes(root, item, item, root.function))
    item.lines.append(f"return {why}")
    if item is not root:
        root.lines += item.rendered()
    lines = [INDENT * 2 + line for line in root.rendered()]
    head = [f"def why(r, e, {evidence_codegen.TEXT}):", f"{INDENT}try:", *lines, f"{INDENT}except Exception:"]
    source = "\n".join([*names.functions, *head, f"{INDENT}{INDENT}return None"])
    exec(compile(source, "<why>", "exec"), names.values)  # noqa: S102  (our own text; rule text is in constants)
    explainer: Explainer = names.values["why"]
    return explainer


_CALLED: Final = {
    "M": MISSING, "Unknown": Unknown, "fold": fold, "exact": exact, "items": items, "known": known, "odd": odd,
    "tested": tested, "against": against, "undecided": undecided, "unknown_below": unknown_below,
}  # fmt: skip


def _root(names: Names, spelling: Spelling) -> Block:
    """The block of the resource."""
    keys = None if spelling.distinct else Keys((), strict=spelling.strict)
    return Block(Function(names), "r", spelling, resource=True, keys=keys)


_Member = tuple[int, Judged, Sequence[Node]]
"""A rule, and what is left of its `when`: all of these conditions."""


def _conjuncts(node: Node | None) -> Sequence[Node]:
    if node is None:
        return ()
    return [inner for part in node.parts for inner in _conjuncts(part)] if isinstance(node, All) else (node,)


def _of_resource(node: Node, rule: Judged) -> bool:
    """Whether a condition of `when` is about the resource, not about one element of `each`. False in doubt."""
    match node:
        case _ if rule.each is None:
            return True
        case Field(path, test):
            return path.start == "$" and not isinstance(test.operand, Path)
        case Count(path, Field(inner, condition), test):
            plain = not (isinstance(condition.operand, Path) or isinstance(test.operand, Path))
            return path.start == "$" and inner.start == "" and plain
        case _:
            return False


class _Writer:
    """Writes the statements that judge rules."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions

    def rules(self, root: Block, members: Sequence[_Member]) -> None:
        """The rules; those whose `when` begins with the same condition together."""
        groups: dict[str, list[_Member]] = defaultdict(list)
        for member in members:
            index, rule, when = member
            key = repr(when[0]) if when and _of_resource(when[0], rule) else f"alone {index}"
            groups[key].append(member)
        for group in groups.values():
            if len(group) == 1:
                self._rule(root, *group[0])
            else:
                self._group(root, group)

    def _group(self, root: Block, members: Sequence[_Member]) -> None:
        """Rules that share a first condition: their fields are read only when it is true."""
        condition = members[0][2][0]
        asks = [f"{INDENT}ask({index})" for index, _rule, _when in members]
        inner = Block(root.function, root.variable, root.spelling, resource=True, keys=root.keys)
        self.rules(inner, [(index, rule, when[1:]) for index, rule, when in members])
        truth = self._expressions.expression(condition, Scopes(root, root, root, root.function))
        shared = root.function.local()
        root.lines += ["try:", f"{INDENT}{shared} = {truth}", "except Exception:", f"{INDENT}{shared} = False", *asks]
        root.lines += [f"if {shared}:", *(INDENT + line for line in inner.rendered())]

    def _rule(self, root: Block, index: int, rule: Judged, when: Sequence[Node]) -> None:
        root.lines.append("try:")
        if rule.each is None:
            scopes = Scopes(root, root, root, root.function)
            lines = self._verdict(rule, when, scopes, f"keep({index})", f"fail({index})")
        else:
            marks = root.function.local()
            first, *rest = split(rule.each.segments)

            def fill(block: Block) -> None:
                self._element(root, block, rest[-1], rule, when, marks)

            each = loops(root.function, root.read(first), rest, fill, root.spelling)
            lines = [f"{marks} = []", *each, f"if {marks}: each(({index}, {marks}))"]
        root.lines += [INDENT + line for line in lines]
        # Undecided, or a shape that nobody thought of: the reference knows what to say of it.
        root.lines += ["except Exception:", f"{INDENT}ask({index})"]

    def _element(
        self, root: Block, block: Block, keys: tuple[str, ...], rule: Judged, when: Sequence[Node], marks: str
    ) -> None:
        # `each: a[*].b`: b of every element
        item = Block(block.function, block.read(keys), block.spelling) if keys else block
        scopes = Scopes(root, item, item, block.function)
        passes, fails, skips = (f"{marks}.append({mark})" for mark in (PASSES, FAILS, SKIP))
        item.lines += self._verdict(rule, when, scopes, passes, fails, skips)
        if item is not block:
            block.lines += item.rendered()

    def _verdict(
        self, rule: Judged, when: Sequence[Node], scopes: Scopes, passes: str, fails: str, skips: str = ""
    ) -> list[str]:
        """`if` the rule applies: `passes` or `fails`; else `skips`."""
        condition = self._expressions.expression(rule.condition, scopes)
        lines = [f"if {condition}: {passes}", f"else: {fails}"]
        if when:
            applies = " and ".join(self._expressions.expression(part, scopes) for part in when)
            lines = [f"if {applies}:", *(INDENT + line for line in lines)]
            if skips:
                lines.append(f"else: {skips}")
        return lines
