"""The words and days of the demo company: both languages in one file, and days counted from the day of loading."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from openpsm.core.dates import WorkCalendar

FOLDER = Path(__file__).parent / "data"
#: How far the stories reach into past and future.
REACH = timedelta(days=600)
BETWEEN_LANGUAGES = " | "
_DAY = re.compile(r"\{([md])([+-]\d+)\}")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def read(name: str) -> Any:
    """Return the content of a data file."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def both(text: str) -> dict[str, str]:
    """Return the halves of "中文 | English" by language; a text without English says the same in both."""
    chinese, bar, english = text.partition(BETWEEN_LANGUAGES)
    return {"zh": chinese.strip(), "en": english.strip() if bar else chinese.strip()}


@dataclass(frozen=True)
class Words:
    """What a text of the data files says in one language, and which day a number of days is."""

    is_chinese: bool
    on: date
    calendar: WorkCalendar

    @classmethod
    def of(cls, language: str, on: date) -> "Words":
        """Return the words for a day of loading (1 query, for the calendar)."""
        return cls(language.startswith("zh"), on, WorkCalendar.between(on - REACH, on + REACH))

    def say(self, text: str) -> str:
        """Pick the half of "中文 | English"; `{m+40}` and `{d+40}` become the month and the day 40 days from now."""
        half = both(text)["zh" if self.is_chinese else "en"]
        return _DAY.sub(lambda found: self._named(found[1], int(found[2])), half)

    def day(self, days: int) -> date:
        """Return the day so many days from the day of loading; a day off moves away from today to a working day."""
        return self._worked(self.on + timedelta(days=days), 1 if days > 0 else -1)

    def after(self, day: date, days: int) -> date:
        """Return the working day at least so many days after a day."""
        return self._worked(day + timedelta(days=days), 1) if days else day

    def _worked(self, day: date, step: int) -> date:
        while not self.calendar.is_working(day):
            day += timedelta(days=step)
        return day

    def _named(self, form: str, days: int) -> str:
        day = self.day(days)
        if self.is_chinese:
            return f"{day.month} 月" if form == "m" else f"{day.month} 月 {day.day} 日"
        return _MONTHS[day.month - 1] if form == "m" else f"{day.day} {_MONTHS[day.month - 1]}"
