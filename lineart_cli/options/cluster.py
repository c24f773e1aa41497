"""Where pages are inked by many machines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lineart_cli.options.spec import Options, Spec, each_by, option, read_text
from lineart_cli.options.values import Mapped, Several

_LOCAL = re.compile(r"local:([1-9]\d{0,2})")
_ROOTED = re.compile(r"/|\\\\|[A-Za-z]:[/\\]")


def read_cluster(spec: Spec, text: str) -> str:
    """An address, the path of a scheduler file, or local:N."""
    place = read_text(spec, text)
    if place.startswith("local:") and not _LOCAL.fullmatch(place):
        raise spec.error(text, "write local: and how many workers, such as local:4; at most 999")
    return place


def read_mapped(spec: Spec, text: str) -> Mapped:
    """Two folders with = between them."""
    here, _, there = text.strip().partition("=")
    if not (_ROOTED.match(here) and _ROOTED.match(there)):
        raise spec.error(text, "write a folder here and what workers call it, such as /mnt/film=/srv/film")
    return Mapped(here, there)


@dataclass(frozen=True)
class ClusterOptions(Options):
    """Which workers ink, and how they see the files."""

    cluster: str | None = option(
        None,
        "--cluster",
        "Ink by the workers of a Dask cluster: the address of its scheduler (tcp://HOST:8786), its scheduler file, or "
        "local:N for N workers on this machine. They have to see the same files.",
        "Batch",
        read=read_cluster,
        metavar="ADDRESS",
        changes_ink=False,
        in_config=False,
    )
    map: Several[Mapped] = option(
        Several(),
        "--map",
        "What workers call a folder, where it has another name for them. Several with commas between them; the first "
        "that fits counts.",
        "Batch",
        read=each_by(read_mapped),
        metavar="FROM=TO",
        changes_ink=False,
        in_config=False,
    )
    cluster_config: str | None = option(
        None,
        "--cluster-config",
        "Dask's configuration for --cluster, a YAML file: certificates for TLS, timeouts.",
        "Batch",
        read=read_text,
        metavar="FILE",
        changes_ink=False,
        in_config=False,
    )
