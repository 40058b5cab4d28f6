"""The command line. Each command is one file, imported when called; an error becomes a sentence, a hint and a code."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Final

import click

from auditor import __version__
from auditor.errors import INCOMPLETE, AuditorError, DefectError, ResourceError

COMMANDS: Final = {
    "demo": "Audit the built-in demo estate.",
    "scan": "Audit what is deployed: live, or from files and snapshots.",
    "collect": "Read the live estate into a snapshot, to audit it later or elsewhere.",
    "gate": "Judge a change before it is deployed.",
    "certificates": "List the certificates of an estate: when they end, where they are used.",
    "redact": "Replace names, ids and addresses in a snapshot, to share it.",
