"""SARIF results, written from prepared pieces: what is the same for a rule, and for a resource, is encoded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from auditor.model.finding import Exemption, Finding, Outcome, ResourceRef, Severity
from auditor.model.resource import Origin, Record
from auditor.render.sarif.locations import location_of
from auditor.render.sarif.rules import LEVELS

_KINDS: Final = {
    Outcome.FAIL: "fail",
    Outcome.EXEMPT: "fail",  # still a failure, with a suppression that says who accepted it
    Outcome.UNKNOWN: "open",
    Outcome.ERROR: "review",
    Outcome.PASS: "pass",
}


_NONE: Final = b"null"
_NO_ELEMENT: Final = (_NONE, b'""')
_ENDS: Final = (b'."', b'!"', b'?"')


class Told(Record, frozen=True, kw_only=True):
    """What a result tells of a finding. Texts stay as they are written; many findings share resource and origin."""

    fingerprint: str
    rule_id: str
    outcome: Outcome
    severity: Severity
    resource: msgspec.Raw
    element: msgspec.Raw = msgspec.Raw(_NONE)
    message: msgspec.Raw
    exemption: Exemption | None = None
    origin: msgspec.Raw


_told: Final = msgspec.json.Decoder(Told).decode
_resource: Final = msgspec.json.Decoder(ResourceRef).decode
_origin: Final = msgspec.json.Decoder(Origin).decode
_encode: Final = msgspec.json.Encoder().encode


State = Callable[[str, Outcome], str]


class Results:
    """Writes results. `index` is the number of each rule in the list of the driver; `state` tells the `baselineState`
    of a fingerprint and its outcome, when there is a baseline."""

    def __init__(self, index: Mapping[str, int], state: State | None = None) -> None:
        self._index = index
        self._state = state
        self._heads: dict[tuple[str, Outcome, Severity], tuple[bytes, bytes]] = {}
        self._places: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}

    def of(self, line: bytes) -> bytes:
        """The result of a finding that is JSON."""
        told = _told(line)
        return self._written(told, self._state(told.fingerprint, told.outcome) if self._state else None)

    def gone(self, finding: Finding) -> bytes:
        """The result of a finding of the baseline that is there no more."""
        return self._written(_told(_encode(finding)), "absent")

    def _written(self, told: Told, state: str | None) -> bytes:
        head, tail = self._head(told.rule_id, told.outcome, told.severity)
        name, place = self._place(bytes(told.resource), bytes(told.origin))
        element, said = bytes(told.element), bytes(told.message)
        if element not in _NO_ELEMENT:
            name = b"%b, %b" % (name, element[1:-1])
        more = (
            b"" if told.outcome is not Outcome.EXEMPT else b',"suppressions":' + _encode([_suppression(told.exemption)])
        )
        if state is not None:
            more += b',"baselineState":"%b"' % state.encode()
        return b'%b%b%b%b"}%b%b}%b}' % (
            head,
            message(b'"%b: %b' % (name, said[1:])),
            place,
            told.fingerprint.encode(),
            tail,
            element,
            more,
        )

    def _head(self, rule_id: str, outcome: Outcome, severity: Severity) -> tuple[bytes, bytes]:
        """What stands before the message, and between the fingerprint and the element."""
        key = rule_id, outcome, severity
        found = self._heads.get(key)
        if found is None:
            kind = _KINDS[outcome]
            first = {
                "ruleId": rule_id,
                "ruleIndex": self._index[rule_id],
                "kind": kind,
                "level": LEVELS[severity] if kind == "fail" else "none",
            }
            begun = b'%b,"message":{"text":' % _encode(first)[:-1]
            found = self._heads[key] = (
                begun,
                b',"properties":{"outcome":"%b","severity":"%b","element":' % (outcome.encode(), severity.encode()),
            )
        return found

    def _place(self, resource: bytes, origin: bytes) -> tuple[bytes, bytes]:
        """The name of a resource as it stands in a JSON text, and what lies between message and fingerprint."""
        key = resource, origin
        found = self._places.get(key)
        if found is None:
            ref = _resource(resource)
            address, line = location_of(ref, _origin(origin))
            location = {
                "physicalLocation": {"artifactLocation": {"uri": address}, "region": {"startLine": line}},
                "logicalLocations": [
                    {
                        "name": ref.name,
                        "fullyQualifiedName": ref.id,
                        "kind": "resource",
                        "properties": {"type": ref.type},
                    }
                ],
            }
            written = b'},"locations":%b,"partialFingerprints":{"primaryLocationLineHash":"' % _encode([location])
            found = self._places[key] = _encode(ref.name)[1:-1], written
        return found


def message(said: bytes) -> bytes:
    """A text as a SARIF message, both as JSON: a sentence, in which `[name](address)` is no link."""
    if b"](" in said:
        said = said.replace(b"](", b"\\\\](")
    return said if said.endswith(_ENDS) else said[:-1] + b'."'


def _suppression(exemption: Exemption | None) -> dict[str, Any]:
    if exemption is None:
        return {"kind": "external", "status": "accepted"}
    details = {"category": exemption.category, "owner": exemption.owner, "expiryDateUtc": exemption.expires_on}
    accepted = {"kind": exemption.kind, "status": "accepted"}
    return {**accepted, "justification": exemption.reason, "properties": details}
