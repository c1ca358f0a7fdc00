"""Every message in every version against kio 0.6.2, an independent codec made from Kafka's own definitions."""

from __future__ import annotations

import dataclasses
import io
import random
import typing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from tests.support.libraries import library
from zkbroker.protocol import spec as specs
from zkbroker.protocol.codec import (
    ApiKey,
    RequestHeader,
    decode_request,
    decode_request_header,
    decode_response,
    encode_request,
    encode_response,
)
from zkbroker.protocol.generate import SPEC
from zkbroker.protocol.spec import NEVER, Field, MessageSpec, Struct, snake_case

serial = library("kio.serial")
errors = library("kio.schema.errors")

MESSAGES = {message.name: message for message in specs.parse(SPEC.read_text())}
NOT_IN_KIO = {  # Kafka's own topics, whose definitions its clients do not carry
    *("OffsetCommitKey", "OffsetCommitValue", "GroupMetadataKey", "GroupMetadataValue"),
    *("TransactionLogKey", "TransactionLogValue"),
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def kio_class(message: MessageSpec, version: int) -> Any:
    stem = message.name.removesuffix("Request").removesuffix("Response")
    module = import_module(f"kio.schema.{snake_case(stem)}.v{version}.{message.kind}")
    return getattr(module, message.name)


def our_class(message: MessageSpec, name: str) -> Any:
    return getattr(import_module(f"zkbroker.protocol.generated.{snake_case(message.name)}"), name)


class Pairs:
    """Makes the same random message twice: as ours and as kio's."""

    def __init__(self, message: MessageSpec, version: int, random: random.Random, large: bool) -> None:
        self.message = message
        self.version = version
        self.random = random
        self.large = large

    def message_pair(self) -> tuple[Any, Any]:
        return self.struct(self.message.body, kio_class(self.message, self.version))

    def struct(self, struct: Struct, kio: Any) -> tuple[Any, Any]:
        present = [field for field in struct.fields if self.version in field.versions]
        theirs = dataclasses.fields(kio)
        assert len(present) == len(theirs), (struct.name, self.version)
        hints = typing.get_type_hints(kio)
        pairs = [
            self.field(ours, field.metadata.get("kafka_type"), hints[field.name])
            for ours, field in zip(present, theirs, strict=True)
        ]
        mine = {field.attribute: pair[0] for field, pair in zip(present, pairs, strict=True)}
        other = {field.name: pair[1] for field, pair in zip(theirs, pairs, strict=True)}
        return our_class(self.message, struct.name)(**mine), kio(**other)

    def field(self, field: Field, kafka_type: str | None, hint: Any) -> tuple[Any, Any]:
        arguments = typing.get_args(hint)
        if self.version in field.nullable and self.version not in field.tagged:
            assert type(None) in arguments, f"kio does not let {field.name} be null in {self.version}"
            if self.random.random() < 0.3:
                return None, None
        inner = next((one for one in arguments if one is not type(None) and one is not Ellipsis), hint)
        if typing.get_origin(inner) is tuple:
            inner = typing.get_args(inner)[0]
        if not field.is_array:
            return self.value(field, kafka_type, inner)
        most = 20 if self.large else 3
        if self.large and not field.is_struct and self.random.random() < 0.2:
            most = 200
        pairs = [self.value(field, kafka_type, inner) for _ in range(self.random.randint(0, most))]
        return [mine for mine, _ in pairs], tuple(theirs for _, theirs in pairs)

    def value(self, field: Field, kafka_type: str | None, kio: Any) -> tuple[Any, Any]:
        if kafka_type is None:
            return self.struct(self.message.structs[field.type], kio)
        pick = self.random
        if field.type in ("string", "bytes", "records"):
            size = pick.choice((0, 1, 10, 126, 127, 128, 300)) if self.large else pick.randint(0, 5)
            if field.type == "string":
                text = "".join(pick.choices("ab-Zé∀", k=size))
                return text, text
            raw = pick.randbytes(size)
            return raw, raw
        if field.type == "bool":
            truth = pick.random() < 0.5
            return truth, truth
        if field.type == "float64":
            number = pick.choice((0.0, -1.5, 1e300))
            return number, number
        if field.type == "uuid":
            uuid = pick.choice((bytes(16), pick.randbytes(16)))
            return uuid, UUID(bytes=uuid) if any(uuid) else None
        if kafka_type == "error_code":
            code = pick.choice(list(errors.ErrorCode))
            return code.value, code
        bits = specs.FIXED[field.type][1] * 8 - 1
        if kafka_type.startswith("timedelta"):
            milliseconds = pick.choice((0, -1, 1, pick.randint(-(2**31), 2**31 - 1)))
            return milliseconds, timedelta(milliseconds=milliseconds)
        if kafka_type.startswith("datetime"):
            milliseconds = pick.choice((0, 1, 1_700_000_000_123))
            return milliseconds, EPOCH + timedelta(milliseconds=milliseconds)
        number = pick.choice((0, 1, -1, 2**bits - 1, -(2**bits), pick.randint(-(2**bits), 2**bits - 1)))
        return number, number


def kio_encode(message: Any) -> bytes:
    out = io.BytesIO()
    serial.entity_writer(type(message))(out, message)
    return out.getvalue()


def our_codec(message: MessageSpec, version: int) -> tuple[Any, Any]:
    module = import_module(f"zkbroker.protocol.generated.{snake_case(message.name)}")
    return module.DECODERS[version], module.ENCODERS[version]


def our_encode(message: MessageSpec, version: int, value: Any) -> bytes:
    out = bytearray()
    buffers: list[Any] = [out]
    our_codec(message, version)[1](value, out, buffers)
    return b"".join(buffers)


@pytest.mark.parametrize("name", sorted(MESSAGES.keys() - NOT_IN_KIO))
def test_kio_reads_and_writes_the_same_bytes(name: str) -> None:
    message = MESSAGES[name]
    for version in range(message.versions.lowest, message.versions.highest + 1):
        for example, large in enumerate((False, False, False, True)):
            seed = f"{name} {version} {example}"
            ours, theirs = Pairs(message, version, random.Random(seed), large).message_pair()
            written = our_encode(message, version, ours)
            assert written == kio_encode(theirs), seed
            read, end = our_codec(message, version)[0](
                memoryview(written) if message.has_records else written, 0
            )
            assert (read, end) == (ours, len(written)), seed
            assert serial.entity_reader(type(theirs))(written, 0) == (theirs, len(written)), seed


@pytest.mark.parametrize("key", list(ApiKey))
def test_the_frames_of_every_api_have_the_headers_kio_has(key: ApiKey) -> None:
    names = [name for name, message in MESSAGES.items() if message.key == key]
    request, response = (MESSAGES[name] for name in sorted(names))
    for version in range(request.versions.lowest, request.versions.highest + 1):
        pick = random.Random(f"{key} {version}")
        ours, theirs = Pairs(request, version, pick, False).message_pair()
        kio_header = type(theirs).__header_schema__
        fields: dict[str, Any] = {
            "request_api_key": key,
            "request_api_version": version,
            "correlation_id": -7,
        }
        client_id = None
        if len(dataclasses.fields(kio_header)) == 4:
            client_id = fields["client_id"] = pick.choice((None, "", "clié"))
        frame = b"".join(encode_request(RequestHeader(key, version, -7, client_id), ours))
        body = kio_encode(kio_header(**fields)) + kio_encode(theirs)
        assert frame == len(body).to_bytes(4, "big") + body
        header, offset = decode_request_header(memoryview(body))
        assert header == RequestHeader(key, version, -7, client_id)
        assert decode_request(header, memoryview(body), offset) == ours

        ours, theirs = Pairs(response, version, pick, False).message_pair()
        frame = b"".join(encode_response(key, version, 2**31 - 1, ours))
        body = kio_encode(type(theirs).__header_schema__(correlation_id=2**31 - 1)) + kio_encode(theirs)
        assert frame == len(body).to_bytes(4, "big") + body
        assert decode_response(key, version, memoryview(body)) == (2**31 - 1, ours)


def test_every_api_of_a_zookeeper_mode_broker_is_there() -> None:
    keys = [*range(52), 56, 57, 58, 60, 61, *range(65, 70)]
    for kind in ("request", "response"):
        assert [message.key for message in MESSAGES.values() if message.kind == kind] == keys
    assert all(message.versions.lowest == 0 for message in MESSAGES.values() if message.key is not None)
    assert NEVER not in [message.versions for message in MESSAGES.values()]
