"""Cameras as nodes, pairs as edges: which hang together, in how many ways, around which cycles.

Edges are given as two arrays of camera numbers, one entry per pair; no pair occurs twice.
"""

from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, maximum_flow, minimum_spanning_tree

Edges = Int[np.ndarray, " pair"]


def components(count: int, a: Edges, b: Edges) -> list[list[int]]:
    """Groups of cameras that edges connect, largest first; groups and members otherwise in the order of cameras."""
    _, labels = connected_components(_adjacency(count, a, b, np.ones(len(a))), directed=False)
    groups = [np.flatnonzero(labels == label).tolist() for label in dict.fromkeys(labels.tolist())]
    return sorted(groups, key=lambda group: -len(group))


def spanning_tree(count: int, a: Edges, b: Edges, cost: Float[np.ndarray, " pair"]) -> Int[np.ndarray, " branch"]:
    """Edges of the cheapest tree that reaches every camera; costs must be positive."""
    tree = minimum_spanning_tree(_adjacency(count, a, b, cost)).tocoo()
    branches = set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
    # The sparse matrix doesn't keep the edges' numbers, only their ends.
    return np.array([i for i, ends in enumerate(zip(a.tolist(), b.tolist(), strict=True)) if ends in branches], dtype=int)


def ways(count: int, a: Edges, b: Edges, start: int, goal: int) -> int:
    """Number of ways from `start` to `goal` of which no two use the same edge."""
    both = _adjacency(count, np.concatenate([a, b]), np.concatenate([b, a]), np.ones(2 * len(a), dtype=np.int32))
    return int(maximum_flow(both, start, goal).flow_value)


def shortest_way(count: int, a: Edges, b: Edges, start: int, goal: int) -> tuple[int, ...]:
    """Cameras along the way with the fewest edges, `start` and `goal` included.

    Raises:
        ValueError: there is no way.
    """
    _, before = dijkstra(
        _adjacency(count, a, b, np.ones(len(a))), directed=False, indices=start, unweighted=True,
        return_predecessors=True,
    )  # fmt: skip
    way = [goal]
    while way[-1] != start:
        if before[way[-1]] < 0:
            raise ValueError(f"no way leads from camera {start} to camera {goal}")
        way.append(int(before[way[-1]]))
    return tuple(reversed(way))


def distances(
    count: int, a: Edges, b: Edges, length: Float[np.ndarray, " pair"], start: int
) -> Float[np.ndarray, " camera"]:
    """Least total length of the way from `start` to every camera, ∞ where none leads; lengths must be positive."""
    return np.asarray(dijkstra(_adjacency(count, a, b, length), directed=False, indices=start))


def triangles(count: int, a: Edges, b: Edges) -> list[tuple[int, int, int]]:
    """All triples of cameras, each in ascending order, that are connected all around."""
    connected = {frozenset(ends) for ends in zip(a.tolist(), b.tolist(), strict=True)}
    return [
        three
        for three in combinations(range(count), 3)
        if all(frozenset(ends) in connected for ends in combinations(three, 2))
    ]


def _adjacency(count: int, a: Edges, b: Edges, weight: np.ndarray) -> csr_array:
    return csr_array((weight, (a, b)), shape=(count, count))
