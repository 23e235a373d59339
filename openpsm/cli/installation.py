"""Bring a database to the state in which the program can start: tables and everything that is shipped as data."""

from datetime import datetime
from importlib import import_module

from django.apps import apps
from django.core.management import call_command
from django.utils.module_loading import module_has_submodule

from openpsm.core.dates import load_holidays


def migrate() -> None:
    """Bring the tables up to date."""
    call_command("migrate", interactive=False, verbosity=0)


def install_shipped_data(at: datetime) -> None:
    """Run the `install` of every package that ships data, in the order of the layers.

    A second run adds what is missing and changes nothing that somebody has edited.
    """
    for app in apps.get_app_configs():
        if (
            app.module is None
            or not app.name.startswith("openpsm.")
            or not module_has_submodule(app.module, "operations")
        ):
            continue
        install = getattr(import_module(f"{app.name}.operations"), "install", None)
        if install is not None:
            install(at=at)


def fill_calendar(at: datetime) -> None:
    """Enter public holidays and make-up working days from last year to the year after next."""
    load_holidays(first_year=at.year - 1, last_year=at.year + 2)


def collect_static() -> None:
    """Copy style sheets, scripts and icons, with their digests in their names, to where the web server looks."""
    call_command("collectstatic", interactive=False, verbosity=0)


def prepare(at: datetime) -> None:
    """Bring tables, shipped data and calendar up to date."""
    migrate()
    install_shipped_data(at)
    fill_calendar(at)
