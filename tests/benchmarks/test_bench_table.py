import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from viewsync.benchmarks.machine import Machine
from viewsync.benchmarks.row import Bar, Results, measured, skipped, write_results
from viewsync.benchmarks.table import markdown, table

ROWS = (
    measured("audio", "speech | room", "|error| median", 1.234, "ms", 12, Bar(at_most=2)),
    measured("audio", "speech | room", "pairs tied", 70.0, "%", 12, Bar(at_least=80)),
    skipped("audio", "bbc_audio", "no data"),
)
RESULTS = Results("audio", 3, False, 61.0, Machine("Some CPU", 2, "Linux", "3.11", {}, "abc"), ROWS)
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "tables.py"


def test_markdown_by_hand():
    assert markdown(RESULTS).splitlines() == [
        "### `viewsync bench audio`",
        "",
        "Seed 3; 61 s on Some CPU, 2 cores; commit abc.",
        "",
        "| scene | metric | value | bar |  | n |",
        "| --- | --- | ---: | --- | --- | ---: |",
        r"| speech \| room | \|error\| median | 1.23 ms | ≤ 2 ms | pass | 12 |",
        r"|  | pairs tied | 70 % | ≥ 80 % | FAIL | 12 |",
        "| bbc_audio | not run | – |  |  | 0 |",
        "",
        "- bbc_audio, not run: no data",
    ]


def test_the_terminal_shows_value_bar_and_verdict():
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table(ROWS, "audio"))
    text = console.export_text()
    assert "70 %" in text
    assert "≥ 80 %" in text
    assert "FAIL" in text
    assert "bbc_audio, not run: no data" in text


@pytest.fixture
def readme(tmp_path) -> Path:
    path = tmp_path / "README.md"
    path.write_text("# Title\n\n<!-- bench:start -->\nold\n<!-- bench:end -->\n\nThe end\n")
    return path


def run_script(readme: Path, folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, str(SCRIPT), "--readme", str(readme), "--results", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_rewrites_only_between_the_markers(readme, tmp_path):
    for suite in ("video", "audio"):
        write_results(replace(RESULTS, suite=suite), tmp_path / "results")
    for _ in range(2):  # twice: running it again changes nothing
        assert run_script(readme, tmp_path / "results").returncode == 0
        text = readme.read_text()
        assert text.startswith("# Title\n\n<!-- bench:start -->\n### `viewsync bench audio`")
        assert text.endswith("\n<!-- bench:end -->\n\nThe end\n")
        assert text.count("### `viewsync bench video`") == 1
        assert "old" not in text


def test_the_script_says_what_it_misses(readme, tmp_path):
    done = run_script(readme, tmp_path / "empty")
    assert done.returncode == 2
    assert "no results" in done.stderr
    write_results(RESULTS, tmp_path / "results")
    readme.write_text("# Title\n")
    done = run_script(readme, tmp_path / "results")
    assert done.returncode == 2
    assert "<!-- bench:start -->" in done.stderr
