"""Archives of pages: unpacked without trust, and packed as ZIP."""

from lineart_cli.archives.member import Member
from lineart_cli.archives.packing import pack, read_member
from lineart_cli.archives.unpacking import COMICS, SUFFIXES, is_archive, members, unpack

__all__ = ["COMICS", "SUFFIXES", "Member", "is_archive", "members", "pack", "read_member", "unpack"]
