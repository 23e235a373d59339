"""OpenPSM: project sales management for industrial goods."""

__version__ = "0.1.0"
