import runpy
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from viewsync.benchmarks.row import Bar, Results, measured, skipped, write_results
from viewsync.benchmarks.table import markdown, table
from viewsync.machine import Machine

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
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--root", str(tmp_path), "--results", str(tmp_path / "results")])
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("# Title\n\n<!-- bench:start -->\nold\n<!-- bench:end -->\n\nThe end\n")
    return tmp_path


def exit_code() -> int:
    """Of the script, run as it is called."""
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return left.value.code


def test_the_script_writes_all_of_it_and_the_gist_between_the_markers(root):
    in_all = measured("video", "all", "pairs tied", 65.0, "%", 30, Bar(at_least=50))
    write_results(RESULTS, root / "results")
    write_results(
        replace(RESULTS, suite="video", rows=(replace(ROWS[0], suite="video"), replace(ROWS[1], suite="video"), in_all)),
        root / "results",
    )
    for _ in range(2):  # twice: running it again changes nothing
        assert exit_code() == 0
        assert (root / "README.md").read_text().splitlines() == [
            "# Title",
            "",
            "<!-- bench:start -->",
            "| suite | scene | metric | value | bar |  | n |",
            "| --- | --- | --- | ---: | --- | --- | ---: |",
            r"| `audio` | speech \| room | \|error\| median | 1.23 ms | ≤ 2 ms | pass | 12 |",
            "|  |  | pairs tied | 70 % | ≥ 80 % | FAIL | 12 |",
            # What sums up the others, and every miss.
            "| `video` | all | pairs tied | 65 % | ≥ 50 % | pass | 30 |",
            r"|  | speech \| room | pairs tied | 70 % | ≥ 80 % | FAIL | 12 |",
            "<!-- bench:end -->",
            "",
            "The end",
        ]
        everything = (root / "docs" / "measured.md").read_text()
        assert markdown(RESULTS) in everything
        assert everything.count("### `viewsync bench video`") == 1


def test_a_papers_tables_go_into_its_page(root):
    rows = (
        measured("synnet", "Table 1: P", "accuracy, pairs", 70.04, "%", 12),
        measured("synnet", "Table 1: P", "accuracy, pairs: std of seeds", 1.26, "%", 3),
        measured("synnet", "Table 1: P", "SynError, pairs", 0.0446, "s", 12),
        measured("synnet", "Table 1: P", "SynError, pairs: std of seeds", 0.0044, "s", 3),
        measured("synnet", "Table 1: P", "accuracy, SYN, published", 92.63, "%", 1120),
        measured("synnet", "Table 1: P", "SynError, SYN, published", 0.022, "s", 1120),
        measured("synnet", "Table 1: A", "accuracy, pairs", 12.0, "%", 12),
        measured("synnet", "Table 1: A", "SynError, pairs", 0.3, "s", 12),
        measured("synnet", "Table 1: P", "lead over A, pairs", 58.0, "points", 3, Bar(at_least=0)),
        measured("synnet", "Wi-Fi", "SynError, published", 0.662, "s", 100),
    )
    write_results(replace(RESULTS, suite="synnet", rows=rows), root / "results")
    (root / "docs" / "synnet.md").write_text("<!-- bench:start -->\n<!-- bench:end -->\n")
    for _ in range(2):
        assert exit_code() == 0
        assert (root / "docs" / "synnet.md").read_text().splitlines() == [
            "<!-- bench:start -->",
            "",
            "| Table 1 | pairs | *SYN, published* |",
            "| --- | --- | --- |",
            "| P | 70.0 ± 1.3 %, 0.045 ± 0.004 s | *92.6 %, 0.022 s* |",
            "| A | 12.0 %, 0.300 s |  |",
            "",
            "<!-- bench:end -->",
        ]


def test_stereos_tables_go_into_its_page(root):
    line = "zed_p, flow: TripletEuc + DenseDelay"
    rows = (
        measured("stereo", line, "F1 macro, zed_p2", 0.8, "", 9),
        measured("stereo", line, "MAE, zed_p2", 1.234, "frames", 9),
        measured("stereo", line, "F1 macro, mean", 0.7512, "", 9, Bar(at_least=0.8)),
        measured("stereo", line, "exact, mean", 76.54, "%", 9),
        measured("stereo", line, "MAE, mean, where 5 frames are shared", 0.5, "frames", 7),
        measured("stereo", "zed_p: stereo cue in sync", "|error| median", 0.66, "ms", 4),
    )
    write_results(replace(RESULTS, suite="stereo", rows=rows), root / "results")
    (root / "docs" / "stereo.md").write_text("<!-- bench:start -->\n<!-- bench:end -->\n")
    assert exit_code() == 0
    assert [one for one in (root / "docs" / "stereo.md").read_text().splitlines() if "---" not in one and one][1:-1] == [
        "| all delays | F1 macro | F1 weighted | exact | MAE |",
        f"| {line} | 0.751 |  | 76.5 % |  |",
        "| where 5 frames are shared | F1 macro | F1 weighted | exact | MAE |",
        f"| {line} |  |  |  | 0.50 frames |",
        "| F1 macro | zed_p2 |",
        f"| {line} | 0.800 |",
        "| `sync` | \\|error\\| median |",
        "| zed_p: stereo | 0.7 ms |",
    ]


def test_the_script_says_what_it_misses(root, capsys):
    assert exit_code() == 2
    assert "no results" in capsys.readouterr().err
    write_results(RESULTS, root / "results")
    (root / "README.md").write_text("# Title\n")
    assert exit_code() == 2
    assert "<!-- bench:start -->" in capsys.readouterr().err
