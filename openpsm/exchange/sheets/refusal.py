"""Why a table is not read: the message names the file, and where it is known the sheet and the row."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import DomainError, Message


class BadTable(DomainError):
    """A file that is not taken as a table, before anything of it is kept."""

    code = "bad-table"

    def __init__(self, file: str, reason: Message, *, sheet: str = "", row: int | None = None) -> None:
        self.reason = reason
        super().__init__(placed(file, reason, sheet=sheet, row=row), file=file[:100], sheet=sheet[:60], row=row)


def placed(file: str, reason: Message, *, sheet: str = "", row: int | None = None) -> Message:
    """Return what is said of a file with its name, and where they are known the sheet and the row."""
    if sheet and row:
        text = _("“%(file)s”, sheet “%(sheet)s”, row %(row)s: %(reason)s")
    elif sheet:
        text = _("“%(file)s”, sheet “%(sheet)s”: %(reason)s")
    elif row:
        text = _("“%(file)s”, row %(row)s: %(reason)s")
    else:
        text = _("“%(file)s”: %(reason)s")
    return text % {"file": file[:100], "sheet": sheet[:60], "row": row, "reason": reason}
