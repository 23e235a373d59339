"""AZ3, AZ8: whoever is moved, loses a role or leaves is treated so with the next request."""

from typing import Any

import pytest
from django.utils import timezone

from openpsm.org import operations
from openpsm.org.models import Department, DepartmentManager, Role, RoleGrant, User, UserSession
from openpsm.projects.operations import change_owner, set_team
from tests.security.calls import Desk
from tests.security.watch import digests
from tests.security.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class Eyes:
    """What somebody sees of one project, in the browser and through the API, with one and the same session."""

    def __init__(self, desk: Desk, who: str, relation: str = "own") -> None:
        self.desk, self.who, self.pk = desk, who, desk.world.bundles[relation]["project"]
        desk.browser(who)

    def sees(self) -> bool:
        page = self.desk.call(self.who, "GET", f"/projects/{self.pk}").status_code
        token = self.desk.world.tokens[self.who]
        api = self.desk.api(token, "GET", f"/api/v1/projects/{self.pk}").status_code
        word = f"{next(b.word for b in self.desk.world.bundles.values() if b['project'] == self.pk)}proj"
        listed = word in self.desk.call(self.who, "GET", "/projects?outcome=").content.decode()
        assert (page == 200) == (api == 200) == listed, (page, api, listed)
        return bool(page == 200)


def move(world: World, who: str, *, parent: str) -> None:
    """Hang a department somewhere else."""
    department = Department.objects.get(pk=world.departments[who].pk)
    operations.move_department(
        department_id=department.pk,
        parent_id=world.departments[parent].pk,
        version=department.version,
        by=world.actors["administrator"],
        at=timezone.now(),
    )


def test_a_department_that_moves_takes_its_projects_along(desk: Desk) -> None:
    above, south = Eyes(desk, "manager_above"), Eyes(desk, "manager_above", "other")
    assert (above.sees(), south.sees()) == (True, False)
    move(desk.world, "north-a", parent="south")
    assert above.sees() is False
    move(desk.world, "south", parent="north")
    assert (above.sees(), south.sees()) == (True, True)


def test_a_person_who_moves_takes_no_project_along(desk: Desk) -> None:
    manager, far = Eyes(desk, "manager"), Eyes(desk, "sibling_manager")
    owner = User.objects.get(pk=desk.world.actors["owner"].pk)
    call: dict[str, Any] = {"version": owner.version, "by": desk.world.actors["administrator"], "at": timezone.now()}
    operations.update_user(user_id=owner.pk, changes={"department_id": desk.world.departments["north-b"].pk}, **call)
    assert (manager.sees(), far.sees(), Eyes(desk, "owner").sees()) == (True, False, True)


def test_managers_come_and_go(desk: Desk) -> None:
    manager, stranger = Eyes(desk, "manager"), Eyes(desk, "stranger")
    assert (manager.sees(), stranger.sees()) == (True, False)
    place = Department.objects.get(pk=desk.world.departments["north-a"].pk)
    operations.set_managers(
        department_id=place.pk,
        user_ids=[desk.world.actors["stranger"].pk],
        version=place.version,
        by=desk.world.actors["administrator"],
        at=timezone.now(),
    )
    assert (manager.sees(), stranger.sees()) == (False, True)


def test_who_leaves_the_team_sees_no_more(desk: Desk) -> None:
    assistant, world = Eyes(desk, "assistant"), desk.world
    assert assistant.sees()
    call: dict[str, Any] = {"user_id": world.actors["assistant"].pk, "by": world.actors["owner"], "at": timezone.now()}
    set_team(project_id=assistant.pk, role=None, **call)
    assert not assistant.sees()


def test_a_project_handed_over_leaves_its_old_owner_and_department(desk: Desk) -> None:
    owner, manager, far = Eyes(desk, "owner"), Eyes(desk, "manager"), Eyes(desk, "stranger")
    call: dict[str, Any] = {"reason": "Another region", "by": desk.world.actors["manager"], "at": timezone.now()}
    change_owner(project_id=owner.pk, owner_id=desk.world.actors["stranger"].pk, **call)
    assert (owner.sees(), manager.sees(), far.sees()) == (False, False, True)


def test_a_role_that_is_edited_holds_with_the_next_request(desk: Desk) -> None:
    finance = Eyes(desk, "finance", "other")
    assert finance.sees()
    role = Role.objects.get(key="finance")
    role.permissions = ["account.view_all"]
    role.save()
    assert not finance.sees()


def test_a_role_that_is_taken_away_is_gone(desk: Desk) -> None:
    local, guest = Eyes(desk, "local_looker"), Eyes(desk, "guest_looker")
    assert (local.sees(), guest.sees()) == (True, True)
    for who in ("local_looker", "guest_looker"):
        RoleGrant.objects.filter(user=desk.world.actors[who]).delete()
    assert (local.sees(), guest.sees()) == (False, False)


def test_who_is_deactivated_is_out_everywhere(desk: Desk) -> None:
    """AZ8: session, token and reset link die; nothing is left that lets one in again."""
    manager, world = Eyes(desk, "manager"), desk.world
    user = User.objects.get(pk=world.actors["manager"].pk)
    assert manager.sees()
    uid, token = _link(user)
    operations.deactivate_user(
        user_id=user.pk, version=user.version, by=world.actors["administrator"], at=timezone.now()
    )
    assert not UserSession.objects.filter(user=user).exists()
    page = desk.call("manager", "GET", "/projects")
    assert (page.status_code, page.headers["Location"].startswith("/login")) == (302, True)
    assert desk.api(world.tokens["manager"], "GET", "/api/v1/projects").status_code == 401
    assert desk.call("anonymous", "GET", f"/password/reset/{uid}/{token}").status_code == 410
    tried = desk.call("anonymous", "POST", "/login", {"username": user.username, "password": "correct horse battery"})
    assert tried.status_code == 422
    assert DepartmentManager.objects.filter(user=user).exists(), "the office stays, the access does not"


def _link(user: User) -> tuple[str, str]:
    from django.contrib.auth.tokens import default_token_generator
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


def test_who_has_left_a_project_moves_nothing_there_by_their_own_old_visits(desk: Desk) -> None:
    """One keeps what one has written oneself; through it leads no way to the project."""
    own, former = desk.world.bundles["own"], "former"
    assert desk.call(former, "GET", f"/activities/{own['left_planned']}").status_code == 200
    assert desk.call(former, "GET", f"/projects/{own['project']}").status_code == 404
    done = {"done_on": "2026-11-01", "kind": "visit", "result": "Sneaked", "next_step": "Sneaked", "version": "1"}
    before = digests()
    for name, body in (
        ("complete", done | {"next_on": "2026-12-01"}),
        ("cancel", {"reason": "Sneaked", "version": "1"}),
    ):
        answer = desk.call(former, "POST", f"/activities/{own['left_planned']}/{name}", body)
        assert answer.status_code in (403, 404, 422), name
    answer = desk.call(former, "POST", f"/activities/{own['left_activity']}/delete", {"version": "1"})
    assert answer.status_code in (302, 403, 404)
    assert digests() == before
