"""What a new installation needs: the shipped roles and its first administrator."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.text import sort_key
from openpsm.org import rules
from openpsm.org.models import Role, RoleGrant, User
from openpsm.org.operations.people import password_errors, user_errors
from openpsm.org.operations.roles import lock_roles
from openpsm.org.permissions import SHIPPED_ROLES


class AlreadySetUp(DomainError):
    """The installation has users: the way in is to sign in."""

    code = "already-set-up"

    def __init__(self) -> None:
        super().__init__(_("OpenPSM is set up already. Sign in."))


def install(at: datetime) -> None:
    """Add the shipped roles that are missing; those that somebody has edited stay as they are."""
    with transaction.atomic():
        known = set(Role.objects.values_list("key", flat=True))
        stamps = {"created_at": at, "updated_at": at}
        roles = Role.objects.bulk_create(
            Role(key=key, name_en=name_en, name_zh=name_zh, permissions=sorted(permissions), **stamps)
            for key, name_en, name_zh, permissions in SHIPPED_ROLES
            if key not in known
        )
        rows = [
            events.EventRow(subject=role, data={"key": role.key, "permissions": role.permissions}) for role in roles
        ]
        events.record_many("role.installed", rows, by=None, at=at)


def first_setup(
    *,
    name: str,
    username: str,
    password: str,
    language: str,
    at: datetime,
    with_demo: bool = False,
    is_business: bool = True,
) -> User:
    """Create the first administrator of an installation without users; of two at once, one succeeds.

    An administrator sees no business data: `is_business` adds the role of an executive, for somebody has to begin.
    With `with_demo` the event asks for the demo company, which a worker loads. Raises AlreadySetUp, InvalidInput.
    """
    user = _first_user(name, username, language, password, at)
    with transaction.atomic():
        roles = {role.key: role for role in lock_roles().values()}
        if User.objects.exists():
            raise AlreadySetUp
        user.save()
        keys = ["administrator", "executive"] if is_business else ["administrator"]
        RoleGrant.objects.bulk_create(RoleGrant(user=user, role=roles[key], granted_at=at) for key in keys)
        events.record("installation.set_up", subject=user, by=user, at=at, roles=keys, with_demo=with_demo)
    return user


def _first_user(name: str, username: str, language: str, password: str, at: datetime) -> User:
    login = rules.normal_username(username)
    user = User(username=login, name=name.strip(), sort_key=sort_key(name.strip()), language=language, created_at=at)
    errors = user_errors({"name": name, "username": login}) | password_errors(password, user, "password")
    if language not in dict(settings.LANGUAGES):
        errors["language"] = [str(_("This choice does not exist."))]
    if errors:
        raise InvalidInput(errors)
    user.set_password(password)
    return user
