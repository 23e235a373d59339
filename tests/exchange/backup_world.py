"""The installation that the backup tests copy. Run as `python -m tests.exchange.backup_world`.

prepare [PROJECTS]   migrates, installs, makes a seller with a project and its files, and PROJECTS made-up ones
work STOP            registers, logs and attaches until the file STOP is there; prints how often, and the slowest act
"""

import io
import json
import os
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from openpsm.accounts.operations import NewAccount  # noqa: E402  # Django is set up above
from openpsm.activities.operations import log_activity  # noqa: E402
from openpsm.cli import installation  # noqa: E402
from openpsm.core import attachments, parameters  # noqa: E402
from openpsm.core.models import Attachment  # noqa: E402
from openpsm.exchange.seedload import seed_load  # noqa: E402
from openpsm.exchange.seedparts import Sizes  # noqa: E402
from openpsm.org import operations as org  # noqa: E402
from openpsm.org.models import User  # noqa: E402
from openpsm.projects.models import Project  # noqa: E402
from openpsm.registrations.operations import register  # noqa: E402
from tests.core import files  # noqa: E402
from tests.factories.projects import make_owner, make_project  # noqa: E402

PASSWORD = "a long password"
ROUNDS_ALONE = 10
SIGNS = "".join(chr(0x4E00 + 7 * number) for number in range(2_000))


def prepare(projects: int) -> None:
    at = datetime.now(UTC)
    installation.prepare(at)
    org.first_setup(name="Ada", username="ada", password=PASSWORD, language="en", at=at)
    if projects:
        sizes = Sizes(users=20, accounts=projects, contacts=projects, projects=projects, activities=2 * projects)
        seed_load(sizes=sizes, seed=1, by=User.objects.get(username="ada"), at=at, tell=lambda _line: None)
    parameters.set_parameter(key="registration.checks_per_hour", value=100_000, by=None, at=at)
    parameters.set_parameter(key="registration.foreign_per_day", value=100_000, by=None, at=at)
    owner = make_owner(username="seller")
    project = make_project(owner=owner, at=at)
    for number in range(3):
        attach(project, f"offer {number}.pdf", owner, at)
    gone = attach(project, "gone.pdf", owner, at)
    attachments.remove_attachment(attachment=gone, root=project, by=owner, at=at)
    print("ready", flush=True)


def attach(project: Project, name: str, by: User, at: datetime) -> Attachment:
    content = io.BytesIO(files.pdf(inside=os.urandom(20_000).hex().encode()))
    return attachments.add_attachment(root=project, name=name, content=content, by=by, at=at)


def work(stop: Path) -> None:
    by = User.objects.select_related("department").get(username="seller")
    project = Project.objects.filter(owner=by).first()
    assert project is not None
    alone = max(slowest_act(project, by) for _round in range(ROUNDS_ALONE))
    print("working", flush=True)
    rounds = []
    while not stop.exists():
        rounds.append(slowest_act(project, by))
    print(json.dumps({"done": len(rounds), "slowest": max(rounds), "alone": alone}), flush=True)


def slowest_act(project: Project, by: User) -> float:
    """Do one of each and return how many seconds the slowest took."""
    taken = []
    for act in (claim, call, attach_one):
        started = time.monotonic()
        act(project, by, datetime.now(UTC))
        taken.append(time.monotonic() - started)
    return max(taken)


def claim(_project: Project, by: User, at: datetime) -> None:
    register(account=NewAccount(name="".join(random.choices(SIGNS, k=12))), by=by, at=at)


def call(project: Project, by: User, at: datetime) -> None:
    log_activity(
        project_id=project.pk,
        kind="call",
        done_on=at.date(),
        purpose="Ask for the date",
        result="The date stays as it was",
        next_step="Send the samples",
        next_on=at.date(),
        by=by,
        at=at,
    )


def attach_one(project: Project, by: User, at: datetime) -> None:
    attach(project, f"file {at.timestamp()}.pdf", by, at)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    else:
        work(Path(sys.argv[2]))
