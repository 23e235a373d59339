"""Mails about access, sent by the worker. Links are built from OPENPSM_BASE_URL, never from a request's host."""

import unicodedata

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django_tasks import task

from openpsm.org.models import User

RESET_PATH = "/password/reset"
MOST_WITH_ONE_ADDRESS = 5


class ResetTokens(PasswordResetTokenGenerator):
    """Links that die with their use, after 30 minutes, and with any change to the user, deactivation included."""

    key_salt = "openpsm.org.reset"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}{user.version}"


reset_tokens = ResetTokens()


def reset_link(user: User) -> str:
    """Return the address at which this user may set a new password, once."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return f"{settings.OPENPSM_BASE_URL.rstrip('/')}{RESET_PATH}/{uid}/{reset_tokens.make_token(user)}"


@task()
def send_reset_links(*, email: str, language: str) -> int:
    """Mail a link to every active user with this address, to the address as it is stored; returns how many."""
    plain = _plain(email)
    users = User.objects.active().filter(email__iexact=email.strip()).order_by("pk")[:MOST_WITH_ONE_ADDRESS]
    found = [user for user in users if _plain(user.email) == plain]
    for user in found:
        _send(user, "reset", language)
    return len(found)


@task()
def send_link(*, recipient_id: int, kind: str) -> None:
    """Mail one user the link to set a password: kind "invitation" or "reset"."""
    user = User.objects.active().exclude(email="").filter(pk=recipient_id).first()
    if user is not None:
        _send(user, kind, user.language or settings.LANGUAGE_CODE)


def _send(user: User, kind: str, language: str) -> None:
    with translation.override(user.language or language):
        values = {"name": user.name, "username": user.username, "link": reset_link(user)}
        subject = _("Your access to OpenPSM") if kind == "invitation" else _("A new password for OpenPSM")
        body = _(
            "Hello %(name)s,\n\n"
            "set your password for the user name %(username)s here, within 30 minutes:\n%(link)s\n\n"
            "If you did not ask for this, do nothing: your password stays as it is."
        )
        send_mail(subject, body % values, None, [user.email])


def _plain(email: str) -> str:
    return unicodedata.normalize("NFKC", email).strip().casefold()
