"""Who issued whom, by signature and not by name alone, among the certificates found in the estate.

Trust anchors are the self-signed certificates that are there. Nothing is fetched; validity in time is left to rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from auditor.lenses.certificates.x509 import Certificate, subject_of
from auditor.model.resource import Unknown

COMPLETE, OPEN, INCOMPLETE = "complete", "open", "incomplete"
"""A root of the estate is reached; a certificate is reached whose issuer need not be sent; one is missing or wrong."""
_LONGEST = 10


class Chains:
    """Signatures are verified once a pair."""

    def __init__(self) -> None:
        self._by_subject: dict[bytes, dict[str, Certificate]] = defaultdict(dict)
        self._verified: dict[tuple[str, str], bool] = {}

    def add(self, certificate: Certificate) -> None:
        """Take a certificate of the estate."""
        self._by_subject[certificate.subject].setdefault(certificate.sha256, certificate)

    def issued(self, issuer: Certificate, subject: Certificate) -> bool:
        """True when `issuer` signed `subject`."""
        if issuer.subject != subject.issuer:
            return False
        pair = issuer.sha256, subject.sha256
        if pair not in self._verified:
            try:
                subject.x509.verify_directly_issued_by(issuer.x509)
                self._verified[pair] = True
            except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
                self._verified[pair] = False
        return self._verified[pair]

    def self_signed(self, certificate: Certificate) -> bool:
        """True when it vouches for itself."""
        return certificate.subject == certificate.issuer and self.issued(certificate, certificate)

    def issuers(self, certificate: Certificate) -> list[Certificate]:
        """The others of the estate that signed it."""
        named = self._by_subject.get(certificate.issuer, {}).values()
        return [other for other in named if other is not certificate and self.issued(other, certificate)]

    def levels(self, leaf: Certificate) -> Iterator[list[Certificate]]:
        """A certificate, then those that signed it, then those that signed these, each once."""
        at, seen = [leaf], {leaf.sha256}
        for _ in range(_LONGEST):
            yield at
            at = [issuer for one in at for issuer in self.issuers(one) if issuer.sha256 not in seen]
            if not at:
                return
            seen.update(one.sha256 for one in at)

    def open_end(self, leaf: Certificate) -> Certificate | None:
        """Where the chain of a certificate ends without a root; None when it reaches one."""
        end = leaf
        for level in self.levels(leaf):
            if any(self.self_signed(one) for one in level):
                return None
            end = level[0]
        return end

    def judged(self, leaf: Certificate, sent: Iterable[Certificate] | None, public: bool) -> str | Unknown:
        """The chain of a leaf. `sent` are the certificates that a server sends with it, None when these are not known.

        `public`: it was issued by a public authority, and these sign no leaf with a root.
        """
        given = None if sent is None else {certificate.sha256 for certificate in sent}
        at, seen = leaf, {leaf.sha256}
        while len(seen) <= _LONGEST:
            if self.self_signed(at):
                return COMPLETE
            issuers = self.issuers(at)
            if any(self.self_signed(issuer) for issuer in issuers):
                return COMPLETE
            follow = [i for i in issuers if i.sha256 not in seen and (given is None or i.sha256 in given)]
            if not follow:
                return self._open_end(leaf, at, issuers, given, public)
            at = follow[0]
            seen.add(at.sha256)
        return Unknown(f"its chain is longer than {_LONGEST}")

    def _open_end(
        self, leaf: Certificate, at: Certificate, issuers: list[Certificate], given: set[str] | None, public: bool
    ) -> str | Unknown:
        if given is None:
            return Unknown(f"the issuer of {subject_of(at)} was not found")
        if self._impostor(at, given):
            return INCOMPLETE
        if at is not leaf:  # a public authority's root is mostly known with a second issuer as well (cross-signed)
            return INCOMPLETE if issuers and not public else OPEN
        if issuers:  # known, and not sent
            return INCOMPLETE
        if public or len(given) > 1:
            return INCOMPLETE
        return Unknown(f"the issuer of {subject_of(at)} was not found; it may be a root, which need not be sent")

    def _impostor(self, certificate: Certificate, given: set[str]) -> bool:
        """One is sent that bears the name of the issuer and did not sign."""
        named = self._by_subject.get(certificate.issuer, {})
        return certificate.subject != certificate.issuer and any(sha256 in given for sha256 in named)
