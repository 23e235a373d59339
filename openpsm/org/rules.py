"""Decisions about names, addresses, permissions and tokens, without database and clock."""

import hashlib
import ipaddress
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from openpsm.org.permissions import Permission

#: Who holds these governs the installation itself: nobody may hand out one of them without holding it.
ADMINISTRATION = frozenset(
    {Permission.USER_ADMIN, Permission.ROLE_ADMIN, Permission.SETTINGS_ADMIN, Permission.PROCESS_ADMIN}
)
#: Whoever holds these two everywhere is an administrator; the last active one is kept.
ADMINISTRATOR = frozenset({Permission.USER_ADMIN, Permission.ROLE_ADMIN})
MAX_PATH = 200
TOKEN_START = "psm_"  # noqa: S105 - how every token begins, not a token
_USERNAME = re.compile(r"[\w.@+-]{2,60}")


def normal_username(text: str) -> str:
    """Return the stored form of a user name: half width, lower case, no blanks around it."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_username(text: str) -> bool:
    """Whether a normal user name has 2 to 60 letters (Chinese ones too), digits, or signs of `.@+-_`."""
    return _USERNAME.fullmatch(text) is not None


def address_bucket(address: str) -> str:
    """Return what counts as one address when tries are counted: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def beyond(permissions: Iterable[str], held: Collection[str]) -> set[str]:
    """Return the permissions that govern the installation and that the holder of `held` may not hand out."""
    return (set(permissions) & ADMINISTRATION) - set(held)


def unknown_permissions(permissions: Iterable[str]) -> set[str]:
    """Return those that do not exist."""
    return set(permissions) - {permission.value for permission in Permission}


def new_token() -> str:
    """Return a token of 256 random bits."""
    return TOKEN_START + secrets.token_urlsafe(32)


def new_password() -> str:
    """Return an initial password of 15 signs that nobody confuses when it is read out (over 70 bits)."""
    signs = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(signs) for _sign in range(5)) for _group in range(3))


def digest(token: str) -> str:
    """Return what is stored of a token. It is random, so a plain SHA-256 suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_session_over(
    *, started_at: datetime | None, seen_at: datetime | None, at: datetime, idle: timedelta, absolute: timedelta
) -> bool:
    """Whether a session was left alone for longer than `idle` or began longer than `absolute` ago."""
    is_old = started_at is not None and at - started_at >= absolute
    return is_old or (seen_at is not None and at - seen_at >= idle)


def verdict_of(needs: str, decisions: Collection[str]) -> str:
    """Return what a step of an approval has come to: "approve", "reject", or "" while it waits.

    One no ends it. `all` waits for everybody's yes; in `any` the first word counts.
    Rule: docs/business-rules.md#approvals
    """
    if "reject" in decisions:
        return "reject"
    agreed = [one for one in decisions if one == "approve"]
    return "approve" if agreed and (needs == "any" or len(agreed) == len(decisions)) else ""
