"""Thinned lines as a graph: which pixels follow each other, and where lines end or branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_STRAIGHT = ((-1, 0), (0, 1), (1, 0), (0, -1))
_ASLANT = ((-1, 1), (1, 1), (1, -1), (-1, -1))  # each lies between the straight ones of its number and the next


@dataclass(frozen=True)
class Graph:
    """The pixels of thinned lines, and what connects them.

    Attributes:
        chains: pixels that follow each other, (n,) numbers of them each, from one end or branching to the next; in one
            that is closed, the first comes again at the end.
        degree: (N,) how many pixels each is connected with: 0 a dot, 1 an end, 2 a line, more a branching.
    """

    chains: list[Indices]
    degree: NDArray[np.int64]

    @property
    def dots(self) -> Indices:
        """Pixels that are alone."""
        return np.flatnonzero(self.degree == 0)


def graph(row: NDArray[np.int32], column: NDArray[np.int32]) -> Graph:
    """Connect the pixels of thinned lines.

    Args:
        row: (N,) of the pixels, rising.
        column: (N,) rising within a row.
    """
    links = _links(row, column)
    degree = (links >= 0).sum(1)
    return Graph(list(_chains(links, degree)), degree)


def _links(row: NDArray[np.int32], column: NDArray[np.int32]) -> Indices:
    """(N, 8) numbers of the pixels that each is connected with, -1 for none.

    Pixels that touch at a corner only are connected where no third one touches both, so that no triangles arise.
    """
    width = int(column.max(initial=0)) + 3  # no row's last pixel is beside the next one's first
    key = row.astype(np.int64) * width + column

    def beside(dy: int, dx: int) -> Indices:
        wanted = key + dy * width + dx
        found = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
        return np.where(key[found] == wanted, found, -1) if len(key) else found

    straight = [beside(*way) for way in _STRAIGHT]
    aslant = [
        np.where((straight[number] < 0) & (straight[(number + 1) % 4] < 0), beside(*way), -1)
        for number, way in enumerate(_ASLANT)
    ]
    return np.stack([*straight, *aslant], 1)


def _chains(links: Indices, degree: Indices) -> Iterator[Indices]:
    ordered = np.sort(links, 1)[:, ::-1]
    one, other = ordered[:, 0].tolist(), ordered[:, 1].tolist()
    is_line = (degree == 2).tolist()
    seen = [False] * len(is_line)

    def walk(before: int, here: int, start: int) -> Indices:
        chain = [before, here]
        while is_line[here] and here != start:
            seen[here] = True
            before, here = here, other[here] if one[here] == before else one[here]
            chain.append(here)
        return np.array(chain)

    for node in np.flatnonzero((degree == 1) | (degree > 2)).tolist():
        for neighbour in ordered[node, : degree[node]].tolist():
            if is_line[neighbour]:
                if not seen[neighbour]:
                    yield walk(node, neighbour, node)
            elif node < neighbour:
                yield np.array([node, neighbour])
    for pixel in np.flatnonzero(degree == 2).tolist():
        if not seen[pixel]:
            seen[pixel] = True
            yield walk(pixel, one[pixel], pixel)
