"""The web server's main process: the program is loaded once, before the workers are forked, so that they share it.

Run as `python -m openpsm.cli.web` with the options of granian.
"""

from __future__ import annotations

import ctypes
import gc
import sys

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
_ARENAS = 2


def few_arenas() -> None:
    """Let the threads share two heaps: glibc gives each one of its own, none of which shrinks again."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_ARENA_MAX, _ARENAS)


def preload() -> None:
    """Load what every worker needs: the program, its addresses and texts, and the dictionaries of Chinese (60 MB)."""
    from openpsm.core.text import load_dictionaries

    load_dictionaries()  # first: what they need for a moment only is used again by all that follows
    from django.conf import settings
    from django.db import connections
    from django.urls import get_resolver
    from django.utils import translation

    import openpsm.wsgi  # noqa: F401 - also sets Django up

    get_resolver().check()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("")
    connections.close_all()
    gc.collect()
    gc.freeze()  # the collector would write into the shared pages


def main() -> None:
    """Become the web server."""
    from granian.cli import entrypoint

    few_arenas()
    preload()
    entrypoint()  # type: ignore[no-untyped-call]  # has no types


if __name__ == "__main__":
    main()
