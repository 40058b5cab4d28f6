"""`auditor.yaml`: everything that options say, and the estate's own parameters of rules. Unknown keys are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from auditor.collect.request import Extra, Way
from auditor.evaluate.conditions.grammar import near
from auditor.evaluate.conditions.scalars import parse_duration
from auditor.model import positioned_yaml
from auditor.model.errors import ConfigError, RuleError


def _duration(text: str) -> str:
    span = parse_duration(text)
    if span is None or span.total_seconds() < 0:
        raise ValueError("it is no duration: write it as P30D")
    return text


ALLOWED: Final = "allowFromChange"
COMMENTS: Final = "comments"
_Path = Annotated[str, Field(pattern=r"^[^\x00]+$")]
_Duration = Annotated[str, AfterValidator(_duration)]
_SEVERITY = Literal["critical", "high", "medium", "low", "info", "never"]
_OUTCOMES = Literal["pass", "fail", "unknown", "error", "exempt"]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReportForm(_Form):
    """A report to write."""

    format: Literal[
        "text", "json", "sarif", "html", "pdf", "junit", "csv", "xlsx", "markdown", "ocsf", "gitlab", "github", "line"
    ]
    output: _Path | None = None


class SentinelForm(_Form):
    """Where findings go in Azure Monitor."""

    endpoint: str = Field(description="Logs ingestion endpoint of the data collection rule.")
    rule: str = Field(description="Immutable id of the data collection rule.")
    stream: str | None = None
    workspace: str | None = Field(None, description="Workspace id, to read back.")


class WebhookForm(_Form):
    """Where signed requests go."""

    url: str


class FileForm(_Form):
    """Where files go."""

    folder: _Path
    form: Literal["ndjson", "ocsf"] = "ndjson"


class PublishForm(_Form):
    """The sinks."""

    sentinel: SentinelForm | None = None
    webhook: WebhookForm | None = None
    file: FileForm | None = None


class ExemptionsForm(_Form):
    """Where exemptions stand, and what they may be."""

    files: list[_Path] = Field([], description="Files of exemptions; exemptions.yaml beside this file when not given.")
    max_age: _Duration = Field("P365D", alias="maxAge", description="How far ahead an exemption may end at most.")
    warn: _Duration = Field("P14D", description="How long before its end an exemption is announced.")
    max_findings: int = Field(50, alias="maxFindings", ge=1, description="What accepts more is too broad.")
    max_rules: int = Field(20, alias="maxRules", ge=1, description="What stands for more rules is too broad.")


class ConfigForm(_Form):
    """The whole file."""

    from_: list[_Path] = Field([], alias="from", description="Files, folders and snapshots to audit.")
    subscriptions: list[str] = Field([], description="Ids of subscriptions to audit live.")
    management_groups: list[str] = Field([], alias="managementGroups", description="To audit all below them live.")
    all: bool = Field(False, description="Audit every subscription that can be read.")
    resource_groups: list[str] = Field([], alias="resourceGroups", description="Audit these alone, live.")
    cloud: str = "AzureCloud"
    auth: list[Way] = []
    with_: list[Extra] = Field([], alias="with")
    kube_contexts: list[str] = Field([], alias="kubeContexts", description="Clusters to audit live: contexts, or all.")
    kubeconfig: _Path | None = Field(None, description="Where these contexts are.")
    in_cluster: str | None = Field(None, alias="inCluster", description="Name of the cluster that this runs in.")
    aks: bool = Field(False, description="Audit the AKS clusters of the subscriptions too.")
    read_tls_secrets: bool = Field(False, alias="readTlsSecrets", description="Read certificates in TLS Secrets.")
    time_limit: float = Field(120, gt=0, alias="timeLimit", description="Minutes that a live collection may take.")
    rules: list[_Path] = Field([], description="Folders of own rules.")
    select: list[str] = []
    exclude: list[str] = []
    fail_on: _SEVERITY | None = Field(None, alias="failOn")
    fail_on_unknown: _SEVERITY | None = Field(None, alias="failOnUnknown")
    max_unknown: int | None = Field(None, alias="maxUnknown", ge=0)
    min_coverage: float | None = Field(None, alias="minCoverage", ge=0, le=100, allow_inf_nan=False)
    require_resources: bool = Field(False, alias="requireResources")
    baseline: _Path | None = Field(None, description="An earlier audit, saved as JSON or SARIF.")
    against: _Path | None = Field(None, description="gate: the estate before.")
    source: _Path | None = Field(None, description="gate: the folder of the Terraform root module.")
    template_parameters: _Path | None = Field(
        None, alias="templateParameters", description="gate: a parameter file of an ARM template."
    )
    deployed_to: str | None = Field(
        None, alias="deployedTo", description="gate: the subscription or resource group that a template is deployed to."
    )
    new_only: bool = Field(False, alias="newOnly", description="gate: only new failures make the exit code.")
    save_snapshot: _Path | None = Field(None, alias="saveSnapshot", description="scan: keep what was read there.")
    exemptions: ExemptionsForm = ExemptionsForm.model_construct()
    as_of: str | None = Field(None, alias="asOf")
    outcomes: list[_OUTCOMES] = []
    jobs: int | None = Field(None, ge=1, le=64, description="Processes for large inputs; else by the machine.")
    quiet: bool = False
    history: _Path | None = Field(None, description="A folder of earlier audits as JSON, or the history file.")
    owner_tags: list[_Path] = Field([], alias="ownerTags", description="Tags and labels that name an owner.")
    excerpts: bool = Field(True, description="Whether JSON and HTML show parts of resources.")
    reports: list[ReportForm] = []
    estate: str | None = Field(None, description="What is audited; each estate has a history of its own.")
    publish: PublishForm | None = None
    parameters: dict[str, dict[str, Any]] = Field({}, description="Rule id → parameter → value.")

    allow_from_change: list[str] = Field(
        [],
        alias=ALLOWED,
        description="gate: with --trusted-config, the settings that the change itself may make, and "
        f"`{COMMENTS}` for exemptions in comments.",
    )

    @field_validator("allow_from_change")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        known = [field.alias or name for name, field in cls.model_fields.items() if name != "allow_from_change"]
        for name in names:
            if name not in (*known, COMMENTS):
                raise ValueError(f"unknown setting{near(name, [*known, COMMENTS])}")
        return names


_FORMS: dict[str, type[_Form]] = {"exemptions": ExemptionsForm, "reports": ReportForm}


def read_config(path: Path) -> dict[str, Any]:
    """The settings of a file, as plain data with the file's own names. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
        raw, marks = positioned_yaml.load(text, str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", "Give a YAML file with --config.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.", "Give a YAML file with --config.") from error
    except RuleError as error:
        raise ConfigError(error.sentence, error.hint) from error
    try:
        form = ConfigForm.model_validate(raw or {})
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"]
        within: type[_Form] = _FORMS.get(str(place[0]), ConfigForm) if len(place) > 1 else ConfigForm
        known = [field.alias or name for name, field in within.model_fields.items()]
        told = (
            f"unknown key{near(str(place[-1]), known)}"
            if first["type"] == "extra_forbidden"
            else positioned_yaml.sentence(first["msg"])
        )
        raise ConfigError(
            f"{path}:{marks.line(place)}: {positioned_yaml.spelled(place)}: {told}", "See the README."
        ) from error
    return form.model_dump(by_alias=True, exclude_unset=True)
