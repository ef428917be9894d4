"""The report in a real browser: it plays, scrubs and switches, and shows the frames that the clocks ask for."""

import base64
import re
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
from browser import Browser, find_browser

from viewsync.media import probe, still
from viewsync.media.pictures import excerpt
from viewsync.outputs.report import write_report
from viewsync.types import CameraClock, Timeline, Verdict
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

PROGRAM = find_browser()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium or Chrome on the PATH")

HOSTILE = "</script><script>alert(1)</script>\u2028<!--"
SCENE = Scene(seed=5, bodies=2)
# cam4 is tied, but films nothing of what the others do.
CAMERAS = {
    "cam1": SketchCamera(seed=1, duration_seconds=4),
    "cam2": SketchCamera(seed=2, azimuth_degrees=80, duration_seconds=4, offset_seconds=0.717, fps=25),
    HOSTILE: SketchCamera(seed=3, azimuth_degrees=190, duration_seconds=4, offset_seconds=-0.904),
    "cam4": SketchCamera(seed=4, azimuth_degrees=270, duration_seconds=4, offset_seconds=50.0),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    clocks = []
    for number, (name, camera) in enumerate(CAMERAS.items()):
        path = folder / f"camera{number}.mp4"
        write_video(SCENE, camera, path)
        recording = replace(probe(path), id=name)
        clocks.append(CameraClock(recording, Verdict.TIED, (), camera.offset_seconds, 0.001, 0.0))
    timeline = Timeline("cam1", tuple(clocks), (), (), (tuple(CAMERAS),), np.zeros((4, 4)))
    write_report(timeline, folder / "report.html", still, excerpt)
    return folder


@pytest.fixture(scope="module")
def browser(folder):
    browser = Browser(PROGRAM, folder / "profile")
    yield browser
    browser.close()


@pytest.fixture
def page(browser, folder):
    browser.events.clear()
    browser.open(folder / "report.html")
    browser.wait("document.getElementById('player')?.dataset.shown")
    return browser


@pytest.fixture(scope="module")
def pictures(folder):
    """Every frame of every file, decoded from its beginning."""
    found = []
    for number in range(len(CAMERAS)):
        with av.open(folder / f"camera{number}.mp4") as container:
            found.append(
                np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(np.float32)
            )
    return found


def shown(page: Browser) -> tuple[str, int]:
    order, moment = page.value("document.getElementById('player').dataset.shown").split()
    return order, int(moment)


def numbers(page: Browser) -> list[int | None]:
    """The frame number below each picture."""
    captions = page.value("[...document.querySelectorAll('.place')].map(place => place.textContent)")
    found = [re.search(r"frame (\d+)", caption) for caption in captions]
    return [None if match is None else int(match[1]) for match in found]


def canvas(page: Browser, camera: int) -> np.ndarray:
    uri = page.value(f"document.querySelectorAll('canvas')[{camera}].toDataURL('image/png')")
    bgr = cv2.imdecode(np.frombuffer(base64.b64decode(uri.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.float32)


def shows(picture: np.ndarray, pictures: np.ndarray, number: int) -> bool:
    """Whether no other frame is clearly more like the picture: in the film neighbours may be nearly alike."""
    differences = np.abs(pictures - picture).mean(axis=(1, 2, 3))
    return bool(differences[number] <= 1.05 * differences.min())


def expected(order: str, leading_frame: int) -> list[int | None]:
    """By the true clocks: the frame of every camera that is nearest to a frame of cam1's."""
    seconds = leading_frame / CAMERAS["cam1"].fps
    found = []
    for camera in CAMERAS.values():
        place = (seconds - (camera.offset_seconds if order == "after" else 0.0)) * camera.fps
        inside = -0.5 <= place <= camera.duration_seconds * camera.fps - 0.5
        found.append(round(place) if inside else None)
    return found


def check(page: Browser, pictures: list[np.ndarray]) -> None:
    """Captions and pixels are those of the frames that the clocks ask for."""
    order, _ = shown(page)
    named = numbers(page)
    assert named == expected(order, named[0])
    for camera, number in enumerate(named):
        if number is not None:
            assert shows(canvas(page, camera), pictures[camera], number)


def test_it_loads_in_silence_and_fetches_nothing(page, folder):
    assert (folder / "report.html").stat().st_size < 15e6
    kinds = {event["method"] for event in page.events}
    assert not kinds & {
        "Runtime.exceptionThrown",
        "Log.entryAdded",
        "Runtime.consoleAPICalled",
        "Page.javascriptDialogOpening",
    }
    addresses = [
        event["params"]["request"]["url"] for event in page.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert {address.split(":")[0] for address in addresses} <= {"file", "data"}
    assert len([address for address in addresses if address.startswith("file")]) == 1


def test_hostile_names_are_text(page):
    names = page.value("[...document.querySelectorAll('#player strong')].map(name => name.textContent)")
    assert names == list(CAMERAS)
    assert page.value("document.scripts.length") == 2


def test_it_shows_the_same_instant_and_after_the_switch_the_same_file_time(page, pictures):
    assert shown(page)[0] == "after"
    check(page, pictures)
    after = numbers(page)
    page.click("[data-order=before]")
    page.wait("document.getElementById('player').dataset.shown.startsWith('before')")
    check(page, pictures)
    assert numbers(page)[0] == after[0]
    assert numbers(page)[1:] != after[1:]
    assert page.value("document.querySelector('[data-order=before]').ariaPressed") == "true"
    page.click("[data-order=after]")
    page.wait("document.getElementById('player').dataset.shown.startsWith('after')")
    assert numbers(page) == after


def test_a_camera_without_a_picture_says_so(page):
    gaps = "[...document.querySelectorAll('.gap')].map(gap => gap.hidden)"
    assert page.value(gaps) == [True, True, True, False]
    assert not canvas(page, 3).any()
    page.click("[data-order=before]")
    page.wait("document.getElementById('player').dataset.shown.startsWith('before')")
    assert page.value(gaps) == [True] * 4


def scrub(page: Browser, share: float) -> None:
    """Move the scrubber to a share of its way, and wait until that is shown."""
    page.value(
        "(scrubber => { scrubber.value = Math.round(SHARE * scrubber.max); scrubber.dispatchEvent(new Event('input')) })"
        "(document.getElementById('scrubber'))".replace("SHARE", str(share))
    )
    page.wait("document.getElementById('player').dataset.shown === `after ${document.getElementById('scrubber').value}`")


@pytest.mark.parametrize("share", [0.0, 0.37, 1.0])
def test_it_scrubs_to_the_frame_that_the_data_say(page, pictures, share):
    scrub(page, share)
    check(page, pictures)
    seconds = page.value("document.getElementById('clock').textContent")
    assert seconds == f"{numbers(page)[0] / CAMERAS['cam1'].fps:.3f} s"


def test_a_click_on_the_scrubber_lands_in_its_middle(page, pictures):
    page.click("#scrubber")
    middle = int(page.value("document.getElementById('scrubber').max")) / 2
    page.wait(f"Math.abs(document.getElementById('player').dataset.shown.split(' ')[1] - {middle}) <= 1")
    check(page, pictures)


def test_arrow_keys_go_by_one_frame(page, pictures):
    _, start = shown(page)
    first = numbers(page)[0]
    for key, moment in (("ArrowRight", start + 1), ("ArrowRight", start + 2), ("ArrowLeft", start + 1)):
        page.press(key)
        page.wait(f"document.getElementById('player').dataset.shown === 'after {moment}'")
        assert numbers(page)[0] == first + moment - start
        check(page, pictures)


@pytest.mark.parametrize("by_key", [True, False])
def test_it_plays_in_step_and_pauses(page, pictures, by_key):
    def toggle():
        page.press(" ") if by_key else page.click("#play")

    _, start = shown(page)
    before = canvas(page, 1)
    toggle()
    page.wait("document.getElementById('play').textContent === 'Pause'")
    page.wait(f"document.getElementById('player').dataset.shown !== 'after {start}'")
    page.wait(f"document.getElementById('player').dataset.shown !== 'after {start + 1}'")
    toggle()
    page.wait("document.getElementById('play').textContent === 'Play'")
    # What was on its way is shown, and nothing after it.
    page.wait("document.getElementById('player').dataset.shown === `after ${document.getElementById('scrubber').value}`")
    page.value("new Promise(done => setTimeout(done, 150))")
    paused = shown(page)
    page.value("new Promise(done => setTimeout(done, 150))")
    assert shown(page) == paused
    assert paused[1] != start
    assert np.abs(canvas(page, 1) - before).mean() > 1
    check(page, pictures)


def test_after_a_click_elsewhere_space_still_plays(page):
    page.click("[data-speed='0.25']")
    page.press(" ")
    page.wait("document.getElementById('play').textContent === 'Pause'")
    assert page.value("document.querySelector('[data-speed=\"0.25\"]').ariaPressed") == "true"


def test_at_a_quarter_of_the_speed_it_gets_less_far(page):
    moved = []
    for speed in ("1", "0.25"):
        scrub(page, 0.0)
        page.click(f"[data-speed='{speed}']")
        page.wait(f"document.querySelector('[data-speed=\"{speed}\"]').ariaPressed === 'true'")
        # In the page's own time: how long the way to this machine takes doesn't count.
        page.value(
            "new Promise(done => { const play = document.getElementById('play'); play.click();"
            "setTimeout(() => { play.click(); done() }, 800) })"
        )
        moved.append(shown(page)[1])
    fast, slow = moved
    assert 0 < slow < fast


def test_everything_is_reached_with_the_tab_key(page):
    reached = []
    for _ in range(6):
        page.press("Tab")
        reached.append(page.value("document.activeElement.id || document.activeElement.textContent"))
    assert reached == ["Before", "After", "play", "0.25×", "1×", "scrubber"]


def test_at_a_phone_s_width_nothing_is_cut_off(page):
    page.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    try:
        assert page.value("document.documentElement.scrollWidth") <= 390
    finally:
        page.call("Emulation.clearDeviceMetricsOverride")


def test_without_scripts_the_stills_remain(browser, folder):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(folder / "report.html")
        assert browser.value("getComputedStyle(document.getElementById('player')).display") == "none"
        assert browser.value("document.querySelector('noscript').textContent").startswith("Playback needs JavaScript")
        assert browser.value("[...document.images].every(image => image.naturalWidth > 100)")
        assert browser.value("document.images.length") > 6
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
