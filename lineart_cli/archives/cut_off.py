"""ZIP without its directory, which is at the end and so is the first to be lost: members by the heads before each.

The layout is that of PKWARE's APPNOTE 6.3, 4.3.7 to 4.3.9.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipExtFile, ZipInfo

_HEAD = Struct("<4s5H3L2H")
_MEMBER = b"PK\3\4"
_DESCRIPTOR = b"PK\7\x08"
_IS_UTF8, _HAS_DESCRIPTOR = 1 << 11, 1 << 3
_ZIP64, _IN_ZIP64 = 1, 0xFFFFFFFF
_BLOCK = 1 << 14


class CutOffZip:
    """Reads the members of such a file as `ZipFile` does; what is cut off of the last one is its damage."""

    def __init__(self, path: Path, most: int) -> None:
        """
        Args:
            path: of the file.
            most: bytes that it may expand to; no more is looked at.

        Raises:
            BadZipFile: it does not begin with a member.
        """
        self._path = path
        with path.open("rb") as file:
            self._infos = {info.filename: info for info in _members(file, path.stat().st_size, most)}
        if not self._infos:
            raise BadZipFile("there is no file inside")

    def infolist(self) -> Sequence[ZipInfo]:
        """The members."""
        return list(self._infos.values())

    def getinfo(self, name: str) -> ZipInfo:
        """A member."""
        return self._infos[name]

    def open(self, name: str) -> ZipExtFile:
        """A member's bytes."""
        info = self._infos[name]
        file = self._path.open("rb")
        file.seek(info.header_offset)
        return ZipExtFile(file, "r", info, close_fileobj=True)


def _members(file: BinaryIO, end: int, most: int) -> Iterator[ZipInfo]:
    """One after the other; `header_offset` is where their bytes begin."""
    left = most
    while left >= 0 and (info := _member(file)) is not None:
        at = info.header_offset
        if not info.flag_bits & _HAS_DESCRIPTOR:
            file.seek(at + info.compress_size)
        elif info.compress_type == ZIP_DEFLATED:
            _find_end(file, info, left)
        else:  # nothing tells where it ends
            info.compress_size, info.file_size = end - at, end - at + 1
        left -= info.file_size
        yield info
        if at + info.compress_size > end:
            return


def _member(file: BinaryIO) -> ZipInfo | None:
    """The head of the next member, with the file behind it; None where there is no whole one."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or not head.startswith(_MEMBER):
        return None
    _, _, flags, method, time, date, crc, packed, size, name_length, extra_length = _HEAD.unpack(head)
    name, extra = file.read(name_length), file.read(extra_length)
    if len(name) + len(extra) < name_length + extra_length:
        return None
    moment = (1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, time % 32 * 2)
    info = ZipInfo(name.decode("utf-8" if flags & _IS_UTF8 else "cp437", "replace"), moment)
    info.flag_bits, info.compress_type, info.CRC = flags, method, crc
    info.file_size, info.compress_size = _sizes(size, packed, extra)
    info.header_offset = file.tell()
    return info


def _sizes(size: int, packed: int, extra: bytes) -> tuple[int, int]:
    while len(extra) >= 4 and _IN_ZIP64 in {size, packed}:
        kind, length = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == _ZIP64 and length >= 16:
            return int.from_bytes(extra[4:12], "little"), int.from_bytes(extra[12:20], "little")
        extra = extra[4 + length :]
    return size, packed


def _find_end(file: BinaryIO, info: ZipInfo, most: int) -> None:
    """Sizes that the head does not tell, by unpacking the member; leaves the file at the next one."""
    stream, size, read = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
    with suppress(zlib.error):
        while not stream.eof and size <= most and (block := file.read(_BLOCK)):
            read += len(block)
            size += len(stream.decompress(block))
    if not stream.eof:
        info.compress_size, info.file_size = read, size + 1
        return
    info.compress_size, info.file_size = read - len(stream.unused_data), size
    file.seek(info.header_offset + info.compress_size)
    behind = file.read(28)
    signed = 4 if behind.startswith(_DESCRIPTOR) else 0
    info.CRC = int.from_bytes(behind[signed : signed + 4], "little")
    length = next((each for each in (signed + 12, signed + 20) if behind[each:].startswith(b"PK")), signed + 12)
    file.seek(info.header_offset + info.compress_size + length)
