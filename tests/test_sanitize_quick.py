"""The quick test of a text passes over nothing that the search field by field would find, and no text takes long."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
import zlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.model.resource import Origin, Resource
from auditor.sanitize.marks import KUBERNETES
from auditor.sanitize.names import _ENDS, _LAST_WORDS, _WHOLE
from auditor.sanitize.resources import sanitized, sanitized_line, searched
from auditor.sanitize.texts import masked

NAMES = sorted(
    {*_WHOLE, *_ENDS, *(f"db_{word}" for word in _LAST_WORDS), "authorization", "cookie", "auth", "key", "kind"}
)
SECRETS = (
    "hunter2", "Zm9vYmFyYmF6", "Bearer abcdef0123456789", "ghp_0123456789abcdefghij", "AKIAIOSFODNN7EXAMPLE",
    "https://h.example/x?code=abc123", "amqp://u:hunter2@h/v", "Server=a;Password=hunter2;", "export TOKEN=hunter2",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    '{"password": "hunter2"}', "proxy_set_header Authorization \"Basic abc123==\";", "--api-key hunter2", "Secret",
    "docker login -u a -p hunter2", "<password>hunter2</password>", "ConvertTo-SecureString 'hunter2' -AsPlainText",
    "curl -u admin:hunter2 https://h", "https://hooks.slack.com/services/T0/B0/abc",
    "- name: DB_PASSWORD\n  value: x1y2",
    "<Header Name=\"x-api-key\" Value=\"hunter2\"/>", "fs.azure.account.key.a hunter2",
    "ALTER USER a PASSWORD 'hunter2'",
    "CREATE USER a IDENTIFIED BY 'hunter2'",
    "chpasswd:\n  list: root:x", "#cloud-config\nusers: []\n", "net user bob hunter2 /add",
    "openssl x -passin pass:hunter2",
    "redis-cli -a hunter2", "htpasswd -bc f u hunter2", "echo root:hunter2 | chpasswd",
    "AAAA:" + "0123456789abcdef" * 2,
    "QUtJQUlPU0ZPRE5ON0VYQU1QTEU= " + base64.b64encode(b"db:\n  password: hunter2\n").decode(),
    base64.b64encode(b'{"auths": {"r": {"auth": "dTpodW50ZXIy"}}}').decode(), "key: " + "0123456789abcdef" * 2,
    "run " + base64.b64encode("$env:Password = 'hunter2'".encode("utf-16-le")).decode(),
    "the password is hunter2", "x\nkey=Zm9vYmFyMTIz9a", '{"key": "Zm9vYmFyMTIz9a"}', "x\npass=hunter2", "pw: hunter2",
    "password Zm9vYmFyMTIz9a", "token -> hunter2", "secret – hunter2", "kubectl create x --from-literal=a=hunter2",
    "openssl enc -k hunter2", "az keyvault secret set -n a --value hunter2", "7z a -phunter2 x", "auth: Zm9vYmFyMTIz9a",
    "aws configure set aws_secret_access_key Zm9vYmFyMTIz9a", "ldapsearch -w hunter2", "smbclient -U a%hunter2",
    "my api key is hunter2", "{'creds': 'hunter2'}",
    "kind: Secret\ndata:\n  a: b\n", "set $token \"hunter2\";", "echo hunter2 | docker login --password-stdin",
)  # fmt: skip


def _wide(name: str) -> str:
    """The name in letters that look like it."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name)


PACKED = [
    base64.b64encode(pack(text)).decode()
    for pack in (gzip.compress, zlib.compress)
    for text in (
        b"db:\n  password: hunter2\n",
        b'{"auths": {"r": {"auth": "dTpodW50ZXIy"}}}',
        b"nothing" * 9,
        b"\0" * 99999,
    )
]
PLACES = st.sampled_from(
    ["plain", "westeurope", "Standard", "10Gi", "k8s", "a1b2c3d4e5", "orders20261", *SECRETS, *PACKED]
)
SPELLINGS = st.sampled_from(
    [str, str.upper, _wide, str.title, lambda name: f"x-{name}", lambda name: f"the{name.title()}"]
)
NAMING = ("name", "id", "key", "field", "header", "k", "settingName", "type", "variable")
HOLDING = ("value", "text", "content", "data", "v", "settingValue", "default", "string")
FIELDS = st.builds(lambda spell, name: spell(name), SPELLINGS, st.sampled_from(NAMES))
VALUES = st.recursive(
    st.one_of(PLACES, st.booleans(), st.integers(0, 99999), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        inner.map(lambda value: json.dumps({"a": value})),
        st.tuples(FIELDS, inner).map(lambda pair: json.dumps(dict([pair]))),
        st.tuples(FIELDS, inner).map(list),
        st.tuples(st.sampled_from(NAMING), FIELDS, st.sampled_from(HOLDING), inner).map(
            lambda pair: {pair[0]: pair[1], pair[2]: pair[3]}
        ),
        st.dictionaries(
            st.one_of(FIELDS, st.sampled_from(["name", "value", "properties", "data", "a"])), inner, max_size=3
        ),
    ),
    max_leaves=8,
)


STRING, LETTER = re.compile(rb'"(?:[^"\\]|\\.)*"'), re.compile(rb"(?<!\\)[a-z]")


def pod(value: Any) -> Resource:
    """A workload that has a value in the places where people write secrets."""
    container = {"name": "a", "env": [{"name": "UPSTREAM", "value": value}], "args": [value, "--password", value]}
    metadata = {"name": "p", "annotations": {"a/b": value, "kubectl.kubernetes.io/last-applied-configuration": "{}"}}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], "x": value}}
    return Resource("core/Pod", body, Origin())


def resource(body: dict[str, Any]) -> Resource:
    return Resource("Microsoft.Test/things", {"id": "/x", "type": "Microsoft.Test/things", **body}, Origin())


@given(
    VALUES,
    st.sampled_from([pod, lambda value: resource({"properties": value})]),
    st.sampled_from(["compact", "spaced", "escaped"]),
)
@example(json.dumps({"a": ["secret \N{EN DASH} hunter2"]}), lambda value: resource({"properties": value}), "compact")
@example(
    json.dumps({"a": ["key \N{RIGHTWARDS ARROW} hunter2"]}), lambda value: resource({"properties": value}), "compact"
)
@settings(max_examples=600)
def test_what_is_passed_over_has_no_secret(value: Any, make: Callable[[Any], Resource], form: str) -> None:
    given_ = make(value)
    if form == "compact":
        line = orjson.dumps(given_.body)
    elif form == "spaced":
        line = json.dumps(given_.body, indent=1).encode()
    else:
        line = STRING.sub(
            lambda text: LETTER.sub(lambda one: b"\\u%04x" % ord(one[0]), text[0]), orjson.dumps(given_.body)
        )
        assert json.loads(line) == given_.body
    assert sanitized_line(given_, line).body == searched(given_).body
    assert sanitized(given_).body == searched(given_).body


@given(VALUES)
@settings(max_examples=300)
def test_what_has_no_secrets_any_more_stays_as_it_is(value: Any) -> None:
    once = searched(resource({"properties": value})).body
    assert searched(resource(once)).body == once


HOSTILE = (
    "a",
    "-",
    "--",
    "https://",
    "password",
    "password=",
    "://:",
    "eyJ",
    "A/",
    "{",
    '{"a":',
    "basic ",
    "&sig=",
    "\\",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_long(piece: str) -> None:
    """A million characters that begin like a secret over and over."""
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    masked(text, KUBERNETES)
    searched(resource({"properties": {"a": text, text[:1000]: text}}))
    assert time.process_time() - begun < 20
