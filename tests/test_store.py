"""What is kept on disk comes back as it was, whatever happened to the folder meanwhile."""

import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from viewsync.store import Store, stamp
from viewsync.types import AudioSignal, Recording, Signal, Sound, SoundTrack, VideoTrack, WallClock


def a_signal(seed: int = 0, length: int = 50) -> Signal:
    rng = np.random.default_rng(seed)
    return Signal("motion", rng.normal(size=(length, 3)), rng.random(length) > 0.5, 29.97, -1.5)


def never() -> Signal:
    raise AssertionError("made anew")


def only_entry(folder: Path) -> Path:
    (entry,) = folder.iterdir()
    return entry


def same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if hasattr(one, "__dataclass_fields__"):
        return type(one) is type(other) and all(same(getattr(one, n), getattr(other, n)) for n in one.__dataclass_fields__)
    return type(one) is type(other) and one == other


THINGS = {
    "signal": a_signal(),
    "empty signal": Signal("motion", np.zeros((0, 1)), np.zeros(0, dtype=bool), 30.0, 0.0),
    "sound": AudioSignal(
        "audio", np.ones((4, 8)), np.ones(4, dtype=bool), 100.0, 0.0, Sound(np.arange(9, dtype=np.int16), 16000, 0.5)
    ),
    "recording": Recording(
        "cam\udcff",
        Path("a/cam\udcff.mp4"),
        "0" * 64,
        VideoTrack(0, 640, 360, 90, Fraction(1, 90000), np.array([0, 3003, 6006])),
        SoundTrack(1, 48000, 2, 0.02, 3.5),
        (WallClock(1.7e9, "creation time"),),
    ),
}


@pytest.mark.parametrize("name", THINGS)
def test_a_thing_comes_back_as_it_was(name, tmp_path):
    store = Store(tmp_path)
    assert store.recall("key", lambda: THINGS[name]) is THINGS[name]
    assert same(store.recall("key", never), THINGS[name])


def test_keys_are_kept_apart(tmp_path):
    store = Store(tmp_path)
    for seed in range(3):
        store.recall(f"key {seed}", lambda seed=seed: a_signal(seed))
    assert all(same(store.recall(f"key {seed}", never), a_signal(seed)) for seed in range(3))


def test_without_a_folder_nothing_is_kept():
    made = iter([a_signal(1), a_signal(2)])
    store = Store(None)
    assert not same(store.recall("key", lambda: next(made)), store.recall("key", lambda: next(made)))


@pytest.mark.parametrize("damage", ["cut", "emptied", "text", "another kind", "endless"])
def test_a_damaged_entry_is_made_anew(damage, tmp_path):
    store = Store(tmp_path)
    store.recall("key", a_signal)
    entry = only_entry(tmp_path)
    content = entry.read_bytes()
    entry.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "emptied": b"",
            "text": b"hello" * 100,
            "endless": content[:8] + b"\xff" * 7 + content[15:],
            "another kind": content.replace(b'"Signal"', b'"math"  '),
        }[damage]
    )
    assert same(store.recall("key", lambda: a_signal(7)), a_signal(7))
    assert same(store.recall("key", never), a_signal(7))


def test_the_longest_unused_entries_make_room(tmp_path):
    store = Store(tmp_path, largest_bytes=5000)
    for seed in range(3):
        store.recall(f"key {seed}", lambda seed=seed: a_signal(seed))
        for entry in tmp_path.iterdir():
            os.utime(entry, (entry.stat().st_mtime - 10,) * 2)
    store.recall("key 0", never)  # Used: now the youngest.
    store.recall("key 3", lambda: a_signal(3))
    store.make_room()
    assert same(store.recall("key 0", never), a_signal(0))
    with pytest.raises(AssertionError, match="made anew"):
        store.recall("key 1", never)


def test_what_somebody_else_keeps_in_a_shared_folder_is_used(tmp_path, monkeypatch):
    def refused(path: object) -> None:
        raise PermissionError(path)

    store = Store(tmp_path)
    store.recall("key", a_signal)
    monkeypatch.setattr(os, "utime", refused)  # As for files of another user; the tests may run as root.
    assert same(store.recall("key", never), a_signal())


def test_a_folder_that_cannot_be_written_to_costs_nothing_but_time(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert same(Store(tmp_path / "file" / "cache").recall("key", a_signal), a_signal())


def test_a_file_is_known_by_its_stamp(tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(b"one")
    before, folder_before = stamp(file), stamp(tmp_path)
    assert stamp(file) == before
    file.write_bytes(b"two")
    os.utime(file, (1, 1))
    assert stamp(file) != before
    assert stamp(tmp_path) != folder_before


WRITER = """
import sys
from pathlib import Path
import numpy as np
from viewsync.store import Store
from viewsync.types import Signal
while True:
    for key in range(20):
        signal = Signal("motion", np.full((200_000, 2), float(key)), np.ones(200_000, dtype=bool), 30.0, 0.0)
        (Path(sys.argv[1]) / f"{key}.ready").touch()
        for entry in Path(sys.argv[1]).glob("*.viewsync"):
            entry.unlink(missing_ok=True)
        Store(Path(sys.argv[1])).recall(str(key), lambda: signal)
"""


def test_runs_at_the_same_time_and_kills_leave_whole_entries_only(tmp_path):
    def check_all() -> None:
        for key in range(20):
            mine = Signal("motion", np.full((1, 2), float(key)), np.ones(1, dtype=bool), 30.0, 0.0)
            found = Store(tmp_path).recall(str(key), lambda mine=mine: mine)
            assert (found.values == key).all()

    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) for _ in range(2)]
    try:
        while not (tmp_path / "5.ready").exists():
            time.sleep(0.05)
        for wait in (0.0, 0.37):
            time.sleep(wait)
            check_all()
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
    check_all()
