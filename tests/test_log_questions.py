"""The questions to Log Analytics: Microsoft's parser takes them, they read columns that exist, and they run."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.collect.azure.log_queries import QUESTIONS
from tests.kql.parser import checked
from tests.kql.tables import TABLES

ANSWER = {"resource": "string", "records": "long", "newest": "datetime"}


CERTAIN = {
    table: {name: type_ for name, type_ in columns.items() if not name.endswith("_s")}
    for table, columns in TABLES.items()
}
"""Without the columns that may be missing in a workspace."""


def test_microsofts_parser_takes_every_question() -> None:
    for question, answer in zip(QUESTIONS, checked(CERTAIN, [question.query for question in QUESTIONS]), strict=True):
        assert answer["errors"] == [], question.name
        assert answer["tables"], question.name
        wanted = ANSWER | ({"protocol": "string"} if question.observed else {})
        assert answer["columns"] == wanted, question.name


def test_the_parser_finds_what_is_wrong() -> None:
    wrong = [
        "AGWAccessLogs | where Nothing == 1",
        "NoTable | count",
        "AKSAudit | wher x",
        "AzureDiagnostics | where sslProtocol_s == ''",
    ]
    assert all(answer["errors"] for answer in checked(CERTAIN, wrong))


def test_names_are_unique_and_spans_are_whole_days() -> None:
    names = [question.name for question in QUESTIONS]
    assert len(set(names)) == len(names)
    assert all(question.timespan.startswith("P") and question.timespan[1:-1].isdigit() for question in QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_question_runs(question: Any) -> None:
    import duckdb_kql

    from tests.azure.log_analytics import SQL_TYPES, runnable

    con = duckdb_kql.connect()
    try:
        for table, columns in TABLES.items():
            typed = ", ".join(f'"{name}" {SQL_TYPES[type_]}' for name, type_ in columns.items())
            con.execute(f'CREATE TABLE "{table}" ({typed})')
        found = duckdb_kql.query(con, runnable(question.query, TABLES))
        assert set(found.columns) >= set(ANSWER)
        assert found.fetchall() == []
    finally:
        con.close()
