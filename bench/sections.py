"""Sections of a document: each measurement replaces its own, and leaves alone what others or people wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
OUTPUT = DOCS / "real-data.md"
MATCHING = DOCS / "matching.md"


def put(title: str, lines: Sequence[str], document: Path = OUTPUT) -> None:
    """Write the section under this heading, in its place or at the end."""
    heading = document.stem.replace("-", " ").capitalize()
    text = document.read_text(encoding="utf-8") if document.exists() else f"# {heading}\n"
    fresh = "\n".join([f"## {title}", "", *lines, ""])
    old = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    text = text[: old.start()] + fresh + "\n" + text[old.end() :] if old else f"{text.rstrip()}\n\n{fresh}"
    document.write_text(text.rstrip() + "\n", encoding="utf-8")
