"""What the pages on rendered worlds tell people to type works as it stands there, if smaller."""

import re
from pathlib import Path

import pytest
import tyro

from pages import PAGES, ROOT, WORLDS, blocks, commands
from viewsync.calibration import write_wildtrack
from viewsync.cli import Command, main
from viewsync.worlds.cameras.rigs import like_wildtrack
from viewsync.worlds.presets import PRESETS, preset_named
from viewsync.worlds.truth.formats import FORMATS, PICTURES
from worlds.motions.made_motion import bvh_text, made_motion

pytestmark = pytest.mark.opengl

ENTRANCE, TRUTH, PRESETS_PAGE = (ROOT / "docs" / "worlds" / f"{name}.md" for name in ("README", "truth", "presets"))
RENDERS = [words for page in (*PAGES, *WORLDS) for words in commands(page) if words[0] == "render"]
TINY = ["--seconds", "0.3", "--size", "96x64", "--people", "2", "--truth", "all", "--workers", "2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the pages are followed: the entrance's first command has been run, in small, with all truth."""
    folder = tmp_path_factory.mktemp("worlds")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with pytest.raises(SystemExit) as end:
            main([*commands(ENTRANCE)[0], *TINY])
    assert end.value.code == 0
    (folder / "mocap").mkdir()
    (folder / "mocap" / "walk.bvh").write_text(bvh_text(made_motion()))
    write_wildtrack(like_wildtrack(1).cameras, folder / "Wildtrack" / "calibrations")
    return folder


@pytest.mark.parametrize("page", [page for page in WORLDS if blocks(page, "python")], ids=lambda page: page.stem)
def test_every_python_example_runs(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}  # A page's examples go on from one another.
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)


@pytest.mark.parametrize("words", RENDERS, ids=" ".join)
def test_every_render_command_is_understood_and_its_world_can_be_built(words, folder, monkeypatch):
    monkeypatch.chdir(folder)
    command = tyro.cli(Command, args=[*words, *TINY])
    preset = preset_named(command.preset)
    world = preset.build(preset.scene_name(0), 1, command._wishes(preset))
    assert len(world.people) >= 2


def test_what_comes_out_is_what_the_entrance_shows(folder):
    (tree,) = (block for block in blocks(ENTRANCE, "text") if block.startswith("walker/"))
    at: list[str] = []
    for line in tree.splitlines():
        at[(len(line) - len(line.lstrip())) // 2 :] = [line.split()[0]]
        assert (folder / Path(*at)).exists(), at


def test_the_table_of_formats_is_complete():
    rows = [
        line for line in TRUTH.read_text("utf-8").splitlines() if line.startswith("| [`") or line.startswith("| (always)")
    ]
    named = {name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row.split("|")[1])}
    assert named == {*FORMATS, *PICTURES}


def test_the_table_of_presets_says_what_they_write():
    as_pair = "as `pair`"
    rows = [line.split("|")[1:-1] for line in PRESETS_PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    said = {row[0].strip(" `"): row[-1].strip() for row in rows}
    told = {name: said["pair"] if truth == as_pair else truth for name, truth in said.items()}
    assert told == {name: ", ".join(preset.truth) for name, preset in PRESETS.items()}
