"""docs/binary-format.md describes the binaries that the compiler writes."""

import json
import math
import re
import struct
import subprocess

import pytest

from conftest import SOURCE_DIR, find_tool

PAGE = (SOURCE_DIR / "docs" / "binary-format.md").read_text()
FORMATS = {4: "<I", 8: "<Q"}


def read_table(heading):
    """The rows of the table whose header line begins so, as lists of cells."""
    rows = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def read_fields(heading):
    """Name -> (offset, size) of a table of fields."""
    return {re.search(r"`(\w+)`", text).group(1): (int(offset), int(size))
            for offset, size, text in read_table(heading)}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("binary") / "digits.garam"
    model = SOURCE_DIR / "examples" / "digits" / "digits.onnx"
    subprocess.run([find_tool("garam"), "compile", model, "--target", "atom", "--dim", "N=1",
                    "-o", path, "--quiet"], check=True)
    return path.read_bytes()


def read_sections(data):
    """Name, offset and size of each section but ELF's own, by the ELF tables alone."""
    table, = struct.unpack_from("<Q", data, 40)
    count, names = struct.unpack_from("<HH", data, 60)
    headers = [struct.unpack_from("<IIQQQQ", data, table + 64 * i) for i in range(count)]
    text = data[headers[names][4]:]
    result = [(text[h[0]:text.index(b"\0", h[0])].decode(), h[4], h[5]) for h in headers]
    return result[1:-1]


def read_field(data, base, place):
    offset, size = place
    return struct.unpack_from(FORMATS[size], data, base + offset)[0]


def test_header(data):
    (name, base, size), *sections = read_sections(data)
    assert name == ".garam.header" and base == 64
    fields = read_fields("offset | bytes | field")
    offset, length = fields.pop("magic")
    assert data[base + offset:base + offset + length] == b"GARAMBIN"
    assert read_field(data, base, fields["version"]) == 1
    assert read_field(data, base, fields["file_size"]) == len(data)
    assert read_field(data, base, fields["sections"]) == len(sections)
    end = max(sum(place) for place in fields.values())

    entry = read_fields("offset | bytes | entry field")
    entry_size = max(sum(place) for place in entry.values())
    assert size == end + entry_size * len(sections)
    versions = {row[0].strip("`"): int(row[1]) for row in read_table("section | version | content")}
    for i, (name, place, length) in enumerate(sections):
        at = base + end + i * entry_size
        assert read_field(data, at, entry["number"]) == i + 2
        assert read_field(data, at, entry["size"]) == length
        assert read_field(data, at, entry["section_version"]) == versions[name]
        assert place % 64 == 0


def test_sections_and_their_order(data):
    names = [row[0].strip("`") for row in read_table("section | version | content")]
    assert [name for name, _, _ in read_sections(data)] == [".garam.header", *names]


def test_manifest(data):
    name, offset, size = read_sections(data)[1]
    manifest = json.loads(data[offset:offset + size])
    assert sorted(manifest) == sorted(row[0].strip("`") for row in read_table("key | value"))
    roles = {row[0].strip("`") for row in read_table("role | meaning")}
    assert {segment["role"] for segment in manifest["segments"]} <= roles
    assert manifest["programs"][0]["section"] == ".garam.npu.0.program"
    kinds = {row[0].strip("`"): re.findall(r"`(\w+)`", row[1])
             for row in read_table("kind | further fields | what it does")}
    step, = manifest["entry_points"][0]["steps"]
    assert sorted(step) == sorted(["kind", "after", *kinds[step["kind"]]])
    for key, (element, *_) in [("devices", manifest["devices"]), ("programs", manifest["programs"]),
                               ("segments", manifest["segments"]), ("nodes", manifest["nodes"]),
                               ("entry_points", manifest["entry_points"])]:
        text, = [row[1] for row in read_table("key | value") if row[0] == f"`{key}`"]
        assert set(element) <= set(re.findall(r"`(\w+)`", text)), key
    assert manifest["devices"] == [{"name": "atom", "kind": "npu", "target": "atom",
                                    "section": ".garam.target.0"}]
    assert {segment["device"] for segment in manifest["segments"]} == {0}


def test_debug_map(data):
    _, offset, size = next(s for s in read_sections(data) if s[0] == ".garam.debug")
    end = offset + size

    def read():
        nonlocal offset
        value, = struct.unpack_from("<I", data, offset)
        offset += 4
        return value

    for _ in range(read()):
        ids = []
        for _ in range(read()):
            length = read()
            ids.append(data[offset:offset + length].decode())
            offset += length
        assert "conv1" in ids
        for _ in range(read()):
            for _ in range(read()):
                assert all(read() < len(ids) for _ in range(read()))

        def read_wide(count):
            nonlocal offset
            values = struct.unpack_from(f"<{count}q", data, offset)
            offset += 8 * count
            return values

        num_values = read()
        assert num_values > 0
        for _ in range(num_values):
            length = read()
            assert data[offset:offset + length].decode().isidentifier()  # as the nodes of digits
            offset += length
            assert data[offset] <= 12
            offset += 1
            rank = read()
            sizes, volume = read_wide(rank), 0
            for _ in range(read()):
                assert read() >> 16 in (0, 1, 2)
                read_wide(1 + rank)
                low, counts = read_wide(rank), read_wide(rank)
                assert all(a >= 0 and a + b <= c for a, b, c in zip(low, counts, sizes))
                volume += math.prod(counts)
                writes = [(read(), read(), read()) for _ in range(read())]
                assert writes and all(execution > 0 for _, _, execution in writes)
            assert volume == math.prod(sizes)

        def read_text():
            nonlocal offset
            length = read()
            offset += length
            return data[offset - length:offset].decode()

        def read_floats(count):
            nonlocal offset
            offset += 8 * count
            return struct.unpack_from(f"<{count}d", data, offset - 8 * count)

        for _ in range(read()):
            assert all(read() < len(ids) for _ in range(read()))
            assert "tiles of" in read_text() and "tiles of" in read_text()
            assert math.isfinite(*read_floats(1)) and data[offset] in (0, 1)
            offset += 1
        for _ in range(read()):
            assert read_text() == "fused groups" and all(map(math.isfinite, read_floats(3)))
        num_ends = read()
        assert num_ends in (0, len(ids)) and all(end >= 0 for end in read_floats(num_ends))
    assert offset == end
