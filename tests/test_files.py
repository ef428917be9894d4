from pathlib import Path

import pytest

from viewsync.files import prepare_folder, write_whole
from viewsync.types import InputError


def test_a_file_is_written_into_folders_that_are_made(tmp_path: Path):
    path = tmp_path / "new" / "deep" / "result.txt"
    write_whole(path, b"all of it")
    assert path.read_bytes() == b"all of it"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_takes_the_place_of_the_former_one(tmp_path: Path):
    path = tmp_path / "result.txt"
    path.write_bytes(b"a much longer former result")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_write_leaves_the_former_file_and_nothing_else(tmp_path: Path, monkeypatch, failure):
    path = tmp_path / "result.txt"
    path.write_bytes(b"former")

    def half(self: Path, content: bytes) -> None:
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise failure

    monkeypatch.setattr(Path, "write_bytes", half)
    expected = KeyboardInterrupt if isinstance(failure, KeyboardInterrupt) else InputError
    with pytest.raises(expected):
        write_whole(path, b"new result")
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "taken").write_text("a file")
    folder = tmp_path / "taken" / "out"
    with pytest.raises(InputError) as caught:
        prepare_folder(folder)
    assert str(caught.value) == (
        f"can't write into the folder {folder}: not a directory. Choose a folder that you may write to."
    )


def test_a_folder_in_the_way_of_the_file_is_named(tmp_path: Path):
    path = tmp_path / "result.txt"
    path.mkdir()
    with pytest.raises(InputError, match=r"can't write .*result\.txt: is a directory\. Free or rename it"):
        write_whole(path, b"new")
    assert list(tmp_path.iterdir()) == [path]
