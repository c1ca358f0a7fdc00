"""Writes generated/ from messages.spec: `python -m zkbroker.protocol.generate`.

One module a message: its classes, a decoder and an encoder for each layout, the tables version -> function.
The result is committed, so that editors and mypy see it and a start compiles nothing.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from zkbroker.protocol import spec as specs
from zkbroker.protocol.emit import Decoder, Encoder, annotation, default_constant, default_of, has_constant
from zkbroker.protocol.spec import MessageSpec, Struct, snake_case

SPEC: Final = Path(__file__).with_name("messages.spec")
GENERATED: Final = Path(__file__).with_name("generated")

_INDEX: Final = '''"""The APIs and their versions. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from zkbroker.protocol.primitives import VersionRange


class ApiKey(IntEnum):
    """What a request asks for."""

{keys}


VERSIONS: Final[Mapping[ApiKey, VersionRange]] = {{
{versions}
}}
"""Every version Kafka 3.9 has of each API, whether or not this broker serves it."""
'''

_HEAD: Final = '''"""{name}{key}, versions {versions}. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping{sequence}
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

'''

_HELPERS: Final = re.findall(
    r"\w+",
    """
    FEW MAX_DECODED_BYTES PACK_COMPACT_INT32S PACK_COMPACT_INT64S PACK_INT32S PACK_INT64S UNPACK_INT32S
    UNPACK_INT64S ZERO_UUID Buffer Message Records VersionRange append_numbers append_string_length append_tag
    append_uvarint is_null long_length long_string_length long_uvarint not_in_version null_not_in_version
    skip_tags tag_header too_long too_many undecodable unencodable wrong_tag_size
    """,
)


def generated_files() -> dict[str, str]:
    """File name -> text of everything in generated/."""
    messages = specs.parse(SPEC.read_text())
    files = {f"{snake_case(message.name)}.py": _module(message) for message in messages}
    files["__init__.py"] = '"""Written by zkbroker.protocol.generate from messages.spec."""\n'
    files["api_keys.py"] = _index([message for message in messages if message.kind == "request"])
    return files


def _index(requests: list[MessageSpec]) -> str:
    keys, versions = [], []
    for request in requests:
        name = _api_name(request)
        flexible = None if request.flexible == specs.NEVER else request.flexible.lowest
        keys.append(f"    {name} = {request.key}")
        span = f"{request.versions.lowest}, {request.versions.highest}, {flexible}"
        versions.append(f"    ApiKey.{name}: VersionRange({span}),")
    return _INDEX.format(keys="\n".join(keys), versions="\n".join(versions))


def _api_name(message: MessageSpec) -> str:
    return snake_case(message.name).removesuffix("_request").removesuffix("_response").upper()


def _module(message: MessageSpec) -> str:
    layouts: dict[str, str] = {}
    functions: list[str] = []
    decoders, encoders = {}, {}
    for versions in message.layouts().values():
        label = f"{message.name} v{versions[0]}" + (f"-{versions[-1]}" if len(versions) > 1 else "")
        name = f"v{versions[0]}"
        functions += ["", "", *Decoder(message, versions[0], label, layouts).function(f"_decode_{name}")]
        functions += ["", "", *Encoder(message, versions[0], label, layouts).function(f"_encode_{name}")]
        for version in versions:
            decoders[version], encoders[version] = f"_decode_{name}", f"_encode_{name}"
    data = "memoryview" if message.has_records else "bytes"
    decode = f"Callable[[{data}, int], tuple[{message.name}, int]]"
    encode = f"Callable[[{message.name}, bytearray, list[Buffer | Records]], None]"
    body = "\n".join(
        [
            *_classes(message),
            "",
            "",
            *(f"{name} = {text}" for name, text in sorted(layouts.items())),
            *functions,
            "",
            "",
            f"READS_VIEW: Final = {message.has_records}",
            f"DECODERS: Final[Mapping[int, {decode}]] = {{",
            *(f"    {version}: {name}," for version, name in sorted(decoders.items())),
            "}",
            "",
            f"ENCODERS: Final[Mapping[int, {encode}]] = {{",
            *(f"    {version}: {name}," for version, name in sorted(encoders.items())),
            "}",
            "",
        ]
    )
    return _imports(message, body) + body


def _imports(message: MessageSpec, body: str) -> str:
    head = _HEAD.format(
        name=message.name,
        key="" if message.key is None else f", key {message.key}",
        versions=f"{message.versions.lowest}-{message.versions.highest}",
        sequence=", Sequence" if "Sequence[" in body else "",
    )
    if "unpack_from(f" in body:
        head = head.replace("error as StructError", "error as StructError, unpack_from")
    head += "from attrs import frozen\n\n"
    if "TopicId" in body:
        head += "from zkbroker.model import TopicId\n"
    if message.key is not None:
        head += "from zkbroker.protocol.generated.api_keys import ApiKey\n"
    words = set(re.findall(r"\w+", body))
    used = [name for name in _HELPERS if name in words]
    head += "from zkbroker.protocol.primitives import (\n"
    return head + "".join(f"    {name},\n" for name in used) + ")\n"


def _classes(message: MessageSpec) -> list[str]:
    """The classes twice: for the type checker as attrs classes, to be run with their methods written out."""
    typed = [line for struct in message.structs.values() for line in _typed_class(message, struct)]
    plain = [line for struct in message.structs.values() for line in _plain_class(message, struct)]
    return ["", "if TYPE_CHECKING:", *typed, "", "else:", *plain]


def _typed_class(message: MessageSpec, struct: Struct) -> list[str]:
    lines = ["", "    @frozen", *_class_head(message, struct)]
    for field in struct.fields:
        where = _span(field.versions)
        if field.nullable != specs.NEVER:
            where += f", null in {_span(field.nullable)}"
        lines.append(f"        {field.attribute}: {annotation(field)} = {default_of(field)}  # {where}")
    return lines + _constant(message, struct)


def _plain_class(message: MessageSpec, struct: Struct) -> list[str]:
    names = [field.attribute for field in struct.fields]
    slots = ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")
    arguments = ", ".join(f"{field.attribute}={default_of(field)}" for field in struct.fields)
    lines = ["", *_class_head(message, struct), f"        __slots__ = ({slots})", ""]
    lines += [f"        def __init__(self, {arguments}):", *(f"            self.{n} = {n}" for n in names)]
    return lines + _constant(message, struct)


def _class_head(message: MessageSpec, struct: Struct) -> list[str]:
    lines = [f"    class {struct.name}(Message):"]
    if struct.name == message.name:
        flexible = None if message.flexible == specs.NEVER else message.flexible.lowest
        span = f"{message.versions.lowest}, {message.versions.highest}, {flexible}"
        if message.key is not None:
            lines.append(f"        API_KEY: ClassVar[int] = ApiKey.{_api_name(message)}")
        lines.append(f"        VERSIONS: ClassVar[VersionRange] = VersionRange({span})")
    return lines


def _constant(message: MessageSpec, struct: Struct) -> list[str]:
    if not has_constant(message, struct.name):
        return []
    return ["", f"    {default_constant(struct.name)}: Final = {struct.name}()"]


def _span(versions: specs.Versions) -> str:
    if versions.highest >= 0x7FFF:
        return f"v{versions.lowest}+"
    return f"v{versions.lowest}" + (f"-{versions.highest}" if versions.highest > versions.lowest else "")


def main() -> None:
    files = generated_files()
    GENERATED.mkdir(exist_ok=True)
    for stale in {path.name for path in GENERATED.glob("*.py")} - files.keys():
        (GENERATED / stale).unlink()
    for name, text in files.items():
        path = GENERATED / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    sys.stdout.write(f"{len(files)} modules in {GENERATED}\n")


if __name__ == "__main__":
    main()
