"""A stand-in for the providers azurerm and azapi, so that a real Terraform makes real plans without any cloud.

It speaks Terraform's plugin protocol and knows the attributes and blocks of azurerm 3, 4 or 5, so that Terraform itself
refuses a misspelt name. What the provider would compute is unknown until apply, as it is for a new estate; of the
defaults that azurerm fills in at planning only those of `DEFAULTS` are known, the others stay null.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tempfile
from concurrent import futures
from typing import Any

import grpc
import msgpack
from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc, grpc_stdio_pb2_grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.runner import _self_signed_cert

from tests.terraform.schema import SCHEMA, flags_of, is_block, present

DEFAULTS = {("azurerm_api_management", "security"): False}
"""What every switch of a block defaults to. (registry.terraform.io, azurerm_api_management: security)"""
UNKNOWN = msgpack.ExtType(0, b"\x00")
_SIMPLE = {"s": "string", "b": "bool", "n": "number"}
_MANY = {"l": "list", "s": "set", "m": "map"}
_SECRET = re.compile(r"(_key|_key_base64|connection_string|_raw|password|_secret)$")
Nesting = pb.Schema.NestedBlock.NestingMode


def type_of(entry: list[Any]) -> Any:
    """The type of an attribute in Terraform's notation."""
    if is_block(entry):
        inner = {name: type_of(item) for name, item in present(entry[2]).items()}
        return [entry[0].partition(" ")[0], ["object", inner]]
    kind = entry[0]
    return [_MANY[kind[0]], _SIMPLE[kind[1]]] if len(kind) == 2 else _SIMPLE[kind]


def block_of(schema: dict[str, Any], place: tuple[str, ...]) -> Any:
    attributes, blocks = [], []
    for name, entry in sorted(present(schema).items()):
        if entry[0] in ("list", "set"):
            nesting = Nesting.LIST if entry[0] == "list" else Nesting.SET
            blocks.append(
                pb.Schema.NestedBlock(type_name=name, block=block_of(entry[2], (*place, name)), nesting=nesting)
            )
            continue
        flags = flags_of(entry) + ("c" if entry[0] == "b" and place in DEFAULTS else "")
        attributes.append(
            pb.Schema.Attribute(
                name=name,
                type=json.dumps(type_of(entry)).encode(),
                required="r" in flags,
                optional="o" in flags,
                computed="c" in flags,
                sensitive="c" in flags and bool(_SECRET.search(name)),
            )
        )
    return pb.Schema.Block(attributes=attributes, block_types=blocks)


def filled(value: dict[str, Any], schema: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    """A proposed value with unknowns where the provider computes what is not written, and with its defaults."""
    for name, entry in present(schema).items():
        if entry[0] in ("list", "set"):
            blocks = value[name] or []
            value[name] = [
                filled(item, entry[2], (*place, name)) if isinstance(item, dict) else item for item in blocks
            ]
        elif value.get(name) is None and entry[0] == "b" and place in DEFAULTS:
            value[name] = DEFAULTS[place]
        elif value.get(name) is None and "c" in flags_of(entry):
            value[name] = UNKNOWN
    return value


def decoded(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False) if value.msgpack else None


class Provider(rpc.ProviderServicer):  # type: ignore[misc]
    def GetProviderSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        features = pb.Schema.NestedBlock(type_name="features", block=pb.Schema.Block(), nesting=Nesting.LIST)
        subscription = pb.Schema.Attribute(name="subscription_id", type=b'"string"', optional=True)
        own = pb.Schema(block=pb.Schema.Block(attributes=[subscription], block_types=[features]))
        resources = {
            kind: pb.Schema(block=block_of(schema, (kind,))) for kind, schema in SCHEMA.items() if present(schema)
        }
        return pb.GetProviderSchema.Response(provider=own, resource_schemas=resources)

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ConfigureProvider.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ValidateResourceConfig.Response()

    def PlanResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802
        planned = decoded(request.proposed_new_state)
        if planned is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        state = msgpack.packb(filled(planned, SCHEMA[request.type_name], (request.type_name,)), use_bin_type=True)
        return pb.PlanResourceChange.Response(planned_state=pb.DynamicValue(msgpack=state))

    def StopProvider(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.StopProvider.Response()


class Controller(grpc_controller_pb2_grpc.GRPCControllerServicer):  # type: ignore[misc]
    def __init__(self) -> None:
        self.ended = False

    def Shutdown(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.ended = True
        return grpc_controller_pb2.Empty()


class Stdio(grpc_stdio_pb2_grpc.GRPCStdioServicer):  # type: ignore[misc]
    def StreamStdio(self, request: Any, context: Any) -> Any:  # noqa: N802
        return iter([])


def main() -> None:
    server, controller = grpc.server(futures.ThreadPoolExecutor(8)), Controller()
    rpc.add_ProviderServicer_to_server(Provider(), server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(controller, server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Stdio(), server)
    with tempfile.TemporaryDirectory() as folder:
        certificate, credentials = _self_signed_cert()
        server.add_secure_port(f"unix://{folder}/socket", credentials)
        server.start()
        encoded = base64.b64encode(certificate).decode().rstrip("=")
        sys.stdout.write(f"1|6|unix|{folder}/socket|grpc|{encoded}\n")
        sys.stdout.flush()
        while not controller.ended:
            server.wait_for_termination(0.05)


if __name__ == "__main__":
    main()
