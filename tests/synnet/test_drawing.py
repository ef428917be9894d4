import cv2
import numpy as np
import pytest
from matplotlib.collections import LineCollection

from viewsync.media.keypoints.joints import BONES
from viewsync.synnet.drawing import confusion_matrix, cost_matrices, long_video, save_figure
from viewsync.types import InputError


def test_confusion_is_shown_as_shares_of_each_true_shift():
    counts = np.diag([3, 1, 0, 8])
    counts[0, 1] = 1
    axes = confusion_matrix(counts, "walkers").axes[0]
    shares = np.asarray(axes.images[0].get_array())
    # Of the shift that no pair has, there are no shares.
    assert shares.tolist() == [[0.75, 0.25, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["-2", "-1", "0", "+1"]
    assert [text.get_text() for text in axes.texts] == ["75", "25", "100", "100"]


def test_costs_are_euclidean_distances_and_rows_name_their_nearest():
    a, b = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 3.0]])
    figure = cost_matrices({"one": (a, b), "other": (b, a)})
    first, second = figure.axes[:2]
    assert np.asarray(first.images[0].get_array()) == pytest.approx(np.array([[0, 5, 18**0.5], [5, 0, 1]]))
    assert np.asarray(second.images[0].get_array()) == pytest.approx(np.asarray(first.images[0].get_array()).T)
    assert first.lines[0].get_xydata().tolist() == [[0, 0], [1, 1]]
    assert second.get_title() == "other"


def person(frames):
    """Joints anywhere, in another place in each frame."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.uniform(100, 200, (frames, 18, 2)), np.ones((frames, 18, 1))], axis=2)


def strip(views, probabilities):
    return long_video(views, np.arange(len(probabilities)), probabilities, 4 / 30, stride=4, fps=30.0)


def test_long_videos_show_what_windows_found_their_mean_and_the_truth():
    found = np.eye(8)[[5, 5, 4, 6]]
    axes = strip((person(60), person(60)), found).axes[3]
    dots, mean, truth = axes.lines
    assert dots.get_ydata() == pytest.approx(np.array([1, 1, 0, 2]) * 4 / 30)
    assert dots.get_xdata() == pytest.approx(np.arange(4) / 30)
    assert np.unique(mean.get_ydata()) == pytest.approx([4 / 30])
    assert np.unique(truth.get_ydata()) == pytest.approx([4 / 30])
    (mesh,) = axes.collections
    # Each shift's row reaches half a shift to both sides.
    assert np.asarray(mesh.get_coordinates())[[0, -1], 0, 1] == pytest.approx(np.array([-4.5, 3.5]) * 4 / 30)
    assert np.asarray(mesh.get_array()).reshape(8, 4) == pytest.approx(found.T)


def drawn(axes):
    """Times and shapes (bone end axis) of the people in a film."""
    (people,) = (one for one in axes.collections if isinstance(one, LineCollection))
    seconds = people.get_offsets()[:: len(BONES), 0]
    return seconds, np.array(people.get_segments()).reshape(len(seconds), len(BONES), 2, 2)


def test_films_show_the_frames_that_the_mean_makes_simultaneous():
    a = person(90)
    b = a[8:]
    before, beside, after = (drawn(axes) for axes in strip((a, b), np.eye(8)[[6, 6]]).axes[:3])
    assert before[0] == pytest.approx(beside[0])
    # The last frames of b are frames of a, too.
    assert after[0] == pytest.approx(beside[0])
    assert np.abs(after[1] - beside[1]).max() < 0.05
    assert np.abs(before[1] - beside[1]).max() > 0.3


def test_people_are_left_out_where_nobody_is_seen_or_the_video_is_over():
    a, b = person(60), person(60)
    b[:30, :, 2] = 0
    _, beside, after = (drawn(axes)[0] for axes in strip((a, b), np.eye(8)[[0]]).axes[:3])
    assert beside.min() >= 1.0
    assert after.min() >= 16 / 30
    empty = strip((0 * a, b), np.eye(8)[[0]]).axes[0]
    assert not empty.collections


def test_a_figure_becomes_a_picture(tmp_path):
    path = tmp_path / "deep" / "confusion.png"
    save_figure(path, confusion_matrix(np.eye(8, dtype=int)))
    picture = cv2.imread(str(path))
    assert picture is not None
    assert min(picture.shape[:2]) > 500
    assert len(np.unique(picture)) > 10


def test_a_picture_that_cant_be_written_is_told_of(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        save_figure(tmp_path / "file" / "confusion.png", confusion_matrix(np.eye(8, dtype=int)))
