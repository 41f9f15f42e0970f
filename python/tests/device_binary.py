"""Changes device binaries as a stranger would: bytes of a section, with checksums that fit."""

import ctypes
import struct

from conftest import BUILD_DIR
from test_binary_format import read_sections

# Of docs/binary-format.md: where the checksums are in .garam.header.
STRUCTURE_CHECKSUM, ENTRIES, ENTRY_SIZE, ENTRY_CHECKSUM = 24, 32, 24, 16


def get_checksum(data):
    """XXH3 of 64 bits; that of the LLVM behind libGaram.so, for Python has none."""
    library = ctypes.CDLL(BUILD_DIR / "lib" / "libGaram.so")
    function = library._ZN4llvm11xxh3_64bitsENS_8ArrayRefIhEE
    function.argtypes, function.restype = [ctypes.c_char_p, ctypes.c_size_t], ctypes.c_uint64
    return function(bytes(data), len(data))


def find_section(data, name):
    """Offset and size of a section."""
    return next((offset, size) for other, offset, size in read_sections(data) if other == name)


def reseal(data):
    """`data` with checksums that fit its bytes."""
    data = bytearray(data)
    (_, header, header_size), *sections = read_sections(data)
    for number, (_, offset, size) in enumerate(sections):
        struct.pack_into("<Q", data, header + ENTRIES + number * ENTRY_SIZE + ENTRY_CHECKSUM,
                         get_checksum(data[offset:offset + size]))
    struct.pack_into("<Q", data, header + STRUCTURE_CHECKSUM, 0)
    # ELF header, section header table, section names, .garam.header.
    table, = struct.unpack_from("<Q", data, 40)
    count, names = struct.unpack_from("<HH", data, 60)
    at, size = struct.unpack_from("<QQ", data, table + 64 * names + 24)
    structure = (data[:64] + data[table:table + 64 * count] + data[at:at + size] +
                 data[header:header + header_size])
    struct.pack_into("<Q", data, header + STRUCTURE_CHECKSUM, get_checksum(structure))
    return bytes(data)
