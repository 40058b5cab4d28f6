"""Replaces names, ids and addresses of an inventory by pseudonyms, and saves the result as a snapshot."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.ingest.inventory import Inventory
    from auditor.sanitize.pseudonymize.names import Pseudonyms

_LEAST_SALT = 16


def pseudonyms_for(inventory: Inventory, salt: str | None, own: tuple[str, ...]) -> Pseudonyms:
    """Pseudonyms by a secret from a file, or by one that nobody will know. Raises AuditorError."""
    from auditor.model.errors import ConfigError
    from auditor.ruleset.loader import load_rules
    from auditor.sanitize.pseudonymize.resources import pseudonyms

    try:
        secret = secrets.token_bytes(32) if salt is None else Path(salt).read_bytes()
    except OSError as error:
        raise ConfigError(f"{salt} cannot be read: {error.strerror}.", "Name a file with random bytes.") from error
    if len(secret) < _LEAST_SALT:
        raise ConfigError(f"{salt} holds less than {_LEAST_SALT} bytes.", "Make one: head -c 32 /dev/urandom > salt")
    return pseudonyms(secret, load_rules(own), inventory.resources())


def write_redacted(inventory: Inventory, directory: str, words: Pseudonyms) -> None:
    """Save an inventory with other words in it. Raises AuditorError."""
    import datetime as dt

    from auditor import __version__
    from auditor.ingest.inventory import CollectedSource, Inventory
    from auditor.ingest.snapshot import write_snapshot
    from auditor.sanitize.pseudonymize.resources import Redacted, redact_accounting, redact_gap

    as_of = inventory.as_of or dt.datetime.now(dt.UTC).replace(microsecond=0)
    shown = Inventory(
        [words.text(name) for name in inventory.inputs],
        [CollectedSource(Redacted(inventory.resources, words))],
        gaps=[redact_gap(gap, words) for gap in inventory.gaps],
        covers=inventory.covers,
        groups=frozenset(words.text(name) for name in inventory.groups),
        as_of=as_of,
        accounting=redact_accounting(inventory.accounting, words),
        unique=True,
    )
    write_snapshot(shown, directory, tool_version=__version__, as_of=as_of)
