"""Archives of pages: unpacked without trust, and packed as ZIP."""

from lineart_cli.archives.member import Contents, Member
from lineart_cli.archives.packing import pack, read_member
from lineart_cli.archives.unpacking import COMICS, SUFFIXES, contents, is_archive, unpack

__all__ = ["COMICS", "SUFFIXES", "Contents", "Member", "contents", "is_archive", "pack", "read_member", "unpack"]
