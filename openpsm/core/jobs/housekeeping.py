"""The ground's own periodic jobs."""


def register_all() -> None: ...
