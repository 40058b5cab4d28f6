"""The settings of a gate whose `auditor.yaml` may be a part of the change: they come from a file outside of it.

Reads the trusted file and the one in the checkout. A setting of the checkout counts only where the trusted file allows
it; one that differs and is not allowed becomes a notice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from auditor.model.errors import ConfigError
from auditor.model.finding import Notice
from auditor.pipeline.config_file import ALLOWED, COMMENTS, read_config
from auditor.pipeline.settings import CONFIG_FILE, exemption_files

_PATHS: Final = ("rules", "baseline", "history", "against")
"""Settings that name files which decide the verdict: relative to the trusted file, not to the checkout."""


class TrustedSettings(NamedTuple):
    """The settings to use, the files of exemptions, and whether exemptions in comments count."""

    config: dict[str, Any]
    exemptions: tuple[str, ...]
    comments: bool
    notices: tuple[Notice, ...]


def trusted_settings(trusted: str, own: str | None) -> TrustedSettings:
    """Read both files. `own` is the settings file of the checkout, by default `auditor.yaml`. Raises ConfigError."""
    if not Path(trusted).exists():
        raise ConfigError(f"{trusted} does not exist.", "Give a settings file from outside the change.")
    config = read_config(Path(trusted))
    allowed = config.pop(ALLOWED, [])
    checkout = Path(own or CONFIG_FILE)
    theirs: dict[str, Any] = {}
    notices: list[Notice] = []
    if checkout.is_file():
        try:
            theirs = read_config(checkout)
        except ConfigError as error:
            notices.append(_notice(f"The settings of the change cannot be read: {error.sentence}", checkout))
    theirs.pop(ALLOWED, None)
    refused = [name for name, value in theirs.items() if name not in allowed and config.get(name) != value]
    if refused:
        names = ", ".join(refused)
        message = f"{checkout} differs from the trusted settings {trusted}, which apply instead: {names}."
        notices.append(_notice(message, checkout))
    config = {name: _absolute(name, value, Path(trusted).parent) for name, value in config.items()}
    files = exemption_files(trusted, config)
    in_checkout = exemption_files(str(checkout), theirs)
    if "exemptions" in allowed:
        files = tuple(dict.fromkeys((*files, *in_checkout)))
    elif _content(in_checkout) - _content(files):
        message = f"Exemptions of the change do not apply: the trusted settings {trusted} do not allow them."
        notices.append(_notice(message, Path(in_checkout[0])))
    config |= {name: theirs[name] for name in allowed if name in theirs}
    return TrustedSettings(config, files, COMMENTS in allowed, tuple(notices))


def _content(files: tuple[str, ...]) -> set[bytes]:
    return {Path(file).read_bytes() for file in files if Path(file).is_file()}


def _absolute(name: str, value: Any, folder: Path) -> Any:
    if name == "exemptions" and "files" in value:
        return {**value, "files": [str(folder / path) for path in value["files"]]}
    if name not in _PATHS:
        return value
    if isinstance(value, list):
        return [str(folder / path) for path in value]
    return value if "://" in value or value == "last" else str(folder / value)


def _notice(message: str, file: Path) -> Notice:
    return Notice(kind="settings-of-the-change", message=message, file=str(file))
