"""Extracts the protocol of liblivekit_ffi from the Python wheel that ships it.

The wheel `livekit` carries the native library and, in `livekit/rtc/_proto/*_pb2.py`, the serialised descriptors of
exactly the protocol which that library speaks. This writes them as one `FileDescriptorSet`, which `build.rs` turns
into Rust types: no protoc, and no drift between the library and its protocol.

Usage: python3 extract_descriptors.py WHEEL_OR_DIRECTORY OUTPUT.desc

The first argument is the `.whl` file, or a directory in which it was unpacked. Only the standard library is used and
nothing of the wheel is executed: the descriptors are read from the parsed source as literals.
"""

import ast
import pathlib
import sys
import zipfile

PROTOCOL_DIRECTORY = "livekit/rtc/_proto/"
SUFFIX = "_pb2.py"


def read_sources(origin: pathlib.Path) -> dict[str, str]:
    """The generated Python files of the protocol, by file name."""
    if origin.is_dir():
        found = (origin / PROTOCOL_DIRECTORY).glob("*" + SUFFIX)
        return {path.name: path.read_text(encoding="utf-8") for path in found}
    with zipfile.ZipFile(origin) as wheel:
        names = [name for name in wheel.namelist() if name.startswith(PROTOCOL_DIRECTORY) and name.endswith(SUFFIX)]
        return {name.removeprefix(PROTOCOL_DIRECTORY): wheel.read(name).decode("utf-8") for name in names}


def file_descriptor(source: str) -> bytes | None:
    """The serialised FileDescriptorProto that a generated file passes to `AddSerializedFile`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            return ast.literal_eval(node.args[0])
    return None


def varint(number: int) -> bytes:
    """A length in protobuf's variable-length encoding."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def descriptor_set(descriptors: list[bytes]) -> bytes:
    """A serialised FileDescriptorSet: each file as field 1, length-delimited (tag byte 0x0A)."""
    return b"".join(b"\x0a" + varint(len(descriptor)) + descriptor for descriptor in descriptors)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    sources = read_sources(pathlib.Path(sys.argv[1]))
    # Sorted, so that the same wheel always gives the same bytes.
    found = {name: file_descriptor(source) for name, source in sorted(sources.items())}
    missing = [name for name, descriptor in found.items() if descriptor is None]
    if missing or not found:
        what = ", ".join(missing) if missing else f"{PROTOCOL_DIRECTORY}*{SUFFIX}"
        print(f"{sys.argv[1]}: no descriptor in {what}; is this the wheel `livekit`?", file=sys.stderr)
        return 1
    encoded = descriptor_set([descriptor for descriptor in found.values() if descriptor is not None])
    pathlib.Path(sys.argv[2]).write_bytes(encoded)
    print(f"{len(found)} files, {len(encoded)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
