"""The report on paper: printed by a real Chromium, the same bytes each time."""

from __future__ import annotations

import io
import re

import audits
import pytest
import tools

from auditor.model.errors import OutputError
from auditor.render.formats import Options
from auditor.render.pdf import render_pdf, the_same_again


@pytest.mark.browser
def test_print_to_pdf() -> None:
    tools.chromium()  # says whether it is here
    out = io.BytesIO()
    render_pdf(*audits.small(), out, Options())
    pdf = out.getvalue()
    assert pdf.startswith(b"%PDF-")
    pages = max(int(number) for number in re.findall(rb"/Count (\d+)", pdf))
    assert 5 <= pages <= 12
    assert b"(D:20250115080000" in pdf and b"/JavaScript" not in pdf
    again = io.BytesIO()
    render_pdf(*audits.small(), again, Options())
    assert again.getvalue() == pdf


def test_a_pdf_does_not_tell_what_the_browser_showed_before() -> None:
    printed = b"/CreationDate (D:%d+00'00')>> /ID (node%08d) /Headers [(node%08d)] /ID (node%08d)"
    one, other = (
        the_same_again(printed % (20260101000000 + n, 321 + n, 400 + n, 400 + n), b"20250115080000") for n in (0, 1)
    )
    assert one == other == printed % (20250115080000, 1, 2, 2)


def test_a_pdf_without_a_browser_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.render.pdf.shutil.which", lambda _name: None)
    with pytest.raises(OutputError, match="needs a browser") as caught:
        render_pdf(*audits.small(), io.BytesIO(), Options())
    assert "--format html" in caught.value.hint
