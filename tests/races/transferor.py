"""One process of the races around a handover. Run as `python -m tests.races.transferor`.

prepare [--unguarded]        migrates, installs, makes a seller, two managers and an executive, prints their ids
race USER_ID [--unguarded]   reads {"go": seconds, "do": …, "behind": seconds, …} lines, answers {"won": …, "code": …}

Unguarded is the control: no row is locked, and a handover writes what it has read a moment ago.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.core.management import call_command  # noqa: E402  # Django is set up above
from django.test import Client  # noqa: E402

from openpsm.accounts.operations import NewAccount  # noqa: E402
from openpsm.cli.installation import install_shipped_data, migrate  # noqa: E402
from openpsm.core import parameters  # noqa: E402
from openpsm.core.errors import DomainError  # noqa: E402
from openpsm.core.events import Event  # noqa: E402
from openpsm.org import sessions  # noqa: E402
from openpsm.org.models import Handover, HandoverItem, User  # noqa: E402
from openpsm.org.operations import handover as handing  # noqa: E402
from openpsm.org.operations import make_token  # noqa: E402
from openpsm.projects.models import Project  # noqa: E402
from openpsm.projects.operations import NewProject, change_owner  # noqa: E402
from openpsm.registrations.operations import register  # noqa: E402
from tests.factories.accounts import unlike_name  # noqa: E402
from tests.factories.org import make_department, make_user  # noqa: E402

PAUSE = 0.08


def prepare() -> None:
    now = datetime.now(UTC)
    migrate()
    install_shipped_data(now)
    call_command("collectstatic", interactive=False, verbosity=0)
    parameters.set_parameter(key="registration.checks_per_hour", value=100_000, by=None, at=now)
    parameters.set_parameter(key="registration.foreign_per_day", value=100_000, by=None, at=now)
    department = make_department()
    giver, one, other = (make_user(department=department) for _number in range(3))
    managers = [make_user(roles=("sales-manager",), department=department, manages=department) for _n in range(2)]
    executive = make_user(roles=("executive",), department=make_department())
    users = [giver.pk, managers[0].pk, managers[1].pk, executive.pk]
    print(json.dumps({"users": users, "giver": giver.pk, "one": one.pk, "other": other.pk}), flush=True)


class Racer:
    """One user with a browser and a program."""

    def __init__(self, user_id: int) -> None:
        self.by = User.objects.select_related("department").get(pk=user_id)
        self.browser = Client(HTTP_HOST="localhost")
        self.browser.force_login(self.by)
        session = self.browser.session
        sessions.confirm(session, at=datetime.now(UTC))
        session.save()
        _row, token = make_token(name="race", by=self.by, at=datetime.now(UTC))
        self.api = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {token}"})

    def make(self, order: dict[str, Any]) -> dict[str, Any]:
        """A customer and a project of the giver."""
        now = datetime.now(UTC)
        made = register(account=NewAccount(name=unlike_name()), by=self.by, at=now)
        assert made.account_id is not None
        new = NewProject(name=f"{unlike_name()[:4]}泵站", account_id=made.account_id)
        project = register(account_id=made.account_id, project=new, by=self.by, at=now).project
        assert project is not None
        return {"project": project.pk, "account": made.account_id, "version": project.version}

    def edit(self, order: dict[str, Any]) -> dict[str, Any]:
        """Change the project through the API, from the version that was seen."""
        seen = {"If-Match": f'"{order["version"]}"'}
        path = f"/api/v1/projects/{order['project']}"
        answer = self.api.patch(path, {"site": "Gate 4"}, content_type="application/json", headers=seen)
        return self._told(answer, {200, 204}, {403, 404, 409, 412})

    def transfer(self, order: dict[str, Any]) -> dict[str, Any]:
        """Hand everything over, through page or API."""
        if order.get("by") == "page":
            path, given = f"/handovers/of/{order['giver']}", {"receiver_id": order["to"], "reason": "moving"}
            return self._told(self.browser.post(path, given), {302}, {422})
        given = {"from_user": order["giver"], "to_user": order["to"], "reason": "moving"}
        return self._told(
            self.api.post("/api/v1/handover", given, content_type="application/json"), {201}, {403, 409, 422}
        )

    def delete(self, order: dict[str, Any]) -> dict[str, Any]:
        seen = {"If-Match": f'"{order["version"]}"'}
        answer = self.api.delete(f"/api/v1/projects/{order['project']}", headers=seen)
        return self._told(answer, {200, 204}, {403, 404, 409, 412})

    def own(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give the one project to somebody else, by the operation."""
        given: dict[str, Any] = {"project_id": order["project"], "owner_id": order["to"], "version": order["version"]}
        change_owner(by=self.by, at=datetime.now(UTC), reason="He knows the plant", **given)
        return {"won": True, "code": ""}

    def _told(self, answer: Any, won: set[int], lost: set[int]) -> dict[str, Any]:
        assert answer.status_code in won | lost, (answer.status_code, answer.content[:500])
        return {"won": answer.status_code in won, "code": str(answer.status_code)}

    def look(self, order: dict[str, Any]) -> dict[str, Any]:
        project = Project._base_manager.select_related("account").get(pk=order["project"])
        record = Handover.objects.order_by("-pk").first()
        items = HandoverItem.objects.filter(subject_type="projects.project", subject_id=project.pk)
        changed = Event.objects.filter(subject_type="projects.project", subject_id=project.pk)
        return {
            "owner": project.owner_id,
            "account_owner": project.account.owner_id,
            "site": project.site,
            "version": project.version,
            "is_deleted": project.deleted_at is not None,
            "items": [one.receiver_id for one in items.order_by("pk")],
            "left": sum(len(one.rows) for one in handing.belongings(User.objects.get(pk=order["giver"]))),
            "owner_changes": changed.filter(name="project.owner_changed").count(),
            "handover": record.pk if record else 0,
        }

    def rest(self, _order: dict[str, Any]) -> dict[str, Any]:
        return {}


def look_ahead(giver_id: int) -> None:
    """Read what there is, take some time, and let the handover believe that it is still so."""
    stale = FOUND(User.objects.select_related("department").get(pk=giver_id))
    time.sleep(PAUSE)
    handing.belongings = lambda giver: stale


def unguard() -> None:
    setattr(handing, "lock_rows", lambda *_rows: None)  # noqa: B010 - a name that it has imported
    handing._require_nothing_left = lambda giver: None


FOUND = handing.belongings


def serve(user_id: int, *, is_guarded: bool) -> None:
    racer = Racer(user_id)
    if not is_guarded:
        unguard()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        while time.time() < order["go"] + order.get("behind", 0):
            pass
        if not is_guarded and order["do"] == "transfer":
            look_ahead(order["giver"])
        try:
            answer = getattr(racer, order["do"])(order)
        except Project.DoesNotExist:
            answer = {"won": False, "code": "gone"}
        except DomainError as error:
            answer = {"won": False, "code": error.code}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        serve(int(sys.argv[2]), is_guarded="--unguarded" not in sys.argv)
