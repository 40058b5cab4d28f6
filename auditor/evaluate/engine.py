"""Rules × resources → findings. Pure: no file, no network, no clock.

`Judge` judges one resource after another; what it says of a resource does not depend on those before it. Compiled code
(`conditions/compile.py`) decides; whatever it is not sure of is judged by the reference interpreter (`reference.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from auditor.evaluate.bound_rule import Bound
from auditor.evaluate.conditions import semantics
from auditor.evaluate.conditions.paths import Scope
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.conditions.runtime import Undecided
from auditor.evaluate.conditions.verdicts import ASK, FAILS, PASSES
from auditor.evaluate.finding_writer import Answer, Form, Writer, identity_of
from auditor.evaluate.interpreter import answers, marked_answers
from auditor.evaluate.ownership import owner_of
from auditor.model.audit import Counts, RuleRun
from auditor.model.finding import Evidence, Outcome
from auditor.model.kubernetes_types import is_cluster_type
from auditor.model.resource import Resource

if TYPE_CHECKING:
    from auditor.evaluate.conditions.compile import Compiled
    from auditor.evaluate.conditions.evidence_codegen import Explainer
    from auditor.evaluate.snippets import Excerpts

_Key = tuple[str, str, bool]
"""What decides which function judges a resource: its type, where it was read, whether it holds unknown values."""


class Judge:
    """All rules over one resource after another. Counts as it goes: `counts` by rule, in the order of `rules`.

    `patience` is the number of resources of a type, and of failures of a rule, that are left to the reference before
    code is generated: that takes longer than to judge a few. `owner_tags` say whose a finding is; `excerpts` collects
    parts of resources that fail.
    """

    def __init__(
        self,
        rules: Sequence[Bound],
        relations: Relations,
        *,
        keep_passes: bool = True,
        patience: int = 0,
        owner_tags: tuple[str, ...] = (),
        excerpts: Excerpts | None = None,
        each: str | None = None,
    ) -> None:
        """`each`: ask only the rules that ask each element of this array."""
        self.rules = tuple(rules)
        self._relations = relations
        self._keep_passes = keep_passes
        self._tallies = {outcome: [0] * len(self.rules) for outcome in Outcome}
        self._passed = self._tallies[Outcome.PASS]
        self._forms: dict[tuple[int, Outcome], Form] = {}
        self._errors: dict[int, str] = {}
        self._functions: dict[_Key, Compiled | None] = {}
        self._by_folded: dict[_Key, Compiled | None] = {}
        self._explainers: dict[tuple[int, bool, bool], Explainer] = {}
        self._patience = patience
        self._owner_tags = owner_tags
        self._excerpts = excerpts
        self._ranks = [bound.rule.severity.rank for bound in self.rules]
        self._met: Counter[_Key] = Counter()  # resources by type, failures by rule: until there is code
        self._failures: Counter[int] = Counter()
        # What the function of a type reports of one resource; emptied after each.
        self._kept: list[int] = []
        self._failed: list[int] = []
        self._marked: list[tuple[int, list[int]]] = []
        self._asked: list[int] = []
        self._report = tuple(told.append for told in (self._kept, self._failed, self._marked, self._asked))
        self._by_type: dict[str, list[int]] = defaultdict(list)
        for index, bound in enumerate(self.rules):
            for kind in bound.types if each is None or bound.rule.each == each else ():
                self._by_type[kind].append(index)

    @property
    def types(self) -> frozenset[str]:
        """The casefolded types that some rule judges."""
        return frozenset(self._by_type)

    def findings(self, resource: Resource) -> list[bytes]:
        """Every finding of a resource, as JSON; passes only when they are kept."""
        key = resource.type, resource.origin.source, resource.partial
        try:
            function = self._functions[key]
        except KeyError:
            function = self._function(key)
        if function is None:
            return []
        if function is _not_yet:
            self._asked += self._indexes(resource.type, resource.origin.source)
        else:
            try:
                function(resource, *self._report)
            except Undecided:  # nobody thought of its shape: the reference judges all of it
                for reports in (self._kept, self._failed, self._marked, self._asked):
                    reports.clear()
                self._asked += self._indexes(resource.type, resource.origin.source)
        for index in self._kept:
            self._passed[index] += 1
        found: list[bytes] = []
        if self._keep_passes or self._failed or self._marked or self._asked:
            found = self._told(resource)
        self._kept.clear()
        return found

    def _told(self, resource: Resource) -> list[bytes]:
        """The findings of a resource, in the order of the rules. Its plain passes are counted already."""
        told: list[tuple[int, int | list[int]]] = [*self._marked]
        told += [(index, FAILS) for index in self._failed]
        told += [(index, ASK) for index in self._asked]
        if self._keep_passes:
            told += [(index, PASSES) for index in self._kept]
        for reports in (self._failed, self._marked, self._asked):
            reports.clear()
        found: list[bytes] = []
        writer: Writer | None = None
        excerpts = self._excerpts
        for index, known in sorted(told, key=_first):
            if isinstance(known, list) and not self._keep_passes and ASK not in known and FAILS not in known:
                self._passed[index] += known.count(PASSES)
                continue
            if writer is None:
                owner = owner_of(resource, self._owner_tags) if self._owner_tags else None
                writer = Writer(resource, owner)
            for answer in self._answers(index, resource, known):
                outcome = answer.outcome
                if known != PASSES:
                    self._tallies[outcome][index] += 1
                if self._keep_passes or outcome is not Outcome.PASS:
                    line = writer.line(self._form(index, outcome), answer)
                    found.append(line)
                    if excerpts and outcome is Outcome.FAIL and excerpts.wanted(self._ranks[index]):
                        excerpts.add(self._ranks[index], identity_of(line), resource, answer.evidence)
        return found

    def _form(self, index: int, outcome: Outcome) -> Form:
        form = self._forms.get((index, outcome))
        if form is None:
            form = self._forms[index, outcome] = Form(self.rules[index].rule, outcome)
        return form

    def _answers(self, index: int, resource: Resource, known: int | list[int]) -> list[Answer]:
        """The answers of a rule of which the verdict is known, or the marks of its elements, or nothing (`ASK`)."""
        if known == PASSES:
            return [Answer(None, Outcome.PASS)]
        bound = self.rules[index]
        try:
            if known == FAILS:
                return [Answer(None, Outcome.FAIL, tuple(self._reason(index, Scope.of(resource))))]
            if known == ASK:
                return answers(bound, resource, self._relations)
            assert isinstance(known, list)  # noqa: S101
            return marked_answers(bound, resource, self._relations, known, partial(self._reason, index))
        except Exception as error:  # noqa: BLE001  (isolation point: one rule on one resource)
            told = f"{type(error).__name__}: {error}"
            self._errors.setdefault(index, told)
            return [Answer(None, Outcome.ERROR, gap=told)]

    def _reason(self, index: int, scope: Scope) -> Sequence[Evidence]:
        """The evidence of a failure by generated code, else by the reference."""
        bound, relations = self.rules[index], self._relations
        key = index, scope.root.partial, scope.strict
        explainer = self._explainers.get(key)
        if explainer is None:
            self._failures[index] += 1
            if self._failures[index] <= self._patience:
                return semantics.evidence(bound.condition, scope, relations)
            from auditor.evaluate.conditions.compile import compile_why

            explainer = self._explainers[key] = compile_why(
                bound, relations, partial=scope.root.partial, strict=scope.strict
            )
        pieces = explainer(scope.root, scope.item, scope.item_prefix)
        if pieces is None:
            return semantics.evidence(bound.condition, scope, relations)
        return [Evidence(path=path, actual=semantics.shown(value), expected=text) for path, value, text in pieces]

    def _function(self, key: _Key) -> Compiled | None:
        if len(self._functions) > _MOST_TYPES:
            self._functions.clear()  # spellings of types come from the input, so their number has no bound of its own
        kind, source, partial = key
        folded = kind.casefold(), source, partial
        if folded not in self._by_folded:
            rules = [(index, self.rules[index]) for index in self._indexes(kind, source)]
            if rules:
                self._met[folded] += 1
                if self._met[folded] <= self._patience:
                    return _not_yet
                from auditor.evaluate.conditions.codegen import Spelling
                from auditor.evaluate.conditions.compile import compile_rules  # here: a small audit does without

                # what lenses give has the keys that they wrote
                spelling = Spelling(is_cluster_type(kind), distinct=folded[0].startswith("auditor/"))
                self._by_folded[folded] = compile_rules(rules, self._relations, spelling=spelling, partial=partial)
            else:
                self._by_folded[folded] = None
        self._functions[key] = self._by_folded[folded]
        return self._by_folded[folded]

    def _indexes(self, kind: str, source: str) -> list[int]:
        """The rules of a type; for what was read from a change, those that say they can be decided there."""
        return [i for i in self._by_type.get(kind.casefold(), []) if self.rules[i].rule.asks_of(kind, source)]

    def runs(self) -> list[RuleRun]:
        """Every rule with what it has said so far."""
        each = ({outcome: numbers[i] for outcome, numbers in self._tallies.items()} for i in range(len(self.rules)))
        return [
            RuleRun(rule=bound.rule, counts=Counts.of(tally), error=self._errors.get(index))
            for index, (bound, tally) in enumerate(zip(self.rules, each, strict=True))
        ]


_first: Final = itemgetter(0)


def _not_yet(*_args: Any) -> None:
    """In place of the function of a type that is not worth one yet."""


_MOST_TYPES: Final = 4096
