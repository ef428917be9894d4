"""What the pages of the documentation tell people to type."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORLDS = sorted(ROOT.glob("docs/worlds/*.md"))
"""Pages on rendered worlds."""
PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md",
    *(page for page in sorted(ROOT.glob("docs/**/*.md")) if page not in WORLDS),
]  # fmt: skip
"""All others."""


def blocks(page: Path, language: str) -> list[str]:
    """Fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[list[str]]:
    """What is typed after `viewsync`, word by word."""
    lines = (line for block in blocks(page, "console") for line in block.splitlines())
    return [line.removeprefix("$ viewsync ").split() for line in lines if line.startswith("$ viewsync ")]
