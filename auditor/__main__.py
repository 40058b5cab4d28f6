"""`python -m auditor`, and the program `auditor`. Interrupted while it still imports, it just ends."""

import signal


def main() -> None:
    """Run the command line and exit."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the command line takes it back
    from auditor.cli import main as run

    run()


if __name__ == "__main__":
    main()
