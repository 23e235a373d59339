"""How often a password may be tried. Windows are short, so that nobody can lock somebody else out for long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from openpsm.core import limits, parameters
from openpsm.org import rules
from openpsm.org.models import UserSession

HOUR = timedelta(hours=1)


def declare_all() -> None:
    """Declare the parameters; called when the program starts."""
    group = _("Signing in")
    for key, default, most, label in (
        ("sign_in.tries", 5, 50, _("failed tries for one user name from one address")),
        ("sign_in.tries_per_account", 30, 500, _("failed tries for one user name from all unknown addresses")),
        ("sign_in.tries_per_address", 60, 5000, _("failed tries from one address")),
    ):
        help_text = _("Within one window; then signing in has to wait for the next one.")
        parameters.declare(
            key, kind="integer", default=default, label=label, help=help_text, group=group, minimum=3, maximum=most
        )
    parameters.declare(
        "sign_in.window_minutes",
        kind="integer",
        default=5,
        label=_("length of the window in minutes"),
        help=_("Longer windows would let a stranger lock your people out."),
        group=group,
        minimum=1,
        maximum=15,
    )
    for key, default, label in (
        ("reset.mails_per_address", 20, _("reset links asked for from one address in an hour")),
        ("reset.mails_per_mail", 3, _("reset links asked for one e-mail address in an hour")),
    ):
        parameters.declare(key, kind="integer", default=default, label=label, group=group, minimum=1, maximum=1000)
    parameters.declare(
        "token.days",
        kind="integer",
        default=365,
        label=_("longest life of an access token in days"),
        group=group,
        minimum=1,
        maximum=3650,
    )


@dataclass(frozen=True)
class Tries:
    """The counters of one try; failed ones stay counted, good ones are forgiven."""

    keys: tuple[tuple[str, int], ...]
    per: timedelta
    at: datetime

    def count(self) -> None:
        """Count the try before the password is looked at; raises TooMany."""
        for key, limit in self.keys:
            limits.hit(key, limit=limit, per=self.per, at=self.at)

    def forgive(self) -> None:
        """Take the try back: an office behind one address signs in every morning."""
        for key, _limit in self.keys:
            limits.forgive(key, per=self.per, at=self.at)


def password_tries(username: str, address: str, at: datetime) -> Tries:
    """Return the counters for a user name from an address (1 query).

    Tries from all over the world count together, except from an address where this user has a session: so a stranger's
    guessing does not keep the user out.
    """
    bucket = rules.address_bucket(address)
    known = UserSession.objects.filter(user__username=username, expire_date__gt=at).values_list("address", flat=True)
    is_known = bucket in {rules.address_bucket(each) for each in known if each}
    keys = [
        (f"sign-in address {bucket}", parameters.value("sign_in.tries_per_address")),
        (f"sign-in {username} from {bucket}", parameters.value("sign_in.tries")),
    ]
    if not is_known:
        keys.append((f"sign-in account {username}", parameters.value("sign_in.tries_per_account")))
    return Tries(tuple(keys), timedelta(minutes=parameters.value("sign_in.window_minutes")), at)


def count_reset(email: str, address: str, at: datetime) -> None:
    """Count a request for a reset link; raises TooMany, for unknown addresses too."""
    bucket = rules.address_bucket(address)
    limits.hit(f"reset address {bucket}", limit=parameters.value("reset.mails_per_address"), per=HOUR, at=at)
    limits.hit(f"reset mail {email}", limit=parameters.value("reset.mails_per_mail"), per=HOUR, at=at)
