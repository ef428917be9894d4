import numpy as np
import pytest

from viewsync.timeline import graph


def ends(*pairs: str):
    """Edges from names such as "ab"."""
    return tuple(np.array([ord(pair[i]) - ord("a") for pair in pairs], dtype=int) for i in (0, 1))


def test_components_come_largest_first_and_keep_lone_cameras():
    assert graph.components(6, *ends("ab", "ed", "df")) == [[3, 4, 5], [0, 1], [2]]
    assert graph.components(2, *ends()) == [[0], [1]]


def test_the_tree_avoids_the_dearest_edge_of_each_cycle():
    tree = graph.spanning_tree(4, *ends("ab", "bc", "ca", "dc"), np.array([1.0, 5.0, 2.0, 9.0]))
    assert tree.tolist() == [0, 2, 3]


def test_ways_share_no_edge():
    square = ends("ab", "bc", "cd", "da")
    assert graph.ways(4, *square, 0, 2) == 2
    assert graph.ways(5, *ends("ab", "bc", "ca", "cd", "de"), 0, 4) == 1
    assert graph.ways(4, *ends("ab", "cd"), 0, 3) == 0


def test_the_shortest_way_and_its_absence():
    pairs = ends("ab", "bc", "cd", "ed", "ea", "fg")
    assert graph.shortest_way(7, *pairs, 0, 3) == (0, 4, 3)
    with pytest.raises(ValueError, match="no way leads from camera 0 to camera 5"):
        graph.shortest_way(7, *pairs, 0, 5)


def test_distances_add_up_along_the_best_way():
    found = graph.distances(4, *ends("ab", "bc", "ac"), np.array([1.0, 1.0, 3.0]), 0)
    assert found.tolist() == [0.0, 1.0, 2.0, np.inf]


def test_a_complete_graph_of_five_has_ten_triangles():
    pairs = ends("ab", "ca", "ad", "ae", "cb", "bd", "be", "cd", "ec", "de")
    assert len(graph.triangles(5, *pairs)) == 10
    assert graph.triangles(4, *ends("ab", "bc", "cd", "da")) == []
