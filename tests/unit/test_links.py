"""The documents lead where they say, and the written catalogue is that of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def _pages(root: Path) -> Iterator[tuple[Path, str]]:
    for page in [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]:
        yield page, FENCE.sub("", page.read_text(encoding="utf-8"))


def _anchors(text: str) -> set[str]:
    """Name the headings as a web page of the repository does."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(text)
    }


def test_relative_links_lead_somewhere(project_root: Path) -> None:
    """Every relative link in README, changelog and docs/ names a file, and a heading of it."""
    pages = dict(_pages(project_root))
    links = 0
    broken = []
    for page, text in pages.items():
        for link in LINK.findall(text):
            if re.match(r"[a-z]+:", link):
                continue
            links += 1
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            found = target.exists() and (not anchor or anchor in _anchors(pages.get(target, "")))
            if not found:
                broken.append((page.name, link))
    assert links
    assert not broken


def test_the_catalogue_is_that_of_the_code(project_root: Path) -> None:
    """The page docs/catalogue.md is what `make docs` writes."""
    script = "from scripts.catalogue import page; print(page(), end='')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project_root, capture_output=True, text=True, check=True
    )
    written = (project_root / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert done.stdout == written, "the page is stale: run make docs"
