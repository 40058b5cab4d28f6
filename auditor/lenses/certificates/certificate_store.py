"""The public material of an estate: every text read once, every certificate once, and what follows from all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from auditor.lenses.certificates.certificate_locations import Use, use_again
from auditor.lenses.certificates.chains import COMPLETE, INCOMPLETE, OPEN, Chains
from auditor.lenses.certificates.x509 import Bundle, Certificate, leaf_of, properties_of, read_bundle
from auditor.model.resource import Unknown

if TYPE_CHECKING:
    from auditor.lenses.certificates.lens import Seen

_WORST = (INCOMPLETE, "", OPEN, COMPLETE)


class Material:
    """Take sightings one by one, then settle: leaves and chains are known when all certificates are."""

    def __init__(self) -> None:
        self.certificates: dict[str, Certificate] = {}
        self.thumbprints: dict[str, str] = {}
        self._bundles: dict[bytes, Bundle] = {}
        self._of: list[tuple[Seen, Bundle]] = []
        self._sent: dict[str, list[Bundle]] = {}
        self._chains = Chains()

    def take(self, seen: Seen) -> None:
        """Read the text of a sighting."""
        text = seen.sighting.text or ""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        bundle = self._bundles.get(digest)
        if bundle is None:
            bundle = self._bundles[digest] = read_bundle(text)
            for certificate in bundle.certificates:
                if certificate.sha256 not in self.certificates:
                    self.certificates[certificate.sha256] = certificate
                    self.thumbprints[certificate.thumbprint] = certificate.sha256
                    self._chains.add(certificate)
        seen.sighting.problem = bundle.problem
        if bundle.certificates:
            self._of.append((seen, bundle))

    def settle(self) -> None:
        """Tell leaves from what is sent with them."""
        leaves: dict[int, Certificate] = {}
        for seen, bundle in self._of:
            if seen.sighting.trust:
                seen.read = tuple(certificate.sha256 for certificate in bundle.certificates)
                continue
            leaf = leaves.get(id(bundle))
            if leaf is None:
                leaf = leaves[id(bundle)] = leaf_of(bundle, self._chains.issued)
                if bundle.whole:
                    self._sent.setdefault(leaf.sha256, []).append(bundle)
            others = (c.sha256 for c in bundle.certificates if c.sha256 != leaf.sha256)
            seen.read = (leaf.sha256, *others)

    def parts(self, seen: Seen) -> Iterator[tuple[str, Use]]:
        """Every certificate of a sighting with its use: the leaf with those of the place, others as its chain."""
        sighting = seen.sighting
        if sighting.trust:
            for sha256 in seen.read:
                yield sha256, self._as_authority(sha256, seen)
            return
        for use in sighting.uses:
            yield seen.read[0], use
        for sha256 in seen.read[1:]:
            root = self._chains.self_signed(self.certificates[sha256])
            yield sha256, use_again(sighting.uses[0], "chainRoot" if root else "chain")

    def _as_authority(self, sha256: str, seen: Seen) -> Use:
        use = dict(seen.sighting.uses[0])
        own = self.certificates[sha256]
        others = (self.certificates[other] for other in seen.read if other != sha256)
        if any(
            other.subject == own.subject and other.x509.not_valid_after_utc > own.x509.not_valid_after_utc
            for other in others
        ):
            use["superseded"] = True  # its successor is trusted beside it
        return use

    def properties(self, sha256: str) -> dict[str, Any]:
        """What a certificate says, and what follows from the others."""
        certificate = self.certificates[sha256]
        found = properties_of(certificate)
        found["selfSigned"] = self._chains.self_signed(certificate)
        if found["selfSigned"]:
            found["publicTrust"] = False
        public = found.get("publicTrust") is True
        sent = [bundle.certificates for bundle in self._sent.get(sha256, ())]
        verdicts = [self._chains.judged(certificate, with_it, public) for with_it in sent or (None,)]
        found["chain"] = min(verdicts, key=lambda v: _WORST.index("" if isinstance(v, Unknown) else v))
        return found
