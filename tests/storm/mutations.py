"""Damage to files, by a seed: flipped bits, cuts, headers that lie, parts of other files.

Formats that guard their parts by checksums are damaged inside of them as well, with checksums that are right again.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random

_HEAD = 512
_BOUNDARIES = (
    0,
    1,
    2,
    7,
    8,
    255,
    256,
    32767,
    65535,
    65536,
    2**24,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**63,
    2**64 - 1,
)
_PNG = b"\x89PNG\r\n\x1a\n"
_NUMBER = re.compile(rb"\d+")


def mutated(data: bytes, seed: int | str, donors: Sequence[bytes]) -> bytes:
    """A file with damage that follows from `seed` alone; `donors` are files to take parts from."""
    rng = Random(seed)
    if data.startswith(b"PK") and rng.random() < 0.7:
        return _with_damaged_member(data, rng, donors)
    damaged = _damaged(data, rng, donors)
    return _with_checksums(damaged) if damaged.startswith(_PNG) and rng.random() < 0.7 else damaged


def _damaged(data: bytes, rng: Random, donors: Sequence[bytes]) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice((_flip, _flip, _cut, _lie, _lie, _lie_in_digits, _splice))(data, rng, donors)
    return data


def _place(data: bytes, rng: Random) -> int:
    """Some place in a file, in half of the cases near its beginning or end, where headers are."""
    places = (rng.randrange, lambda n: rng.randrange(min(n, _HEAD)), lambda n: n - 1 - rng.randrange(min(n, _HEAD)))
    return rng.choice((*places[:1], *places))(max(1, len(data)))


def _flip(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    flipped = bytearray(data)
    for _each in range(rng.choice((1, 1, 2, 8, 64))):
        if flipped:
            flipped[_place(data, rng)] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def _cut(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    return data[: _place(data, rng)]


def _lie(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """A size, count or offset of 1, 2, 4 or 8 bytes becomes another one, often one at which counters overflow."""
    size = rng.choice((1, 2, 2, 4, 4, 8))
    value = rng.choice((*_BOUNDARIES, len(data), len(data) - 1, len(data) + 1, rng.getrandbits(8 * size)))
    at = _place(data, rng) // rng.choice((1, 2)) * 2
    field = (value % 256**size).to_bytes(size, rng.choice(("little", "big")))
    return data[:at] + field + data[at + size :]


def _lie_in_digits(data: bytes, rng: Random, donors: Sequence[bytes]) -> bytes:
    """The same for formats that write numbers in digits."""
    numbers = list(_NUMBER.finditer(data))
    if not numbers:
        return _lie(data, rng, donors)
    number = rng.choice(numbers)
    value = rng.choice((*_BOUNDARIES, -1, 0.5, 1e30, int(number[0][:18]) + 1, rng.randrange(10000)))
    return data[: number.start()] + str(value).encode() + data[number.end() :]


def _splice(data: bytes, rng: Random, donors: Sequence[bytes]) -> bytes:
    """A part of this or another file in place of, or before, a part of this one."""
    other = rng.choice((data, rng.choice(donors)))
    start, at = _place(other, rng), _place(data, rng)
    length = rng.choice((4, 64, 1024, len(other)))
    return data[:at] + other[start : start + length] + data[at + rng.choice((0, length)) :]


def _with_damaged_member(data: bytes, rng: Random, donors: Sequence[bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(members))
    damage: Callable[[bytes, Random, Sequence[bytes]], bytes] = _lie_in_digits if rng.random() < 0.3 else _damaged
    members[name] = _with_checksums(damage(members[name], rng, donors))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return file.getvalue()


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what is in them now; anything else as it is."""
    if not data.startswith(_PNG):
        return data
    whole, at = bytearray(data), len(_PNG)
    while at + 12 <= len(whole):
        (length,) = struct.unpack_from(">I", whole, at)
        end = at + 8 + length
        if end + 4 > len(whole):
            break
        struct.pack_into(">I", whole, end, zlib.crc32(whole[at + 4 : end]))
        at = end + 4
    return bytes(whole)
