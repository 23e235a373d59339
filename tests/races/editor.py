"""One process of the races around versions. Run as `python -m tests.races.editor`.

prepare [--unguarded]       migrates, installs, makes an owner, a manager and a project, prints their ids
race USER_ID [--unguarded]  reads {"go": seconds, "do": …, …} a line, answers {"won": …, "code": …, …} a line

Unguarded is the control: the racers do not say which version they saw.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from openpsm.activities import operations as activities  # noqa: E402  # Django is set up above
from openpsm.activities.operations import Told  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core.errors import DomainError  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from openpsm.projects.models import Project  # noqa: E402
from openpsm.projects.operations import update_project  # noqa: E402
from tests.factories.buying import make_stakeholder  # noqa: E402
from tests.factories.projects import make_manager, make_project  # noqa: E402


def prepare() -> None:
    migrate()
    install_shipped_data(datetime.now(UTC))
    project = make_project(at=datetime.now(UTC))
    person = make_stakeholder(project, at=datetime.now(UTC))
    users = [project.owner_id, make_manager(project).pk]
    print(json.dumps({"users": users, "project": project.pk, "person": person.pk}), flush=True)


def log(order: dict[str, Any], by: User) -> dict[str, Any]:
    """A visit for the next round."""
    now = datetime.now(UTC)
    report: dict[str, Any] = {
        "kind": "visit",
        "done_on": now.date(),
        "result": "Met the user",
        "next_step": "Send the data sheet",
    }
    activity = activities.log_activity(
        project_id=order["project"],
        by=by,
        at=now,
        also=Told(stakeholder_ids=[order["person"]]),
        next_on=now.date() + timedelta(days=7),
        **report,
    )
    return {"activity": activity.pk, "version": activity.version}


def edit_visit(order: dict[str, Any], by: User) -> dict[str, Any]:
    seen = {"activity_id": order["activity"], "version": order["version"]}
    activities.update_activity(result="Met nobody after all", by=by, at=datetime.now(UTC), **seen)
    return {}


def confirm_visit(order: dict[str, Any], by: User) -> dict[str, Any]:
    activities.confirm_activity(activity_id=order["activity"], version=order["version"], by=by, at=datetime.now(UTC))
    return {}


def edit_project(order: dict[str, Any], by: User) -> dict[str, Any]:
    changes = {"site": order["site"]}
    update_project(project_id=order["project"], changes=changes, version=order["version"], by=by, at=datetime.now(UTC))
    return {}


def look(order: dict[str, Any], _by: User) -> dict[str, Any]:
    project = Project.objects.get(pk=order["project"])
    return {"version": project.version, "site": project.site}


DEEDS = {
    "log": log,
    "edit_visit": edit_visit,
    "confirm_visit": confirm_visit,
    "edit_project": edit_project,
    "look": look,
}


def act(order: dict[str, Any], by: User) -> dict[str, Any]:
    try:
        return {"won": True, "code": "", **DEEDS[order["do"]](order, by)}
    except DomainError as error:
        return {"won": False, "code": error.code}


def serve(user_id: int, *, is_guarded: bool) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if not is_guarded and order["do"] != "log":
            order["version"] = None
        by = User.objects.select_related("department").get(pk=user_id)
        while time.time() < order["go"]:
            pass
        print(json.dumps(act(order, by)), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        serve(int(sys.argv[2]), is_guarded="--unguarded" not in sys.argv)
