"""Secrets that somebody wrote out in a policy of API Management: passwords, keys, tokens, addresses. Pure."""

from __future__ import annotations

import re
from typing import Final

from auditor.sanitize.values import is_opaque

_LITERAL: Final = r"""("(?![^"]*\{\{)[^"@][^"]*"|'(?![^']*\{\{)[^'@][^']*')"""
_PASSWORD: Final = re.compile(rf"(\bpassword\s*=\s*){_LITERAL}", re.IGNORECASE)
_CERTIFICATE: Final = re.compile(rf"(<authentication-certificate\b[^>]*?\bbody\s*=\s*){_LITERAL}", re.IGNORECASE)
_KEY: Final = re.compile(r"(<key\b[^>/]*>\s*)(?![\s@])((?:(?!\{\{)[^<])+?)(\s*</key>)", re.IGNORECASE)
_TELLING: Final = (
    r"[^'\"]*(?:authorization|key|secret|token|password|credential|signature|cookie|\bcode\b|\bsig\b)[^'\"]*"
)
_SET_VALUE: Final = re.compile(
    rf"""(<(?:set-header|set-query-parameter|check-header)\b[^>]*?\bname\s*=\s*["']{_TELLING}["'][^>]*>)(.*?)(</(?:set|check)-)""",
    re.IGNORECASE | re.DOTALL,
)
_EXPRESSION: Final = re.compile(r"(<value>\s*@)(.*?)(</value>)", re.DOTALL | re.IGNORECASE)
_TEXT_IN_CODE: Final = re.compile(r'''(?<![\[@$])(?<!Default\()(?<!ContainsKey\()"(?!https?://)[^"\s\\{}]{8,}"''')
"""A text in C# that is more than the name of a scheme or of what is looked up."""
_VALUE: Final = re.compile(r"(<value>\s*)(?![\s@])((?:(?!\{\{)[^<])+?)(\s*</value>)", re.IGNORECASE)
_VARIABLE: Final = re.compile(
    rf"""(<set-variable\b[^>]*?\bname\s*=\s*["']{_TELLING}["'][^>]*?\bvalue\s*=\s*){_LITERAL}""", re.IGNORECASE
)
_VARIABLE_NAMED_LAST: Final = re.compile(
    rf"""(<set-variable\s+value\s*=\s*){_LITERAL}(?=\s+name\s*=\s*["']{_TELLING}["'])""", re.IGNORECASE
)
_ENCODED: Final = re.compile(r"""(\.GetBytes\(\s*)"[^":{}]+:[^"{}]+\"(?=\s*\))""")
"""The name and password that code makes a header of."""
_COMPARED: Final = re.compile(r"""((?:[=!]=|Equals\()\s*(?:"|&quot;))([^"&\s{}]{8,})(?="|&quot;)""")
"""A text in C# that something is compared with."""


def without_literals(policy: str, mark: str) -> str:
    """A policy with the mark for the passwords, keys and tokens that somebody wrote out in it."""
    for attribute in (_PASSWORD, _CERTIFICATE, _VARIABLE, _VARIABLE_NAMED_LAST):
        policy = attribute.sub(rf'\1"{mark}"', policy)
    policy = _KEY.sub(rf"\1{mark}\3", policy)
    policy = _COMPARED.sub(lambda found: found[1] + mark if is_opaque(found[2]) else found[0], policy)
    policy = _ENCODED.sub(rf'\1"{mark}"', policy)
    return _SET_VALUE.sub(lambda found: found[1] + _without_value(found[2], mark) + found[3], policy)


def _without_value(values: str, mark: str) -> str:
    """What a header or parameter is set to: a text is removed, of code the texts in it."""
    values = _VALUE.sub(rf"\1{mark}\3", values)
    return _EXPRESSION.sub(lambda found: found[1] + _TEXT_IN_CODE.sub(f'"{mark}"', found[2]) + found[3], values)
