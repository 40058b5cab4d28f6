"""What the containers of a workload run, and what their probes and hooks send: the places of secrets beside the
environment. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from auditor.kubernetes.workloads import containers_of
from auditor.model.resource import Resource, Unknown

_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS: Final = ("postStart", "preStop")


def commands_of(resource: Resource) -> Any:
    """Each argument that a container of a workload runs, with those of its probes and hooks: the `name` of the
    container and the `text`. `MISSING` for anything else.

    An option and the argument after it are also one text, `--password x`; a header of a probe reads `Authorization=x`.
    """
    containers = containers_of(resource)
    if not isinstance(containers, list):
        return containers
    return [command for container in containers for command in _of_container(container)]


def _of_container(container: Any) -> Iterator[Any]:
    if not isinstance(container, dict):
        yield container
        return
    lifecycle = container.get("lifecycle")
    handlers = [container.get(probe) for probe in _PROBES]
    handlers += [lifecycle.get(hook) for hook in _HOOKS] if isinstance(lifecycle, dict) else [lifecycle]
    texts = [*_arguments(container.get("command"), container.get("args"))]
    texts += [text for handler in handlers for text in _of_handler(handler)]
    for text in texts:
        yield text if isinstance(text, Unknown) else {"name": container.get("name"), "text": text}


def _of_handler(handler: Any) -> Iterator[Any]:
    if isinstance(handler, Unknown):
        yield handler
    elif isinstance(handler, dict):
        run, get = handler.get("exec"), handler.get("httpGet")
        yield from _arguments(run.get("command") if isinstance(run, dict) else run)
        yield from _headers(get.get("httpHeaders") if isinstance(get, dict) else get)


def _arguments(*lists: Any) -> Iterator[Any]:
    arguments: list[Any] = []
    for one in lists:
        if one is None or isinstance(one, list):
            arguments += one or ()
        else:
            yield one if isinstance(one, Unknown) else Unknown("a command is not a list of arguments")
    yield from arguments
    for option, value in pairwise(arguments):
        if isinstance(option, str) and isinstance(value, str) and option.startswith("-") and "=" not in option:
            yield f"{option} {value}"


def _headers(headers: Any) -> Iterator[Any]:
    if isinstance(headers, Unknown):
        yield headers
    for header in headers if isinstance(headers, list) else ():
        name, value = (header.get("name"), header.get("value")) if isinstance(header, dict) else (None, header)
        yield value if isinstance(value, Unknown) else f"{name}={value}"
