"""`python -m auditor`, and the program `auditor`. Interrupted while it still imports, it just ends."""

import gc
import signal


def main() -> None:
    """Run the command line and exit."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the command line takes it back
    gc.set_threshold(_THRESHOLD)
    from auditor.cli import main as run

    try:
        run()
    finally:
        gc.freeze()  # the process ends: Python would look through all that is left once more


_THRESHOLD = 100_000
"""Objects between two collections. What a command makes at its start stays: to look through it every 700 objects, as
is usual, takes a twentieth of its time."""


if __name__ == "__main__":
    main()
