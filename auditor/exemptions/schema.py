"""The form in which people write exemptions: `exemptions.yaml`, refused with file, line and text when it is wrong."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from auditor.evaluate.conditions.grammar import near
from auditor.evaluate.conditions.scalars import parse_time
from auditor.exemptions.entry import Entry, fits
from auditor.model import positioned_yaml
from auditor.model.errors import ConfigError, RuleError
from auditor.model.finding import Exemption, Outcome
from auditor.model.positioned_yaml import Marks
from auditor.model.rule import Rule

FILE: Final = "exemptions.yaml"
TODO: Final = "TODO"
"""What an imported exemption holds where a person must decide. A file with it is refused."""
_HINT: Final = "docs/exemptions.md shows the form; `auditor exemptions schema` describes it."


def _decided(text: str) -> str:
    if text.strip().upper().startswith(TODO):
        raise ValueError("it is still to be filled in")
    return text


_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?", re.ASCII)
"""Weeks (2027-W20) and days without dashes are ISO 8601 too, but are more often mistakes."""


def _time(text: str) -> str:
    if not _DATE.fullmatch(text) or parse_time(text) is None:
        raise ValueError("it is no date: write it as 2026-12-31")
    return text


def _glob(text: str) -> str:
    if not any(sign in text for sign in "/.*"):
        raise ValueError(f"it is the name alone, which no id and no address is: write '*/{text}'")
    return text


def _one_or_more(schema: dict[str, Any]) -> BeforeValidator:
    """A list that may be written as its only item."""
    either = {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}
    return BeforeValidator(_listed, json_schema_input_type=Annotated[Any, WithJsonSchema(either)])


def _listed(value: Any) -> Any:
    if value == []:
        raise ValueError("it is an empty list")
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_decided)]
Glob = Annotated[Text, AfterValidator(_glob)]
Day = Annotated[str, AfterValidator(_decided), AfterValidator(_time)]


class EntryForm(BaseModel):
    """One exemption."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Text = Field(description="The rule: an id or a glob such as azure.key-vault.*")
    resource: Annotated[list[Glob], _one_or_more({"type": "string"})] = Field(
        [], description="The resource: a glob of ids or of plan addresses, or a list of these. * is any text."
    )
    tags: dict[str, Text] = Field({}, description="Tags of an ARM resource, or labels of a Kubernetes object: all fit.")
    element: Text | None = Field(None, description="The element within the resource: a name or a glob.")
    outcomes: Annotated[list[Literal["fail", "unknown"]], _one_or_more({"enum": ["fail", "unknown"]})] = Field(
        ["fail"], description="What is accepted: failures, and answers that are not known only where this says so."
    )
    category: Literal["waiver", "mitigated"] = Field(
        description="waiver: the risk is accepted for a time. mitigated: it is met by other means."
    )
    owner: Text = Field(description="Who answers for it: a person or a team.")
    reason: Text = Field(description="Why it is acceptable.")
    expires_on: Day = Field(alias="expiresOn", description="The day (or ISO 8601 time) from which it counts again.")

    @model_validator(mode="after")
    def _selects_something(self) -> EntryForm:
        if not self.resource and not self.tags:
            raise ValueError("it names neither `resource` nor `tags`; for every resource write `resource: '*'`")
        return self


class FileForm(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exemptions: list[EntryForm] = Field(description="The exemptions; the first that fits and is in force accepts.")


def read_exemptions(path: Path, rules: Sequence[Rule]) -> list[Entry]:
    """The exemptions of a file. Each must be about a rule that exists. Raises ConfigError."""
    try:
        raw, marks = positioned_yaml.load(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.", _HINT) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.", _HINT) from error
    except RuleError as error:
        raise ConfigError(error.sentence, error.hint) from error
    try:
        form = FileForm.model_validate({} if raw is None else raw)
    except ValidationError as error:
        raise _refused(error, path, marks) from error
    entries = []
    for number, given in enumerate(form.exemptions):
        check_rule(given.rule, rules, f"{path}:{marks.line(('exemptions', number, 'rule'))}")
        entries.append(entry_of(given, str(path), marks.line(("exemptions", number))))
    return entries


def entry_of(form: EntryForm, file: str, line: int, kind: str = "external") -> Entry:
    """What was written, as an entry."""
    ends = parse_time(form.expires_on)
    assert isinstance(ends, dt.datetime)  # noqa: S101  (the form saw to it)
    return Entry(
        rule=form.rule,
        resources=tuple(form.resource),
        tags=form.tags,
        element=form.element,
        outcomes=tuple(map(Outcome, form.outcomes)),
        exemption=Exemption(
            category=form.category,
            owner=form.owner,
            reason=form.reason,
            expires_on=form.expires_on,
            kind=kind,
            file=file,
            line=line,
        ),
        ends=ends,
    )


def check_rule(rule: str, rules: Sequence[Rule], place: str) -> None:
    """Raises ConfigError when there is no such rule."""
    if not any(fits(rule, known.id) for known in rules):
        meant = near(rule, [known.id for known in rules])
        raise ConfigError(f"{place}: no rule is called {rule!r}{meant}", "`auditor rules list` shows all rules.")


def told(error: ValidationError, form: type[BaseModel]) -> tuple[tuple[str | int, ...], str]:
    """The place in a form and the sentence of the first thing that is wrong. A misspelt key also leaves a required one
    missing: the misspelling is what to tell."""
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    place = first["loc"]
    if first["type"] == "extra_forbidden":
        fields = form.model_fields if len(place) == 1 else EntryForm.model_fields
        known = [field.alias or name for name, field in fields.items()]
        return place, f"unknown key{near(str(place[-1]), known)}"
    given = first.get("input")
    shown = f" (given: {str(given)[:60]!r})" if isinstance(given, (str, int, float)) else ""
    return place, positioned_yaml.sentence(first["msg"]) + shown


def _refused(error: ValidationError, path: Path, marks: Marks) -> ConfigError:
    place, sentence = told(error, FileForm)
    what = positioned_yaml.spelled(place) or "the file"
    return ConfigError(f"{path}:{marks.line(place)}: {what}: {sentence}", _HINT)


def schema_text() -> str:
    """The JSON Schema of the file, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **FileForm.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2) + "\n"
