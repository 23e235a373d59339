"""Staff: inviting, changing, deactivating. Rule: docs/business-rules.md#access"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.text import sort_key
from openpsm.core.versions import require_version
from openpsm.org import access, rules
from openpsm.org.mail import send_link
from openpsm.org.models import AccessToken, Department, Role, RoleGrant, User, UserSession
from openpsm.org.operations.absences import end_substitutions
from openpsm.org.operations.approvals import pass_seats_on
from openpsm.org.operations.roles import keep_an_administrator, lock_roles, require_grantable, require_not_above
from openpsm.org.permissions import Permission

PERSONAL = ("email", "phone")
ADMINISTERED = ("name", "username", "email", "phone", "title", "department_id", "joined_on")
PROFILE: Mapping[str, tuple[str, ...] | None] = {
    "language": ("", "zh-hans", "en"),
    "theme": ("", "light", "dark"),
    "amount_unit": ("yuan", "wan"),
    "phone": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Somebody to invite. Roles (their keys) are held everywhere.

    With `is_mailed` a link to set a password goes to `email`; otherwise `password` or a made one is the initial one,
    which must be changed at the first sign-in unless `must_change` says otherwise. `password_hash` stands instead
    of both: what Django's hashers made of it elsewhere. Who left at `left_at` is known by name and does not sign in.
    """

    name: str
    username: str
    email: str = ""
    phone: str = ""
    title: str = ""
    department_id: int | None = None
    role_keys: tuple[str, ...] = ()
    language: str = ""
    joined_on: date | None = None
    password: str = ""
    password_hash: str = ""
    is_mailed: bool = False
    must_change: bool = True
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """The user and the initial password, which is shown once; empty where a link was mailed instead."""

    user: User
    password: str


def invite_user(*, new: NewUser, by: User, at: datetime) -> Invitation:
    """Add one user; see `invite_users`."""
    return invite_users(rows=[new], by=by, at=at)[0]


def invite_users(*, rows: Sequence[NewUser], by: User, at: datetime) -> list[Invitation]:
    """Add users, in a number of statements that does not grow with them.

    Raises NotAllowed (no administrator of the department, roles above one's own) and InvalidInput, whose fields are
    named `0.username` … where there are several rows.
    """
    passwords = ["" if new.is_mailed or new.password_hash else new.password or rules.new_password() for new in rows]
    with transaction.atomic():
        roles = {role.key: role for role in lock_roles().values()}
        departments = Department.objects.active().in_bulk({new.department_id for new in rows if new.department_id})
        _require_valid(rows, roles, departments)
        for new in rows:
            _require_invitable(new, roles, departments, by)
        users = User.objects.bulk_create(
            [_drafted(new, password, at) for new, password in zip(rows, passwords, strict=True)]
        )
        RoleGrant.objects.bulk_create(
            RoleGrant(user=user, role=roles[key], granted_at=at, granted_by=by)
            for user, new in zip(users, rows, strict=True)
            for key in new.role_keys
        )
        for user, new in zip(users, rows, strict=True):
            if new.is_mailed:
                send_link.enqueue(recipient_id=user.pk, kind="invitation")
        events.record_many(
            "user.invited", [_invited(user, new) for user, new in zip(users, rows, strict=True)], by=by, at=at
        )
    return [Invitation(user, password) for user, password in zip(users, passwords, strict=True)]


def _invited(user: User, new: NewUser) -> events.EventRow:
    data = {"username": user.username, "department": user.department_id, "roles": sorted(new.role_keys)}
    return events.EventRow(subject=user, data=data, sealed=_sealed({field: getattr(user, field) for field in PERSONAL}))


def _sealed(values: Mapping[str, Any]) -> dict[str, Any] | None:
    return {field: value for field, value in values.items() if value} or None


def _drafted(new: NewUser, password: str, at: datetime) -> User:
    user = User(
        username=rules.normal_username(new.username),
        name=new.name.strip(),
        sort_key=sort_key(new.name.strip()),
        email=new.email.strip(),
        phone=new.phone.strip(),
        title=new.title.strip(),
        department_id=new.department_id,
        language=new.language,
        joined_on=new.joined_on,
        is_active=new.left_at is None,
        left_at=new.left_at,
        created_at=at,
        must_change_password=bool(password or new.password_hash) and new.must_change,
    )
    user.password = new.password_hash or make_password(password or None)
    return user


def _require_invitable(
    new: NewUser, roles: Mapping[str, Role], departments: Mapping[int, Department], by: User
) -> None:
    path = (departments[new.department_id].path or "") if new.department_id else ""
    access.require_over(by, Permission.USER_ADMIN, path=path)
    if new.role_keys:
        require_grantable([roles[key] for key in new.role_keys], user=None, path="", by=by)


def _require_valid(rows: Sequence[NewUser], roles: Mapping[str, Role], departments: Mapping[int, Department]) -> None:
    names = [rules.normal_username(new.username) for new in rows]
    taken = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    errors: dict[str, list[str]] = {}
    for index, (new, username) in enumerate(zip(rows, names, strict=True)):
        found = user_errors({"name": new.name, "username": username, "email": new.email, "phone": new.phone})
        if username in taken or username in names[:index]:
            found["username"] = [_("This user name is taken.")]
        if new.department_id and new.department_id not in departments:
            found["department_id"] = [_("There is no such department.")]
        if set(new.role_keys) - set(roles):
            found["role_keys"] = [_("There is no such role.")]
        if new.is_mailed and not new.email.strip():
            found["email"] = [_("Give an e-mail address, or an initial password instead of a mailed link.")]
        if new.password:
            found |= password_errors(new.password, User(username=username, name=new.name), "password")
        prefix = f"{index}." if len(rows) > 1 else ""
        errors |= {prefix + field: messages for field, messages in found.items()}
    if errors:
        raise InvalidInput(errors)


def user_errors(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Check the shape of the fields given, by field."""
    errors: dict[str, list[str]] = {}
    for field, most in (("name", 60), ("title", 60), ("phone", 30), ("email", 254)):
        if len(values.get(field) or "") > most:
            errors[field] = [_("At most %(most)s characters, please.") % {"most": most}]
    if "name" in values and not values["name"].strip():
        errors["name"] = [_("Give the person's name.")]
    if "username" in values and not rules.is_username(values["username"]):
        errors["username"] = [_("A user name has 2 to 60 letters, digits or signs of . @ + - _")]
    if values.get("email"):
        try:
            validate_email(values["email"].strip())
        except ValidationError as error:
            errors["email"] = error.messages
    return errors


def password_errors(password: str, user: User, field: str) -> dict[str, list[str]]:
    """Check a new password against the installation's rules."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {field: error.messages}
    return {}


def update_user(*, user_id: int, version: int | None, changes: Mapping[str, Any], by: User, at: datetime) -> User:
    """Change what an administrator keeps about a user: the fields of ADMINISTERED. A move takes no record along.

    Refused for users who govern more than the administrator does: a changed address could receive their reset link.
    """
    with transaction.atomic():
        user = _administered(user_id, version, by)
        wanted = _clean_changes(user, changes, by)
        data = {field: [getattr(user, field), value] for field, value in wanted.items() if field not in PERSONAL}
        _apply(user, wanted)
        sealed = _sealed({field: wanted[field] for field in PERSONAL if field in wanted})
        fields = sorted(wanted)
        events.record("user.updated", subject=user, by=by, at=at, sealed=sealed, fields=fields, changes=data)
    return user


def _clean_changes(user: User, changes: Mapping[str, Any], by: User) -> dict[str, Any]:
    unknown = {field: [_("This field cannot be changed.")] for field in changes if field not in ADMINISTERED}
    wanted = {field: value.strip() if isinstance(value, str) else value for field, value in changes.items()}
    if "username" in wanted:
        wanted["username"] = rules.normal_username(wanted["username"])
    errors = unknown | user_errors(wanted)
    same = User.objects.filter(username=wanted.get("username", user.username)).exclude(pk=user.pk)
    if "username" in wanted and same.exists():
        errors["username"] = [_("This user name is taken.")]
    if wanted.get("department_id"):
        department = Department.objects.active().filter(pk=wanted["department_id"]).first()
        if department is None:
            errors["department_id"] = [_("There is no such department.")]
        else:
            access.require_over(by, Permission.USER_ADMIN, path=department.path or "")
    elif "department_id" in wanted:
        access.require_over(by, Permission.USER_ADMIN)
    if errors:
        raise InvalidInput(errors)
    return {field: value for field, value in wanted.items() if getattr(user, field) != value}


def _apply(user: User, wanted: Mapping[str, Any]) -> None:
    for field, value in wanted.items():
        setattr(user, field, value)
    user.sort_key = sort_key(user.name)
    user.version += 1
    user.save(update_fields=[*wanted, "sort_key", "version"])


def update_profile(*, changes: Mapping[str, Any], by: User, at: datetime) -> User:
    """Change one's own language, theme, unit of amounts or phone (PROFILE lists the choices)."""
    with transaction.atomic():
        user: User = User.objects.active().select_for_update(no_key=True).get(pk=by.pk)
        errors = user_errors(changes)
        for field, value in changes.items():
            choices = PROFILE.get(field)
            if field not in PROFILE or (choices is not None and value not in choices):
                errors[field] = [_("This choice does not exist.")]
        if errors:
            raise InvalidInput(errors)
        _apply(user, changes)
        sealed = _sealed({field: value for field, value in changes.items() if field in PERSONAL})
        events.record("user.profile_changed", subject=user, by=by, at=at, sealed=sealed, fields=sorted(changes))
    return user


def deactivate_user(*, user_id: int, version: int | None, by: User, at: datetime) -> User:
    """Take away access with the next request: sessions end, tokens are revoked, reset links and requested jobs stop.

    What the user owns stays in their name until it is handed over; what they had still to approve goes to the nearest
    manager above. Refused for oneself and the last administrator.
    """
    with transaction.atomic():
        lock_roles()
        user = _administered(user_id, version, by)
        if user.pk == by.pk:
            raise NotAllowed(_("Nobody deactivates themself: let another administrator do this."))
        if not user.is_active:
            raise DomainError(_("This user is already deactivated."), code="already-inactive")
        user.is_active, user.left_at, user.version = False, at, user.version + 1
        user.save(update_fields=["is_active", "left_at", "version"])
        keep_an_administrator()
        sessions, tokens = end_access(user, at)
        with events.together():
            pass_seats_on(user=user, by=by, at=at)
            end_substitutions(user=user, by=by, at=at)
            events.record("user.deactivated", subject=user, by=by, at=at, sessions=sessions, tokens=tokens)
    return user


def reactivate_user(*, user_id: int, version: int | None, by: User, at: datetime) -> Invitation:
    """Let a user in again with the old roles and a new initial password; old sessions and tokens stay dead."""
    password = rules.new_password()
    with transaction.atomic():
        user = _administered(user_id, version, by)
        if user.is_active:
            raise DomainError(_("This user is active."), code="already-active")
        user.is_active, user.left_at, user.must_change_password = True, None, True
        user.version += 1
        user.set_password(password)
        user.save(update_fields=["is_active", "left_at", "must_change_password", "version", "password"])
        events.record("user.reactivated", subject=user, by=by, at=at)
    return Invitation(user, password)


def withdraw_users(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Deactivate imported users whom nobody has changed and who never signed in; returns their ids."""
    gone: set[int] = set()
    with transaction.atomic():
        rows = User.objects.active().filter(pk__in=versions, last_login=None).exclude(pk=by.pk).order_by("pk")
        for user in rows:
            if user.version == versions[user.pk]:
                deactivate_user(user_id=user.pk, version=user.version, by=by, at=at)
                gone.add(user.pk)
    return gone


def end_access(user: User, at: datetime, *, keep_session: str = "", keep_tokens: bool = False) -> tuple[int, int]:
    """End the user's sessions (but one) and tokens, inside the caller's transaction; returns how many of each."""
    ended, _by_model = UserSession.objects.filter(user=user).exclude(pk=keep_session).delete()
    tokens = AccessToken.objects.none() if keep_tokens else AccessToken.objects.live().filter(user=user)
    return ended, tokens.update(revoked_at=at)


def _administered(user_id: int, version: int | None, by: User) -> User:
    user: User = (
        User.objects.visible_to(by)
        .select_for_update(no_key=True, of=("self",))
        .select_related("department")
        .get(pk=user_id)
    )
    access.require_over(by, Permission.USER_ADMIN, path=(user.department.path or "") if user.department else "")
    require_not_above(user, by)
    require_version(user, version)
    return user
