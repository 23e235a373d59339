"""The command `openpsm`: its own commands, and every Django management command beside them.

Exit status: 0 done, 1 refused or something is wrong, 2 not understood, 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

PROGRAM = "openpsm"
Run = Callable[[argparse.Namespace], int]


class Refused(Exception):
    """A command cannot do it; the message says why and what helps."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpsm.settings")
    os.umask(0o077)  # database, keys and files belong to the account that runs the program, and to nobody else
    try:
        return _run(given)
    except KeyboardInterrupt:
        return 130


def _run(given: list[str]) -> int:
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except (ImproperlyConfigured, ValueError) as error:  # environs raises ValueErrors for values it cannot read
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    from openpsm.cli import commands

    if given and not given[0].startswith("-") and given[0] not in commands.NAMES:
        from django.core.management import execute_from_command_line

        execute_from_command_line([PROGRAM, *given])
        return 0
    return _own(given)


def _own(given: list[str]) -> int:
    """Run one of the program's own commands in the installation's language."""
    from django.conf import settings
    from django.db import DatabaseError
    from django.utils import translation

    from openpsm.cli import commands
    from openpsm.core.errors import DomainError

    translation.activate(settings.LANGUAGE_CODE)
    chosen = commands.parser().parse_args(given)
    try:
        run: Run = chosen.run
        return run(chosen)
    except (Refused, DomainError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
    except DatabaseError as error:
        print(f"{PROGRAM}: {commands.database_message(error)}", file=sys.stderr)
    return 1
