"""Run the local Azure by hand: `python -m tests.azure --estate demo` prints the environment for another shell."""

from __future__ import annotations

import argparse
import shlex
import signal

from tests.azure.estate import Estate, demo_estate
from tests.azure.local import local_azure
from tests.azure.synthetic import synthetic_estate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.azure", description=__doc__)
    parser.add_argument("--estate", choices=["demo", "designed", "synthetic"], default="demo")
    parser.add_argument("--subscriptions", type=int, default=20, help="of the synthetic estate")
    parser.add_argument("--resources", type=int, default=100, help="in each subscription of the synthetic estate")
    parser.add_argument("--apis", type=int, default=50, help="of its API Management")
    parser.add_argument("--sign-in", choices=["secret", "federated", "managed"], default="secret")
    given = parser.parse_args()
    with local_azure(_estate(given)) as azure:
        azure.entra.managed_identity = given.sign_in == "managed"
        for name, value in azure.environment(sign_in=given.sign_in).items():
            print(f"export {name}={shlex.quote(value)}")
        print("# Ctrl-C ends it", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print(f"{len(azure.calls)} calls, {azure.throttled} throttled, {len(azure.violations)} violations")
            print("\n".join(azure.violations))


def _estate(given: argparse.Namespace) -> Estate:
    if given.estate == "synthetic":
        return synthetic_estate(given.subscriptions, given.resources, given.apis)
    return demo_estate(designed=given.estate == "designed")


if __name__ == "__main__":
    main()
