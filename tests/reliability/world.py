"""The world of the kill test. Run as `python -m tests.reliability.world`: migrates, installs, prints token and ids."""

import json
import os
from datetime import UTC, datetime

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402  # Django is set up above
from openpsm.core import parameters  # noqa: E402
from openpsm.org.operations import make_token  # noqa: E402
from tests.factories.projects import make_owner, make_project  # noqa: E402

if __name__ == "__main__":
    now = datetime.now(UTC)
    migrate()
    install_shipped_data(now)
    for declaration in parameters.declarations():
        if declaration.key.startswith("api.") and declaration.kind == "integer":
            parameters.set_parameter(key=declaration.key, value=declaration.maximum, by=None, at=now)
    owner = make_owner()
    project = make_project(owner=owner, at=now)
    _row, raw = make_token(name="kill test", by=owner, at=now)
    print(json.dumps({"token": raw, "project": project.pk}), flush=True)
