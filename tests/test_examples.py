"""What README and docs tell people to type works as it stands there."""

import re
import shutil
import tomllib
from importlib import import_module

import pytest

from footage import three_cameras
from pages import PAGES, ROOT, WORLDS, blocks, commands
from viewsync.cli import main


@pytest.fixture
def folder_of_four(tmp_path, monkeypatch):
    """cam1.mp4 … cam4.mp4 of one scene, here."""
    files = three_cameras()
    for number, source in enumerate([*files, files[0]], start=1):
        shutil.copy(source, tmp_path / f"cam{number}.mp4")
    with (tmp_path / "cam4.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")  # Else it would be the first one given twice.
    monkeypatch.chdir(tmp_path)
    # Looking for people in every example would take minutes; that it is done is seen to in tests of its own.
    for script in ("viewsync.sync", "viewsync.audit.check"):
        monkeypatch.setattr(import_module(script), "look", lambda *given: {})
    return tmp_path


def test_every_python_example_runs(folder_of_four, capsys):
    examples = [block for page in PAGES for block in blocks(page, "python")]
    assert examples
    for example in examples:
        exec(compile(example, "example", "exec"), {})
    assert "cam2" in capsys.readouterr().out


def test_every_command_example_ends_well(folder_of_four):
    # What is to be rendered takes long, and is run in small: see test_docs_worlds.
    typed = [words for page in PAGES for words in commands(page) if words[0] != "render"]
    assert [words for words in typed if words[0] == "sync"]
    for words in typed:
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 0
    assert (folder_of_four / "out" / "report.html").is_file()


def test_ci_runs_what_the_readme_says_passes_the_tests():
    typed = [line for block in blocks(ROOT / "README.md", "bash") for line in block.splitlines() if line[0] != "#"]
    assert len(typed) == 2
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith(typed[1])


def test_every_relative_link_leads_somewhere():
    for page in (*PAGES, *WORLDS):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_constraints_pin_everything_that_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    names = {re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-") for requirement in wanted} - {"viewsync"}
    assert names <= {name.lower().replace("_", "-") for name in pinned}
