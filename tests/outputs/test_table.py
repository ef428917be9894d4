import io
from dataclasses import replace

from rich.console import Console
from synthetic_timeline import four_cameras

from viewsync.outputs.table import summary


def printed(timeline, **console) -> str:
    stream = io.StringIO()
    Console(file=stream, width=100, **console).print(summary(timeline))
    return stream.getvalue()


def test_the_table_says_what_is_known_and_what_is_not():
    text = printed(four_cameras())
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "cam1 0 0 reference –" in lines
    assert "cam2 +1.2334 ± 0.0021 within ±50 tied motion" in lines
    assert "cam3 -2.500 ± 0.013 +12.0 ± 4.0 tied motion" in lines
    assert f"cam3 tied: {four_cameras().cameras[2].reasons[0]}" in text
    assert "cam4 no evidence: Nothing moves in cam4." in text
    assert "Try another cue with --cue" in text
    assert "add up around 1 of 1 camera triangles" in text


def test_colours_are_for_terminals_only():
    assert "\x1b[" not in printed(four_cameras())
    assert "\x1b[" in printed(four_cameras(), force_terminal=True)


def test_names_are_neither_markup_nor_terminal_commands():
    text = printed(four_cameras(("[red]one", "two\x1b[2J", "bad\udcff", "four")))
    assert "[red]one" in text
    assert "\x1b" not in text
    text.encode("utf-8")


def test_a_lone_verdict_sentence_stands_in_for_missing_reasons():
    timeline = four_cameras()
    silent = replace(timeline.cameras[3], reasons=())
    text = printed(replace(timeline, cameras=(*timeline.cameras[:3], silent)))
    assert "cam4 no evidence: Nothing in the footage fixes the offset" in text
