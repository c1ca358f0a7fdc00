"""The source text of encoders and decoders: one function per layout, straight through the fields.

Neighbouring fields of fixed size are gathered in a run and read or written by one precompiled Struct; the
length in front of a string or an array, and the tag count at the end of a struct, join the run before them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from zkbroker.protocol.spec import FIXED, NEVER, Field, MessageSpec, Struct

ZEROS = {"bool": "False", "string": '""', "bytes": 'b""', "uuid": "ZERO_UUID", "records": 'b""'}


_PYTHON = {
    "bool": "bool",
    "float64": "float",
    "uuid": "TopicId",
    "string": "str",
    "bytes": "bytes",
    "records": "Records",
}


def default_of(field: Field) -> str:
    """The default of a field, as Python."""
    if field.default == "null":
        return "None"
    if field.is_array:
        return "()"
    if field.is_struct:
        return default_constant(field.type)
    if field.default is None:
        return ZEROS.get(field.type, "0.0" if field.type == "float64" else "0")
    if field.type == "string":
        return repr(field.default)
    if field.type == "bool":
        return field.default.capitalize()
    return str(int(field.default, 0))


def default_constant(struct: str) -> str:
    return f"DEFAULT_{struct}"


def has_constant(spec: MessageSpec, struct: str) -> bool:
    """Whether some field has that struct, not null, as its default."""
    return any(
        field.type == struct and not field.is_array and field.default != "null"
        for outer in spec.structs.values()
        for field in outer.fields
    )


def differs(field: Field, value: str) -> str:
    """A condition: `value` is not the default of the field."""
    if field.default == "null":
        return f"{value} is not None"
    if field.is_array or field.type == "bytes":
        return f"({value} is None or len({value}))" if field.is_ever_null else f"{value}"
    if field.is_struct:
        default = default_of(field)
        return f"({value} is not {default} and {value} != {default})"
    if field.type == "bool":
        return value if default_of(field) == "False" else f"not {value}"
    return f"{value} != {default_of(field)}"


def annotation(field: Field) -> str:
    """The type of the attribute."""
    name = field.type if field.is_struct else _PYTHON.get(field.type, "int")
    if field.is_array:
        name = f"Sequence[{name}]"
    return f"{name} | None" if field.is_ever_null else name


@attrs.define(eq=False)
class Emitter:
    """What both directions share: indented lines, unique names, the run, the Structs used."""

    spec: MessageSpec
    version: int  # stands for all versions of the layout
    label: str  # message and versions, for errors
    layouts: dict[str, str]  # constants of the module: name -> expression; shared by all its functions
    lines: list[str] = attrs.field(factory=list)
    depth: int = 2
    names: Counter[str] = attrs.field(factory=Counter)
    run: list[tuple[str, str]] = attrs.field(factory=list)  # struct letter, variable or expression

    @property
    def is_flexible(self) -> bool:
        return self.version in self.spec.flexible

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1

    def name(self, wanted: str) -> str:
        """A name nothing else in the function has."""
        self.names[wanted] += 1
        return wanted if self.names[wanted] == 1 else f"{wanted}_{self.names[wanted]}"

    def layout(self, prefix: str, format: str, method: str) -> str:
        name = f"_{prefix}_{format.replace('?', 'o')}"
        self.layouts[name] = f'Struct(">{format}").{method}'
        return name

    def present(self, struct: Struct) -> list[Field]:
        return [f for f in struct.fields if self.version in f.versions and self.version not in f.tagged]

    def tagged(self, struct: Struct) -> list[Field]:
        fields = [f for f in struct.fields if self.version in f.versions and self.version in f.tagged]
        return sorted(fields, key=lambda field: field.tag or 0)

    def is_nullable(self, field: Field) -> bool:
        return self.version in field.nullable

    def path(self, struct: Struct, field: Field) -> str:
        """The field, for errors."""
        return f'"{struct.name}.{field.attribute}"'


class Decoder(Emitter):
    """def _decode(data, at) -> (message, where it ends)."""

    def function(self, name: str) -> list[str]:
        data = "memoryview" if self.spec.has_records else "bytes"
        body = self.struct(self.spec.body)
        self.line(f"return {body}, at")
        has_arrays = any(line.lstrip().startswith("room -=") for line in self.lines)
        return [
            f"def {name}(data: {data}, at: int) -> tuple[{self.spec.name}, int]:",
            *(["    room = MAX_DECODED_BYTES"] if has_arrays else []),
            "    try:",
            *self.lines,
            "    except (IndexError, StructError, UnicodeDecodeError) as error:",
            f'        raise undecodable("{self.label}", at, error) from None',
        ]

    def struct(self, struct: Struct) -> str:
        """Read a struct; the answer is the expression that makes it."""
        values = {f.name: self.value(struct, f, None) for f in self.present(struct)}
        for field in self.tagged(struct):
            values[field.name] = self.name(field.attribute)
            self.line(f"{values[field.name]}: {annotation(field)} = {default_of(field)}")
        if self.is_flexible:
            self.tags(struct, values)
        self.flush()
        arguments = [values.get(f.name, default_of(f)) for f in struct.fields]
        while arguments and struct.fields[len(arguments) - 1].name not in values:
            arguments.pop()
        return f"{struct.name}({', '.join(arguments)})"

    def tags(self, struct: Struct, values: dict[str, str]) -> None:
        count = self.name("tags")
        self.run.append(("B", count))
        self.flush()
        known = self.tagged(struct)
        if not known:
            with self.block(f"if {count}:"):
                self.line(f"at = skip_tags(data, at, {count})")
            return
        last, tag, end = self.name("last"), self.name("tag"), self.name("end_of_tag")
        with self.block(f"if {count}:"):
            with self.block(f"if {count} > 127:"):
                self.line(f"{count}, at = long_uvarint(data, at, {count})")
            self.line(f"{last} = -1")
            with self.block(f"for _ in range({count}):"):
                self.line(f"{tag}, at, {end} = tag_header(data, at, {last})")
                self.line(f"{last} = {tag}")
                for index, field in enumerate(known):
                    with self.block(f"{'elif' if index else 'if'} {tag} == {field.tag}:"):
                        self.value(struct, field, values[field.name])
                        self.flush()
                with self.block("else:"):
                    self.line(f"at = {end}")
                with self.block(f"if at != {end}:"):
                    self.line(f'raise wrong_tag_size("{struct.name}", {tag}, at, {end})')

    def flush(self) -> None:
        if not self.run:
            return
        format = "".join(letter for letter, _ in self.run)
        targets = [target for _, target in self.run]
        if format == "B":
            self.line(f"{targets[0]} = data[at]")
            self.line("at += 1")
        else:
            size = sum(_SIZES[letter] for letter, _ in self.run)
            read = self.layout("read", format, "unpack_from")
            self.line(f"{', '.join(targets)}{',' if len(targets) == 1 else ''} = {read}(data, at)")
            self.line(f"at += {size}")
        self.run = []

    def value(self, struct: Struct, field: Field, declared: str | None) -> str:
        """Read a field into a variable of its own, or into the declared one."""
        variable = declared or self.name(field.attribute)
        if field.is_array:
            self.array(struct, field, variable, declared is not None)
        elif field.type in FIXED:
            self.run.append((FIXED[field.type][0], variable))
        elif field.is_struct:
            self.nested(field, variable, declared is not None)
        else:
            self.sized(struct, field, variable, declared is not None)
        return variable

    def nested(self, field: Field, variable: str, declared: bool) -> None:
        if not self.is_nullable(field):
            self.line(f"{variable} = {self.struct(self.spec.structs[field.type])}")
            return
        if not declared:
            self.line(f"{variable}: {annotation(field)} = None")
        presence = self.name("presence")
        self.run.append(("b", presence))
        self.flush()
        with self.block(f"if {presence} >= 0:"):
            self.line(f"{variable} = {self.struct(self.spec.structs[field.type])}")

    def length(self, struct: Struct, field: Field, letter: str, long: str) -> str:
        """Read a length into n, refusing null where there is none; the answer is the condition "not null"."""
        self.run.append(("B" if self.is_flexible else letter, "n"))
        self.flush()
        if self.is_flexible:
            with self.block("if n > 127:"):
                self.line(f"n, at = {long}(data, at, n)")
        present, null = ("n", "not n") if self.is_flexible else ("n >= 0", "n < 0")
        if not self.is_nullable(field):
            with self.block(f"if {null}:"):
                self.line(f"raise is_null({self.path(struct, field)}, at)")
        return present

    def sized(self, struct: Struct, field: Field, variable: str, declared: bool) -> None:
        """A string, a byte array or records."""
        is_string = field.type == "string"
        letter, long = ("h", "long_string_length") if is_string else ("i", "long_length")
        present = self.length(struct, field, letter, long)
        if not self.is_nullable(field):
            self.slice(struct, field, variable)
            return
        if not declared:
            self.line(f"{variable}: {annotation(field)} = None")
        with self.block(f"if {present}:"):
            self.slice(struct, field, variable)
        if declared:
            with self.block("else:"):
                self.line(f"{variable} = None")

    def slice(self, struct: Struct, field: Field, variable: str) -> None:
        self.line("end = at + n - 1" if self.is_flexible else "end = at + n")
        if field.type == "records":
            with self.block("if end > len(data):"):
                self.line(f"raise too_long({self.path(struct, field)}, end - at, at)")
        piece = "data[at:end]"
        if field.type == "string":
            piece = f'str({piece}, "utf-8")' if self.spec.has_records else f"{piece}.decode()"
        elif field.type == "bytes" and self.spec.has_records:
            piece = f"bytes({piece})"
        self.line(f"{variable} = {piece}")
        self.line("at = end")

    def array(self, struct: Struct, field: Field, variable: str, declared: bool) -> None:
        present = self.length(struct, field, "i", "long_length")
        if not declared and self.is_nullable(field):
            self.line(f"{variable}: {self.built(field)} | None")
        if not self.is_nullable(field):
            self.elements(struct, field, variable)
            return
        with self.block(f"if {present}:"):
            self.elements(struct, field, variable)
        with self.block("else:"):
            self.line(f"{variable} = None")

    def elements(self, struct: Struct, field: Field, variable: str) -> None:
        if self.is_flexible:
            self.line("n -= 1")
        smallest = self.smallest(field)
        count = f"n * {smallest}" if smallest > 1 else "n"
        self.line(f"room -= n * {self.memory(field)}")
        with self.block(f"if room < 0 or {count} > len(data) - at:"):
            self.line(f"raise too_many({self.path(struct, field)}, n, at)")
        if field.type in ("int32", "int64"):
            letter, size = FIXED[field.type]
            ready = f"UNPACK_{field.type.upper()}S[n](data, at)"
            self.line(f'{variable} = {ready} if n < FEW else unpack_from(f">{{n}}{letter}", data, at)')
            self.line(f"at += n * {size}")
            return
        items = self.name("items")
        self.line(f"{items}: {self.built(field)} = []")
        with self.block("for _ in range(n):"):
            if field.is_struct:
                piece = self.struct(self.spec.structs[field.type])
            else:
                piece = self.value(struct, attrs.evolve(field, is_array=False, nullable=NEVER), None)
                self.flush()
            self.line(f"{items}.append({piece})")
        self.line(f"{variable} = {items}")

    def built(self, field: Field) -> str:
        """What decoding the array makes."""
        if field.type in ("int32", "int64"):
            return "tuple[int, ...]"
        return f"list[{annotation(attrs.evolve(field, is_array=False, nullable=NEVER, default=None))}]"

    def smallest(self, field: Field) -> int:
        """Bytes an element of the array takes at least."""
        if field.is_struct:
            struct = self.spec.structs[field.type]
            return sum(map(self.smallest_field, self.present(struct))) + self.is_flexible
        return self.smallest_field(attrs.evolve(field, is_array=False))

    def memory(self, field: Field) -> int:
        """Bytes of memory an element of the array takes at least, its place in the list included."""
        if not field.is_struct:
            return _MEMORY[field.type] + 8
        return self.memory_of_struct(self.spec.structs[field.type]) + 8

    def memory_of_struct(self, struct: Struct) -> int:
        total = 32 + 8 * len(struct.fields)
        for field in self.present(struct):
            if field.is_array:
                total += 0 if self.is_nullable(field) else 56
            elif field.is_struct:
                total += self.memory_of_struct(self.spec.structs[field.type])
            else:
                total += _MEMORY[field.type]
        return total

    def smallest_field(self, field: Field) -> int:
        if field.is_array:
            return 1 if self.is_flexible else 4
        if field.type in FIXED:
            return FIXED[field.type][1]
        if field.is_struct:
            return 1 if self.is_nullable(field) else self.smallest(field)
        if self.is_flexible:
            return 1
        return 2 if field.type == "string" else 4


class Encoder(Emitter):
    """def _encode(m, out, buffers) -> None: append to `out`, the last of `buffers`."""

    out: str = "out"

    def function(self, name: str) -> list[str]:
        self.struct(self.spec.body, "m")
        self.flush()
        if not self.lines:
            self.line("pass")
        return [
            f"def {name}(m: {self.spec.name}, out: bytearray, buffers: list[Buffer | Records]) -> None:",
            "    try:",
            *self.lines,
            "    except (AttributeError, TypeError, StructError) as error:",
            f'        raise unencodable("{self.label}", error) from error',
        ]

    def struct(self, struct: Struct, value: str) -> None:
        for field in struct.fields:
            if self.version not in field.versions and not field.ignorable:
                with self.block(f"if {differs(field, f'{value}.{field.attribute}')}:"):
                    self.line(f'raise not_in_version({self.path(struct, field)}, "{self.label}")')
        for field in self.present(struct):
            self.field(field, f"{value}.{field.attribute}")
        if self.is_flexible:
            self.tags(struct, value)

    def tags(self, struct: Struct, value: str) -> None:
        known = self.tagged(struct)
        if not known:
            self.run.append(("x", ""))
            return
        self.flush()
        conditions = [differs(field, f"{value}.{field.attribute}") for field in known]
        with self.block(f"if {' or '.join(conditions)}:"):
            count, section, one = self.name("count"), self.name("section"), self.name("tag")
            self.line(f"{count} = 0")
            self.line(f"{section} = bytearray()")
            for field, condition in zip(known, conditions, strict=True):
                with self.block(f"if {condition}:"):
                    self.line(f"{count} += 1")
                    self.line(f"{one} = bytearray()")
                    outer, self.out = self.out, one
                    self.field(field, f"{value}.{field.attribute}")
                    self.flush()
                    self.out = outer
                    self.line(f"append_tag({section}, {field.tag}, {one})")
            self.line(f"append_uvarint({self.out}, {count})")
            self.line(f"{self.out} += {section}")
        with self.block("else:"):
            self.line(f"{self.out}.append(0)")

    def flush(self) -> None:
        if not self.run:
            return
        format = "".join(letter for letter, _ in self.run)
        values = [value for _, value in self.run if value]
        if format == "x":
            self.line(f"{self.out}.append(0)")
        else:
            write = self.layout("write", format, "pack")
            self.line(f"{self.out} += {write}({', '.join(values)})")
        self.run = []

    def field(self, field: Field, value: str) -> None:
        if field.type in FIXED and not field.is_array:
            self.run.append((FIXED[field.type][0], value))
            return
        if field.is_struct and not field.is_array:
            self.nested(field, value)
            return
        if self.is_nullable(field):
            self.flush()
            with self.block(f"if {value} is None:"):
                self.null(field)
            with self.block("else:"):
                self.not_null(field, value)
            return
        if field.is_ever_null:
            with self.block(f"if {value} is None:"):
                self.line(f'raise null_not_in_version("{value}", "{self.label}")')
        self.not_null(field, value)

    def not_null(self, field: Field, value: str) -> None:
        if field.is_array:
            self.array(field, value)
        else:
            self.sized(field, value)

    def null(self, field: Field) -> None:
        if self.is_flexible:
            self.line(f"{self.out}.append(0)")
        else:
            size = 2 if field.type == "string" and not field.is_array else 4
            self.line(f'{self.out} += b"{chr(92)}xff" * {size}')

    def nested(self, field: Field, value: str) -> None:
        struct = self.spec.structs[field.type]
        if not self.is_nullable(field):
            self.struct(struct, value)
            return
        self.flush()
        with self.block(f"if {value} is None:"):
            self.line(f"{self.out}.append(255)")
        with self.block("else:"):
            self.run.append(("b", "1"))
            self.struct(struct, value)
            self.flush()

    def length(self, length: str, letter: str, long: str) -> None:
        """Write a length given as an expression."""
        if not self.is_flexible:
            self.run.append((letter, length))
            self.flush()
            return
        self.flush()
        self.line(f"n = {length} + 1")
        with self.block("if n < 128:"):
            self.line(f"{self.out}.append(n)")
        with self.block("else:"):
            self.line(f"{long}({self.out}, n)")

    def sized(self, field: Field, value: str) -> None:
        if field.type == "string":
            self.line(f"s = {value}.encode()")
            self.length("len(s)", "h", "append_string_length")
            self.line(f"{self.out} += s")
        elif field.type == "bytes":
            self.length(f"len({value})", "i", "append_uvarint")
            self.line(f"{self.out} += {value}")
        else:
            self.length(f"len({value})", "i", "append_uvarint")
            with self.block(f"if len({value}):"):
                self.line(f"buffers.append({value})")
                self.line(f"{self.out} = bytearray()")
                self.line(f"buffers.append({self.out})")

    def array(self, field: Field, value: str) -> None:
        if field.type in ("int32", "int64"):
            self.numbers(field, value)
            return
        self.length(f"len({value})", "i", "append_uvarint")
        item = self.name(f"each_of_{field.attribute}")
        with self.block(f"for {item} in {value}:"):
            if field.is_struct:
                self.struct(self.spec.structs[field.type], item)
                self.flush()
            else:
                self.field(attrs.evolve(field, is_array=False, nullable=NEVER), item)
                self.flush()

    def numbers(self, field: Field, value: str) -> None:
        self.flush()
        form, plus = ("COMPACT_", " + 1") if self.is_flexible else ("", "")
        self.line(f"numbers = {value}")
        self.line("n = len(numbers)")
        with self.block("if n < FEW:"):
            self.line(f"{self.out} += PACK_{form}{field.type.upper()}S[n](n{plus}, *numbers)")
        with self.block("else:"):
            letter = FIXED[field.type][0]
            self.line(f'append_numbers({self.out}, "{letter}", numbers, {self.is_flexible})')


_MEMORY = {
    **dict.fromkeys(("bool", "int8"), 0),  # these exist once
    **dict.fromkeys(("int16", "int32", "int64"), 28),
    "float64": 24,
    "uuid": 49,
    "string": 50,
    "bytes": 34,
    "records": 184,
}
_SIZES = {"B": 1, **dict(FIXED.values())}
