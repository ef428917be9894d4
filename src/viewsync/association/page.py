"""`association-report.html`: one page to see who was taken for whom. Nothing is fetched, and no script runs."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from viewsync.association.drawing import WRONG, palette
from viewsync.association.frames import Session
from viewsync.files import write_whole

_QUALITY = 85


@dataclass(frozen=True)
class Example:
    """An instant to be shown."""

    seconds: float
    note: str
    sheet: UInt8[np.ndarray, "height width 3"]
    """Of `drawing.drawn`."""

    @property
    def uri(self) -> str:
        """The picture as a `data:` URI."""
        _, jpeg = cv2.imencode(".jpg", self.sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode('ascii')}"


def write_page(
    path: Path,
    session: Session,
    weights: str,
    tested: int,
    headings: Sequence[str],
    rows: Mapping[str, Sequence[str]],
    examples: Sequence[Example],
) -> None:
    """Write the page, whole or not at all.

    Args:
        path: The HTML file to write.
        session: What was looked at.
        weights: The file's name.
        tested: Instants that were measured on.
        headings: Of the metrics.
        rows: The metrics, by what they are of; none where nobody's identity is known.
        examples: Instants to be shown.

    Raises:
        InputError: The file can't be written.
    """
    environment = Environment(
        loader=PackageLoader("viewsync", "association"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    page = environment.get_template("report.html.j2").render(
        style=Markup((files("viewsync.outputs") / "report.css").read_text(encoding="utf-8")),
        version=version("viewsync"), session=session, weights=weights, tested=tested, headings=headings, rows=rows,
        examples=examples, colours=[_hex(colour) for colour in palette()], wrong=_hex(WRONG),
    )  # fmt: skip
    # A file's name can hold bytes that are no text in any encoding; they show as a replacement sign.
    write_whole(path, page.encode("utf-8", "xmlcharrefreplace"))


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
