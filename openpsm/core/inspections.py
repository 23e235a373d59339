"""What `openpsm check` asks: each package adds what can be wrong with its own, and says what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True)
class Finding:
    """One line of the answer. A warning says what could become a loss, an error what is broken; both what to do."""

    level: str
    text: str

    def line(self) -> str:
        """The level, aligned, and the text."""
        return f"{self.level:<8} {self.text}"


Inspection = Callable[[datetime], Iterable[Finding]]
_inspections: dict[str, Inspection] = {}


def inspection(name: str) -> Callable[[Inspection], Inspection]:
    """Add a question under a name; the module is imported in `AppConfig.ready`. It reads and changes nothing.

    It is asked only where the tables are up to date, in the order in which the packages load.
    """

    def register(function: Inspection) -> Inspection:
        if _inspections.setdefault(name, function) is not function:
            raise ValueError(f"there are two inspections called {name!r}")
        return function

    return register


def found(at: datetime) -> Iterator[Finding]:
    """Ask all that was added."""
    for function in _inspections.values():
        yield from function(at)
