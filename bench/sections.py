"""Sections of docs/real-data.md: each measurement replaces its own, and leaves alone what others or people wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

OUTPUT = Path(__file__).resolve().parent.parent / "docs" / "real-data.md"


def put(title: str, lines: Sequence[str]) -> None:
    """Write the section under this heading, in its place or at the end."""
    text = OUTPUT.read_text(encoding="utf-8") if OUTPUT.exists() else "# Real data\n"
    fresh = "\n".join([f"## {title}", "", *lines, ""])
    old = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    text = text[: old.start()] + fresh + "\n" + text[old.end() :] if old else f"{text.rstrip()}\n\n{fresh}"
    OUTPUT.write_text(text.rstrip() + "\n", encoding="utf-8")
