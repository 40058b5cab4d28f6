"""The way of a call through the policies of its scopes: what surely holds when it reaches the backend.

Policies run one after another. Of what stands in one branch of a `choose` nothing is sure, unless every branch that
goes on has it; a branch that refuses the call does not go on. Conditions are C#, of which constants alone are
evaluated. Where a document or a fragment could not be read, whatever is not already sure becomes unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from auditor.lenses.api_policy.checks import (
    BY_SUBSCRIPTION,
    LIMITS,
    Reading,
    certificate_check,
    cors,
    limits,
    names_audience,
    names_issuer,
    token_check,
    token_weaknesses,
)
from auditor.lenses.api_policy.model import CertificateCheck, Place, Target, TokenCheck, Weakness
from auditor.lenses.api_policy.scopes import Document, Estate, Level, NotCollected, scope_of
from auditor.lenses.api_policy.state import FLAGS, State, joined_with
from auditor.lenses.api_policy.text import Element, named_values
from auditor.lenses.truth import Truth, truth_and, truth_or
from auditor.model.resource import Unknown

_MOST_POLICIES: Final = 20_000
_BY_HAND: Final = Unknown("a condition refuses some callers; whether it asks who they are is not known")


class Walk:
    """One way in: the documents from the outermost scope to the innermost. `keyed`: every call brings a key."""

    def __init__(self, estate: Estate, chain: Sequence[Level], target: Target, keyed: Truth = True) -> None:
        self.tokens: list[TokenCheck] = []
        self.certificates: list[CertificateCheck] = []
        self.cors: list[dict[str, Any]] = []
        self.weaknesses: list[Weakness] = []
        self.fragments: list[str] = []
        self.sent: list[str] = []  # client certificates for the backend: a name, a thumbprint, or an expression
        self.answers: list[State] = []  # what holds where something answers instead of a backend
        self.first: Truth = False  # something answers or calls out before the caller is known
        self.unreadable: dict[str, None] = {}  # reasons why some policies on the way are not known
        self.not_collected: dict[str, None] = {}  # the same, where nothing was asked for them
        self._estate, self._chain, self._keyed = estate, chain, keyed
        self._inside: list[str] = []  # fragments
        self._left = _MOST_POLICIES
        self._refused = False  # the branch that ended last ended by a refusal
        self.end = self._level(len(chain) - 1, "inbound", State.start(target), certain=True)
        if self.end is not None:
            self.end = self._level(len(chain) - 1, "backend", self.end, certain=True)

    # --- documents, one inside the other --------------------------------------------------------------------------

    def _level(self, index: int, section: str, state: State, certain: bool) -> State | None:
        if index < 0:
            return state
        document = self._chain[index]
        if document is None:
            return self._level(index - 1, section, state, certain)
        if not isinstance(document, Document):
            return self._unread(index, document, section, state, certain)
        found: State | None = state
        for part in document.section(section):
            found = self._run(part, _Around(document, index, section, self._reading(document)), found, certain)
        return found

    def _unread(
        self, index: int, document: Unknown | NotCollected, section: str, state: State, certain: bool
    ) -> State | None:
        """A document that may hold anything, `<base/>` too: what stands above it is recorded, and proves nothing."""
        if isinstance(document, NotCollected) and document.assumed_base:
            self.not_collected[document.reason] = None
            ended = self._level(index - 1, section, state, certain)
            if ended is not None:
                ended.doubt(Unknown(document.reason))
            return ended
        above = self._level(index - 1, section, state.copy(), certain=False)
        if above is not None:
            state.targets = tuple(dict.fromkeys((*state.targets, *above.targets)))
            state.keep(above)
        why = document if isinstance(document, Unknown) else Unknown(document.reason)
        return self._forget(state, why, section, collected=isinstance(document, Unknown))

    def _reading(self, document: Document) -> Reading:
        return Reading(self._estate.values(document.scope))

    def _run(self, parent: Element, around: _Around, state: State | None, certain: bool) -> State | None:
        if state is not None and "{{" in parent.text:
            state = self._forget(state, Unknown("a named value stands where a policy is expected"), around.section)
        for element in _followed(parent):
            if state is None:
                return None
            self._left -= 1
            if self._left < 0:
                return self._forget(state, Unknown("the policies are too many to follow"), around.section)
            if element.name in LIMITS:
                counted = self._keyed if element.name in BY_SUBSCRIPTION else True
                state.add("limited", truth_and(limits(element, around.reading), counted))
            elif step := _STEPS.get(element.name):
                state = step(self, _Policy(element, around, certain), state)
        return state

    def _forget(self, state: State, why: Unknown, section: str, *, collected: bool = True) -> State:
        """What was not sure before is not known now. In `backend` no policy may stand that checks a caller."""
        (self.unreadable if collected else self.not_collected)[why.reason] = None
        if state.flags["authenticated"] is not True:
            self.first = truth_or(self.first, why)
        state.doubt(why, FLAGS if section == "inbound" else ("sendsCredentials",))
        maybe = Target("policy", None, None, None, None, certain=False, unknown=why.reason)
        if maybe not in state.targets and (collected or section == "inbound"):
            state.targets = (*state.targets, maybe)
        return state

    def _base(self, here: _Policy, state: State) -> State | None:
        return self._level(here.around.index - 1, here.around.section, state, here.certain)

    def _inner(self, here: _Policy, state: State) -> State | None:
        return self._run(here.element, here.around, state, here.certain)

    def _fragment(self, here: _Policy, state: State) -> State | None:
        raw, section = here.element.attributes.get("fragment-id"), here.around.section
        if why := here.reading.unknown(raw):
            return self._forget(state, Unknown(f"which fragment is included is not known: {why}"), section)
        name = here.reading.text(raw)
        found = self._estate.fragment(here.around.document.scope, name)
        if isinstance(found, Unknown):
            return self._forget(state, Unknown(f"fragment {name}: {found.reason}"), section)
        if found.id in self._inside:
            return self._forget(state, Unknown(f"fragment {name} includes itself"), section)
        if found.id not in self.fragments:
            self.fragments.append(found.id)
        assert isinstance(found.root, Element)  # noqa: S101
        self._inside.append(found.id)
        inner = _Around(found, here.around.index, section, self._reading(found))
        ended = self._run(found.root, inner, state, here.certain)
        self._inside.pop()
        return ended

    # --- branches -------------------------------------------------------------------------------------------------

    def _choose(self, here: _Policy, state: State) -> State | None:
        going: list[State] = []
        refuses, complete, of_front_door = False, False, False
        for branch in here.element.children:
            if branch.name not in ("when", "otherwise"):
                continue
            raw = branch.attributes.get("condition") if branch.name == "when" else "true"
            decided = here.reading.constant(raw)
            if decided is False:
                continue
            alone = decided is True and not going and not refuses
            self._refused = False
            ended = self._run(branch, here.around, state.copy(), here.certain and alone)
            if ended is not None:
                going.append(ended)
            refused = ended is None and self._refused and not alone
            refuses = refuses or refused
            of_front_door = of_front_door or (refused and FRONT_DOOR in (raw or "").casefold())
            if decided is True:
                complete = True
                break
        if not complete:
            going.append(state)
        if not going:
            self._refused = refuses or self._refused
            return None
        joined = going[0]
        for other in going[1:]:
            joined = joined_with(joined, other)
        if refuses:
            for flag in ("authenticated", "token", "certificate", "filtered"):
                if joined.flags[flag] is False:
                    joined.flags[flag] = _BY_HAND
        if of_front_door and joined.flags["frontDoor"] is False:
            joined.flags["frontDoor"] = _BY_HAND
        return joined

    # --- who calls ------------------------------------------------------------------------------------------------

    def _token(self, here: _Policy, state: State) -> State:
        check = token_check(here.element, here.reading, here.place, here.certain)
        self.tokens.append(check)
        raw = " ".join(part.attributes.get("url", "") for part in here.element.all("openid-config"))
        self.weaknesses += token_weaknesses(check, here.element, raw)
        state.add("asked")
        state.add("authenticated", check.signed)
        state.add("token", check.signed)
        if check.signed is not False:  # else it checks nothing, which is a weakness of its own
            state.require("audience", names_audience(check))
            state.require("issuer", names_issuer(check))
        return state

    def _certificate(self, here: _Policy, state: State) -> State:
        check = certificate_check(here.element, here.reading, here.place, here.certain)
        self.certificates.append(check)
        if check.effective is False:
            given = here.element.attributes
            plain = not any(named_values(given.get(name, "")) for name in ("ignore-error", "validate-trust"))
            says = "any client certificate is good"
            self.weaknesses.append(
                Weakness("anyCertificate", here.element.name, check.place, here.certain, says, plain)
            )
        state.add("asked")
        state.add("certificateAsked")
        state.add("authenticated", check.effective)
        state.add("certificate", check.effective)
        return state

    def _addresses(self, here: _Policy, state: State) -> State:
        if here.reading.text(here.element.attributes.get("action")).casefold() != "allow":
            return state
        given = [here.reading.text(part.text) for part in here.element.all("address")]
        for part in here.element.all("address-range"):
            ends = (here.reading.text(part.attributes.get(key)) for key in ("from", "to"))
            given.append("-".join(ends))
        state.add("filtered")
        state.addresses = tuple(dict.fromkeys((*state.addresses, *given)))
        return state

    def _asks_header(self, here: _Policy, state: State) -> State:
        """The id of one Front Door among the values of its header. The header alone comes from any of them."""
        name = here.reading.text(here.element.attributes.get("name")).casefold()
        if name == FRONT_DOOR and any(here.reading.text(part.text) for part in here.element.all("value")):
            state.add("frontDoor")
        return state

    def _cors(self, here: _Policy, state: State) -> State:
        told, found = cors(here.element, here.reading, here.place, here.certain)
        self.cors.append(told)
        self.weaknesses += found
        return state

    # --- answers --------------------------------------------------------------------------------------------------

    def _respond(self, here: _Policy, state: State) -> None:
        """An answer; a refusal (a status of 300 or above) tells nobody anything."""
        if here.element.name == "mock-response":
            raw: str | None = here.element.attributes.get("status-code")
        else:
            raw = next((part.attributes.get("code") for part in here.element.all("set-status")), None)
        code = here.reading.text(raw)
        self._refused = code.isdecimal() and int(code) >= 300
        if not self._refused:
            self.answers.append(state)
            if state.flags["authenticated"] is not True:
                why = Unknown(f"{here.element.name} answers under a condition before the caller is known")
                self.first = truth_or(
                    self.first, here.certain if here.certain and not here.reading.unknown(raw) else why
                )

    def _calls(self, here: _Policy, state: State) -> State:
        """A request to elsewhere, or an answer out of the cache."""
        known = state.flags["authenticated"]
        if known is not True:
            why = Unknown(f"{here.element.name} runs under a condition before the caller is known")
            self.first = truth_or(self.first, True if here.certain and known is False else why)
        return state

    # --- the backend ----------------------------------------------------------------------------------------------

    def _target(self, here: _Policy, state: State) -> State:
        given, reading, place = here.element.attributes, here.reading, here.place
        if "backend-id" in given:
            name, why = reading.text(given["backend-id"]), reading.unknown(given["backend-id"])
            found = None if why else self._estate.backend(here.around.document.scope, name)
            resource, url = (found.id, found.properties["url"]) if found else (None, None)
            target = Target("policy", None, name, resource, place, here.certain, why)
            if found and isinstance(url, str) and url.lstrip().startswith("{{"):
                values = Reading(self._estate.values(scope_of(found.id.casefold())))
                target = replace(target, url=values.text(url), unknown=values.unknown(url), named=True)
            state.targets = (target,)
        elif "base-url" in given:
            url = reading.text(given["base-url"])
            state.targets = (
                Target("policy", url, None, None, place, here.certain, reading.unknown(given["base-url"])),
            )
        return state

    def _sends_password(self, _here: _Policy, state: State) -> State:
        state.add("sendsCredentials")
        return state

    def _sends_certificate(self, here: _Policy, state: State) -> State:
        given = here.element.attributes
        self.sent.append(here.reading.text(given.get("certificate-id") or given.get("thumbprint") or given.get("body")))
        state.add("sendsCertificate")
        return state

    def _sends_identity(self, here: _Policy, state: State) -> State:
        kept = here.element.attributes.get("output-token-variable-name")
        state.add("sendsIdentity", Unknown(f"its token is kept in the variable {kept}") if kept else True)
        return state

    def _header(self, here: _Policy, state: State) -> State:
        name = here.reading.text(here.element.attributes.get("name")).casefold()
        action = here.reading.text(here.element.attributes.get("exists-action")).casefold()
        if name in CREDENTIAL_HEADERS and action != "delete":
            for part in here.element.all("value"):
                text = here.reading.text(part.text)
                if text:
                    expression = text.startswith("@")
                    state.add("sendsCredentials", Unknown(f"{name} is an expression") if expression else True)
        return state


FRONT_DOOR: Final = "x-azure-fdid"
"""The header in which a Front Door says which one it is."""
CREDENTIAL_HEADERS: Final = frozenset(
    {"authorization", "x-functions-key", "api-key", "x-api-key", "ocp-apim-subscription-key"}
)
"""Headers by which a backend knows its caller."""


class _Around:
    """Where a policy stands: its document, the level and the section, and how its texts are read."""

    __slots__ = ("document", "index", "reading", "section")

    def __init__(self, document: Document, index: int, section: str, reading: Reading) -> None:
        self.document, self.index, self.section, self.reading = document, index, section, reading


class _Policy:
    """One policy; `certain`: no condition stands around it."""

    __slots__ = ("around", "certain", "element")

    def __init__(self, element: Element, around: _Around, certain: bool) -> None:
        self.element, self.around, self.certain = element, around, certain

    @property
    def reading(self) -> Reading:
        return self.around.reading

    @property
    def place(self) -> Place:
        return Place(self.around.document.id, self.element.line)


_HOLDERS: Final = frozenset({"limit-concurrency", "retry", "wait"})
"""Policies that run those inside them, and do nothing else that counts here."""


def _followed(parent: Element) -> list[Element]:
    """The policies inside one on which a verdict depends: most of a long document set variables and headers. They are
    looked for once for each element, since every API goes through the documents above it."""
    if parent.followed is None:
        parent.followed = [element for element in parent.children if _counts(element)]
    return parent.followed


def _counts(element: Element) -> bool:
    if element.name == "choose":
        return any("{{" in branch.text or _followed(branch) for branch in element.children)
    if element.name in _HOLDERS:
        return "{{" in element.text or bool(_followed(element))
    if element.name == "set-header":
        name = element.attributes.get("name", "")
        return "{{" in name or name.strip().casefold() in CREDENTIAL_HEADERS
    return element.name in _STEPS or element.name in LIMITS


_Step = Callable[[Walk, _Policy, State], State | None]
_STEPS: Final[dict[str, _Step]] = {
    "base": Walk._base,
    "choose": Walk._choose,
    "include-fragment": Walk._fragment,
    "limit-concurrency": Walk._inner,
    "retry": Walk._inner,
    "wait": Walk._inner,
    "validate-jwt": Walk._token,
    "validate-azure-ad-token": Walk._token,
    "validate-client-certificate": Walk._certificate,
    "ip-filter": Walk._addresses,
    "check-header": Walk._asks_header,
    "cors": Walk._cors,
    "return-response": Walk._respond,
    "mock-response": Walk._respond,
    "cache-lookup": Walk._calls,
    "azure-openai-semantic-cache-lookup": Walk._calls,
    "llm-semantic-cache-lookup": Walk._calls,
    "send-request": Walk._calls,
    "send-one-way-request": Walk._calls,
    "set-backend-service": Walk._target,
    "authentication-basic": Walk._sends_password,
    "authentication-certificate": Walk._sends_certificate,
    "authentication-managed-identity": Walk._sends_identity,
    "set-header": Walk._header,
}
