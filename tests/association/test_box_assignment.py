"""Whose box each detection is."""

import json

import pytest

from viewsync.association.frames import UNKNOWN
from viewsync.association.readers import assigned, read_session
from viewsync.types import InputError


def written(folder, boxes):
    folder.mkdir()
    (folder / "boxes.json").write_text(json.dumps(boxes))
    return folder / "boxes.json"


def test_detections_are_assigned_one_to_one_by_overlap(tmp_path):
    true = {"0": [[0, 0, 10, 10, 1, 0], [4, 0, 10, 10, 2, 0], [30, 30, 10, 10, 3, 1]], "1": []}
    # The first overlaps both people; each is taken once. The last one overlaps too little (6 × 10 of 14 × 10).
    found = {"0": [[3, 0, 10, 10, -1, 0], [1, 0, 10, 10, -1, 0], [90, 0, 5, 5, -1, 0], [34, 30, 10, 10, -1, 1]]}
    sessions = [read_session(written(tmp_path / name, boxes), fps=1.0) for name, boxes in (("a", true), ("b", found))]
    named = assigned(sessions[1], sessions[0])
    assert [view.identities.tolist() for view in named.frames[0].views] == [[2, 1, UNKNOWN], [UNKNOWN]]
    assert len(named.frames) == 1
    assert assigned(sessions[1], sessions[0], 0.4).frames[0].views[1].identities.tolist() == [3]
    with pytest.raises(InputError, match="no instant in common"):
        assigned(sessions[1].with_frames([]), sessions[0])
