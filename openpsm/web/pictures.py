"""The pictures of the user guide: known by language and name alone, so that an address can never become a path."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path

import mistune
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, strip_tags

INSTALLED, IN_THE_REPOSITORY = settings.BASE_DIR / "web" / "guide", settings.BASE_DIR.parent / "docs" / "guide"
FOLDER: Path = INSTALLED if INSTALLED.is_dir() else IN_THE_REPOSITORY
#: How a page names its picture; that form works in the repository's own viewers too.
SOURCE = re.compile(r"\.\./pictures/(zh|en)/([a-z-]+)\.webp")
LOSSY, LOSSLESS, EXTENDED = b"VP8 ", b"VP8L", b"VP8X"


@dataclass(frozen=True)
class Picture:
    """A picture and its size, which stands in the page so that nothing jumps when it comes."""

    path: Path
    width: int
    height: int


@cache
def pictures(language: str) -> Mapping[str, Picture]:
    """Read the sizes of one language's pictures, once for each process."""
    return {path.stem: _read(path) for path in sorted((FOLDER / "pictures" / language).glob("*.webp"))}


def _read(path: Path) -> Picture:
    return Picture(path, *size_of(path.read_bytes()))


def size_of(content: bytes) -> tuple[int, int]:
    """Return width and height of a WebP file. Raises ValueError for anything else."""
    form = content[12:16]
    if form == LOSSY:
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    if form == LOSSLESS:
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == EXTENDED:
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    raise ValueError("not a WebP file")


class GuideRenderer(mistune.HTMLRenderer):
    """Markdown of the guide: its own pictures and no others."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Show a picture of the guide in its size, larger on a click; of anything else only the words remain."""
        named = SOURCE.fullmatch(url)
        known = pictures(named[1]).get(named[2]) if named else None
        if named is None or known is None:
            return format_html("{}", unescape(strip_tags(text)))
        address = reverse("web:guide-picture", args=[named[1], named[2]])
        return format_html(
            '<a class="psm-picture" href="{}"><img src="{}" alt="{}" width="{}" height="{}" loading="lazy"></a>',
            *(address, address, unescape(strip_tags(text)), known.width, known.height),
        )
