"""System checks of the installation."""

from __future__ import annotations


def register_all() -> None:
    """Register the checks with Django."""
