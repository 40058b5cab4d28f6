"""The options of every command that reads from Azure and from clusters."""

from __future__ import annotations

from typing import Any

import click

from auditor.collect.request import EXTRAS, WAYS

_CLUSTERS = (
    click.option("--kube-context", "contexts", multiple=True, metavar="NAME", help="A cluster, or all; repeatable."),
    click.option("--kubeconfig", metavar="FILE", help="Where its contexts are; else KUBECONFIG or ~/.kube/config."),
    click.option("--in-cluster", metavar="NAME", help="The cluster that this runs in, and how to call it."),
    click.option("--aks", is_flag=True, help="The AKS clusters of the audited subscriptions, by Entra ID."),
    click.option("--read-tls-secrets", is_flag=True, help="Also certificates in TLS Secrets, never their keys."),
)
_LIVE = (
    click.option("--subscription", "subscriptions", multiple=True, metavar="ID", help="Audit it live; repeatable."),
    click.option("--management-group", "management_groups", multiple=True, metavar="NAME", help="All below it, live."),
    click.option("--all", "everything", is_flag=True, help="Every subscription that can be read, live."),
    click.option(
        "--resource-group", "resource_groups", multiple=True, metavar="NAME", help="Only this one; repeatable."
    ),
    click.option("--cloud", metavar="NAME", help="AzureCloud, AzureChinaCloud, AzureUSGovernment, or a JSON file."),
    click.option("--auth", "ways", multiple=True, type=click.Choice(WAYS), help="Sign in only so; repeatable."),
    *_CLUSTERS,
    click.option(
        "--with", "extras", multiple=True, type=click.Choice(EXTRAS), help="Also this, which takes more rights or time."
    ),
    click.option(
        "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="MINUTES", help="End then, with gaps."
    ),
)


def live(function: Any) -> Any:
    """Add the options to a command."""
    for option in reversed(_LIVE):
        function = option(function)
    return function
