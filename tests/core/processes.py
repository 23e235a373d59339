"""Other processes over the database of the running test."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def environment(data_dir: Path) -> dict[str, str]:
    """The environment in which a process sees this test's database and data folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENPSM_")}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "openpsm.settings",
        "OPENPSM_DATA_DIR": str(data_dir),
        "OPENPSM_SECRET_KEY": "only-for-tests",
        "OPENPSM_DATABASE_URL": _url(),
        "OPENPSM_LOG_LEVEL": "ERROR",
        "PYTHONPATH": os.pathsep.join([str(ROOT), inherited.get("PYTHONPATH", "")]),
    }


def _url() -> str:
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    login = ":".join(quote(config[key], safe="") for key in ("USER", "PASSWORD") if config[key])
    port = f":{config['PORT']}" if config["PORT"] else ""
    return f"postgres://{login}@{quote(config['HOST'], safe='')}{port}/{config['NAME']}"


def start(code: str, data_dir: Path) -> "subprocess.Popen[str]":
    """Start Python with Django set up and this code."""
    whole = f"import django; django.setup()\n{code}"
    command = [sys.executable, "-c", whole]
    return subprocess.Popen(command, env=environment(data_dir), cwd=ROOT, text=True, stdout=subprocess.PIPE)
