"""The bundled folders are found."""

from __future__ import annotations

from auditor.model.package_data import reports_folder, rules_folder


def test_the_folders_of_the_checkout_are_found() -> None:
    assert (reports_folder() / "html" / "report.html.j2").is_file()
    assert rules_folder().is_dir()
