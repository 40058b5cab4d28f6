"""The form in which people write a rule: one YAML file, checked as a whole (pydantic), with its test cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.evaluate.bound_rule import bind
from auditor.evaluate.conditions.grammar import GrammarError, near, related_types
from auditor.model import positioned_yaml
from auditor.model.errors import RuleError
from auditor.model.package_data import rules_folder
from auditor.model.positioned_yaml import Marks, Place
from auditor.model.rule import Rule

Source = Literal["live", "plan", "template", "manifest"]
Outcome = Literal["pass", "fail", "unknown", "not-applicable"]
Tool = Literal["checkov", "psrule", "azure-policy", "prowler", "kubescape", "trivy", "kube-linter", "regula"]
Text = Annotated[str, Field(min_length=1)]
CLOCK: Final = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
"""The clock of a case that names none."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


class ParameterForm(_Form):
    """A value that an estate may set for itself."""

    default: Any
    description: Text


class RemediationForm(_Form):
    """How to mend it."""

    text: Text = Field(description="What to change, in one or two sentences.")
    azcli: str | None = Field(None, description="Azure CLI commands.")
    bicep: str | None = None
    terraform: str | None = None
    kubernetes: str | None = Field(None, description="A manifest, or kubectl commands.")


class CaseForm(_Form):
    """A resource and the answer that the rule must give for it."""

    name: Text
    given: dict[str, Any] = Field({}, description="The body of the resource; id, type and name are added.")
    base: str | None = Field(None, description="A fixture under rules/fixtures to build on.")
    with_: list[dict[str, Any]] = Field([], alias="with", description="Other resources; `parent: true` makes children.")
    unread: list[str] = Field([], description="Related types that could not be read.")
    parameters: dict[str, Any] = {}
    as_of: str | None = Field(None, alias="asOf", description="The clock; 2026-07-09T00:00:00Z when not given.")
    expect: Outcome | dict[str, Outcome] = Field(description="An outcome; with `each` also one per element name.")


class LintForm(_Form):
    """A warning of `auditor rules test` that the rule accepts."""

    check: Literal["chosen-name", "empty-value", "plain-port", "silent-absence", "split-range", "text-pattern"]
    field: Text = Field(description="The field that the warning names.")
    reason: Annotated[str, Field(min_length=20, description="Why the condition is right, in one sentence.")]


class RuleForm(_Form):
    """One rule file."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$")]
    title: Annotated[str, Field(min_length=10, max_length=120, description="States the good state.")]
    severity: Literal["critical", "high", "medium", "low", "info"]
    resource: Text | list[Text] = Field(description="An ARM type, a Kubernetes group/Kind, or kubernetes/workload.")
    each: str | None = Field(None, description="A path: one finding per element.")
    when: Any = Field(None, description="A condition: does the rule apply?")
    assert_: Any = Field(alias="assert", description="A condition: true when all is well.")
    parameters: dict[str, ParameterForm] = {}
    rationale: Annotated[str, Field(min_length=30)]
    remediation: RemediationForm
    sources: Annotated[list[Source], Field(min_length=1)]
    controls: dict[str, list[str]] = {}
    equivalents: dict[Tool, list[str]] = {}
    references: Annotated[list[Annotated[str, Field(pattern=r"^https://")]], Field(min_length=1)]
    lint: list[LintForm] = Field([], description="Warnings of `auditor rules test` that are accepted, with reasons.")
    tests: Annotated[list[CaseForm], Field(min_length=3)]


@dataclass(frozen=True, slots=True)
class RuleSource:
    """A rule with the file it stands in, its cases and the lines of its parts."""

    rule: Rule
    path: Path
    cases: tuple[CaseForm, ...]
    marks: Marks
    lint: tuple[LintForm, ...] = ()


def read_rule_file(path: Path, root: Path, text: str) -> RuleSource:
    """Read and check one rule file. `root` is the folder that ids are paths under. Raises RuleError."""
    raw, marks = positioned_yaml.load(text, str(path))
    if not isinstance(raw, dict):
        raise RuleError(f"{path}: a rule file holds one rule", "`auditor rules new ID` writes one to start from.")
    try:
        form = RuleForm.model_validate(raw)
    except ValidationError as error:
        raise _refused(error, path, marks) from error
    rule = _rule(form)
    _check(rule, form, path, root, marks)
    return RuleSource(rule, path, tuple(form.tests), marks, tuple(form.lint))


def _rule(form: RuleForm) -> Rule:
    plain = form.model_dump(mode="python", by_alias=True, exclude={"tests", "lint"})
    if isinstance(plain["resource"], str):
        plain["resource"] = [plain["resource"]]
    plain["related"] = sorted({*related_types(plain.get("when")), *related_types(plain["assert"])})
    return msgspec.convert(plain, Rule)


def _check(rule: Rule, form: RuleForm, path: Path, root: Path, marks: Marks) -> None:
    def refuse(place: Place, sentence: str, hint: str) -> RuleError:
        return RuleError(f"{path}:{marks.line(place)}: {sentence}", hint)

    if root.is_dir():
        expected = ".".join(path.relative_to(root).with_suffix("").parts)
        if rule.id != expected:
            raise refuse(
                ("id",), f"the id is {rule.id!r}, but the file lies at {expected!r}", "id = path, dots for slashes."
            )
    try:
        _ = bind(rule, CLOCK).nodes
        for index, case in enumerate(form.tests):
            for name in case.parameters:
                if name not in rule.parameters:
                    meant = near(name, rule.parameters)
                    raise GrammarError(f"unknown parameter {name!r}{meant}", ("tests", index, "parameters", name))
    except GrammarError as error:
        raise refuse(error.place, error.message, "See docs/writing-rules.md for what may be written.") from error
    known = frameworks()
    for framework, ids in rule.controls.items():
        if framework not in known:
            place = ("controls", framework)
            raise refuse(
                place, f"unknown framework {framework!r}{near(framework, known)}", f"Known: {', '.join(known)}."
            )
        for index, control in enumerate(ids):
            if control not in known[framework].controls:
                meant = near(control, known[framework].controls)
                raise refuse(
                    ("controls", framework, index),
                    f"{framework} has no control {control!r}{meant}",
                    "See rules/frameworks/.",
                )
    names = [case.name for case in form.tests]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise refuse(("tests", index, "name"), f"two cases are called {name!r}", "Give each a name of its own.")
    outcomes = {outcome for case in form.tests for outcome in _outcomes(case)}
    for needed in ("pass", "fail"):
        if needed not in outcomes:
            raise refuse(("tests",), f"no case expects {needed}", "A rule needs a pass, a fail and an absent case.")
    if not any("absent" in name.casefold() for name in names):
        hint = "Add a case without the deciding value and put the word `absent` in its name."
        raise refuse(("tests",), "no case shows what an absent value means", hint)


def _outcomes(case: CaseForm) -> list[str]:
    return list(case.expect.values()) if isinstance(case.expect, dict) else [case.expect]


_VARIANTS: Final = ("constrained", "function", "literal[", "dict[", "list[")
"""How pydantic names the variants of a field that has several; nobody wrote these in the file."""


def _refused(error: ValidationError, path: Path, marks: Marks) -> RuleError:
    # A misspelt key also leaves a required one missing: the misspelling is what to tell.
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    place = tuple(part for part in first["loc"] if isinstance(part, int) or not part.startswith(_VARIANTS))
    what = positioned_yaml.spelled(place) or "the file"
    message = positioned_yaml.sentence(first["msg"])
    if first["type"] == "extra_forbidden":
        fields = {field.alias or name for name, field in RuleForm.model_fields.items()}
        message = f"unknown key{near(str(place[-1]), fields)}"
    given = first.get("input")
    shown = f" (given: {str(given)[:60]!r})" if isinstance(given, (str, int, float)) else ""
    return RuleError(
        f"{path}:{marks.line(place)}: {what}: {message}{shown}", "`auditor rules schema` describes the form."
    )


@dataclass(frozen=True, slots=True)
class Framework:
    """A benchmark or standard: its controls, each with a label of our own words. `partly`: each asks for more than
    settings can show."""

    title: str
    controls: Mapping[str, str]
    partly: bool = False


@lru_cache(maxsize=1)
def frameworks() -> Mapping[str, Framework]:
    """Every framework of rules/frameworks/*.yaml by its name. Raises RuleError."""
    found = {}
    for path in sorted((rules_folder() / "frameworks").glob("*.yaml")):
        raw, _marks = positioned_yaml.load(path.read_text(encoding="utf-8"), str(path))
        if not isinstance(raw, dict) or not isinstance(raw.get("controls"), dict) or not raw.get("title"):
            raise RuleError(f"{path}: a framework file has `title`, `source` and `controls`", "")
        controls = {str(control): str(label or "") for control, label in raw["controls"].items()}
        found[path.stem] = Framework(str(raw["title"]), controls, bool(raw.get("partly")))
    return found
