"""The schema that editors complete rule files from: it accepts every bundled rule and underlines what is misspelt."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from auditor.model import positioned_yaml
from auditor.model.package_data import rules_folder
from auditor.ruleset.docs import schema_text
from auditor.ruleset.loader import sources, unique


@pytest.fixture(scope="module")
def validator() -> Any:
    import jsonschema  # here: importing it takes more than a second

    return jsonschema.Draft202012Validator(json.loads(schema_text()))


def loaded(text: str) -> Any:
    """A rule file as an editor sees it: a tagged value is a value like any other."""
    raw, _marks = positioned_yaml.load(text, "a rule")
    return json.loads(json.dumps(raw, default=str))


def test_every_bundled_rule_is_fine(validator: Any) -> None:
    for source in unique(sources([])):
        assert [error.message for error in validator.iter_errors(loaded(source.path.read_text("utf-8")))] == [], (
            source.path
        )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("assert", {"field": "properties.protocol", "equal": "Https"}),
        ("assert", {"feild": "properties.protocol", "equals": "Https"}),
        ("assert", {"field": "properties.protocol", "count": {"field": "a[*]"}, "equals": 1}),
        ("assert", {"anyOf": [{"not": {"count": {"field": "a[*]", "were": {}}, "equals": 1}}]}),
        ("when", {"related": {"type": "Microsoft.Example/things", "match": {"their": "id", "ours": "id"}}}),
        ("controls", {"mscb": ["DP-3"]}),
        ("severity", "urgent"),
        ("titel", "a word that nobody meant"),
    ],
)
def test_what_is_misspelt_is_underlined(validator: Any, key: str, value: Any) -> None:
    path = rules_folder() / "azure" / "application-gateway" / "backend-https.yaml"
    rule = copy.deepcopy(loaded(path.read_text("utf-8")))
    assert validator.is_valid(rule)
    rule[key] = value
    assert not validator.is_valid(rule)
