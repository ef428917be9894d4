import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from synthetic_timeline import beliefs_of, four_cameras, tied_pair

from viewsync.outputs import report, stills
from viewsync.types import InputError, LocalOffset, OffsetBelief, Verdict

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Reads a page, fails on tags that don't match, and keeps tags, attributes and text."""

    def __init__(self, source: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        assert len(attributes) == len(dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def still(recording, seconds, long_side):
    """Something that moves: noise that depends on the time."""
    noise = np.random.default_rng(int(1000 * seconds)).integers(0, 255, (27, 48, 3), dtype=np.uint8)
    return noise.repeat(10, axis=0).repeat(10, axis=1)


def page(tmp_path: Path, timeline, beliefs=None) -> Page:
    path = tmp_path / "report.html"
    found = beliefs_of(timeline) if beliefs is None else beliefs
    pairs = tuple(replace(pair, beliefs=tuple(found.get((pair.a, pair.b), ()))) for pair in timeline.pairs)
    report.write_report(replace(timeline, pairs=pairs), path, still)
    return Page(path.read_text(encoding="utf-8"))


def test_the_page_says_what_was_found(tmp_path: Path):
    text = page(tmp_path, four_cameras()).text
    assert "3 of 4 cameras are on the clock of cam1; not cam4." in text
    assert "+1.2334 ± 0.0021" in text
    assert "+12.0 ± 4.0" in text
    assert "within ±50" in text
    assert "Not on this clock" in text
    assert "Nothing moves in cam4." in text
    assert "-0.002 ± 0.012 s (0.1 σ)" in text
    assert "motion 70%, audio 30%" in text


def test_every_pair_is_drawn_twice_with_a_line_per_cue(tmp_path: Path):
    timeline = four_cameras()
    paths = [attributes["class"] for tag, attributes in page(tmp_path, timeline).tags if tag == "path"]
    assert len(paths) == 2 * sum(len(pair.cues) for pair in timeline.pairs)
    assert set(paths) == {"cue0", "cue1"}


def test_bars_stand_where_the_clocks_put_them():
    timeline = four_cameras()
    span = report._span(timeline, None, [])
    # The axis runs from cam3's start (0.4 − 2.5 s) to the reference's end (12 s).
    assert [bar.camera.id for bar in span.bars] == ["cam1", "cam2", "cam3"]
    assert [bar.left_percent for bar in span.bars] == pytest.approx(
        [100 * 2.1 / 14.1, 100 * (1.2334 + 2.1) / 14.1, 0], abs=0.01
    )
    assert [bar.width_percent for bar in span.bars] == pytest.approx([1200 / 14.1, 1000 / 14.1, 1300 / 14.1], abs=0.01)
    assert [bar.camera.id for bar in span.apart] == ["cam4"]


def test_a_drifting_pair_is_marked_where_its_belief_peaks():
    # t_a − t_b in the middle of the overlap, at 1000 s, is 2 s + 100 ppm · 1000 s.
    pair = tied_pair("a", "b", 2.0, 0.01, rate=100e-6, rate_std=1e-6, middle_seconds=1000.0)
    offsets = np.linspace(0, 10, 1001)
    belief = OffsetBelief("motion", offsets, -np.abs(offsets - 2.1), np.ones(1001))
    timeline = replace(four_cameras(("a", "b", "c", "d")), pairs=(replace(pair, beliefs=(belief,)),))
    view = report._view(timeline, timeline.pairs[0])
    assert view.wide.chosen_percent == pytest.approx(21.0)
    assert view.close.chosen_percent == pytest.approx(50.0)


def test_the_cameras_are_drawn_with_a_line_per_pair(tmp_path: Path):
    timeline = four_cameras()
    found = page(tmp_path, timeline)
    assert [attributes["class"] for tag, attributes in found.tags if tag == "circle"] == [
        "reference",
        "tied",
        "tied",
        "untied",
    ]
    kinds = [attributes["class"] for tag, attributes in found.tags if tag == "line"]
    assert sorted(kinds) == ["fits"] * 3 + ["untied"] * 3
    # cam2 and cam3 were measured 1.6 ms off what their offsets from cam1 give, with an error bar of 14 ms.
    assert "-2 ms · 0.1 σ" in found.text


def test_drift_is_drawn_and_said(tmp_path: Path):
    timeline = four_cameras()
    stretches = tuple(LocalOffset(100.0 * n, -2.5 + 12e-6 * 100 * n, 0.002) for n in range(5))
    pairs = tuple(replace(pair, stretches=(("motion", stretches),)) if pair.b == "cam3" else pair for pair in timeline.pairs)
    found = page(tmp_path, replace(timeline, pairs=pairs), {})
    assert "cam3's clock loses 43 ms an hour against cam1's (+12.0 ± 4.0 ppm)." in found.text
    assert [attributes["class"] for tag, attributes in found.tags if tag == "path"].count("dots cue0") == 2


def test_nothing_is_fetched_and_nothing_runs_where_nothing_is_played(tmp_path: Path):
    timeline = four_cameras()
    found = page(tmp_path, timeline)
    source = (tmp_path / "report.html").read_text()
    assert not re.search(r"https?://|url\(|@import", source)
    assert {tag for tag, _ in found.tags}.isdisjoint({"script", "link", "iframe", "object", "embed", "base"})
    pictures = [attributes for tag, attributes in found.tags if tag == "img"]
    assert len(pictures) == 2 * 3 * len(stills.FRACTIONS)
    assert all(attributes["src"].startswith("data:image/jpeg;base64,") for attributes in pictures)
    policy = next(a["content"] for tag, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_names_and_reasons_are_text_whatever_they_hold(tmp_path: Path):
    names = ("<img src=x onerror=alert(1)>", '"><script>alert(2)<script>', "{{ 7 * 7 }}", "bytes \udcff")
    timeline = four_cameras(names)
    clean = page(tmp_path, four_cameras())
    hostile = page(tmp_path, timeline)
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in clean.tags]
    allowed = {name for _, attributes in clean.tags for name in attributes}
    assert {name for _, attributes in hostile.tags for name in attributes} <= allowed
    for name in names[:3]:
        assert name in hostile.text
        assert f"{name}.mp4" in hostile.text


def test_a_result_with_nothing_tied_is_shown_as_such(tmp_path: Path):
    full = four_cameras()
    cameras = (full.cameras[0], replace(full.cameras[3], verdict=Verdict.NO_OVERLAP, reasons=()))
    empty = OffsetBelief("motion", np.empty(0), np.empty(0), np.empty(0))
    timeline = replace(full, cameras=cameras, pairs=full.pairs[3:4], cycles=(), components=(("cam1",), ("cam4",)))
    found = page(tmp_path, timeline, {("cam1", "cam4"): [empty]})
    assert "No camera could be tied to cam1." in found.text
    assert Verdict.NO_OVERLAP.sentence in found.text
    assert {tag for tag, _ in found.tags}.isdisjoint({"img", "path"})


def test_beliefs_may_be_gone(tmp_path: Path):
    found = page(tmp_path, four_cameras(), {})
    assert "cam1 – cam2" in found.text
    assert "path" not in {tag for tag, _ in found.tags}


def test_four_cameras_stay_far_below_15_megabytes(tmp_path: Path):
    page(tmp_path, four_cameras())
    assert (tmp_path / "report.html").stat().st_size < 5e6


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("decoder broke")])
def test_a_report_that_fails_leaves_the_former_one(tmp_path: Path, failure):
    path = tmp_path / "report.html"
    path.write_text("former")

    def failing(recording, seconds, long_side):
        raise failure

    with pytest.raises(type(failure)):
        report.write_report(four_cameras(), path, failing)
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match=f"can't write into the folder {tmp_path / 'taken'}"):
        report.write_report(four_cameras(), tmp_path / "taken" / "report.html", still)
