"""What identifies a company: its names, its credit code, its numbers and addresses, made comparable.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import phonenumbers
from django.utils.translation import gettext as _
from stdnum.cn import uscc as uscc_number
from stdnum.exceptions import ValidationError

from openpsm.accounts.latin import latin_marks
from openpsm.accounts.names import (
    LONGEST_ALIAS,
    SHORTEST_ALIAS,
    SHORTEST_HEAD,
    SHORTEST_SLIP,
    CompanyName,
    company_name,
    is_small,
    pared,
    typed_short,
)
from openpsm.core.text import bigrams, fold, initials, search_text, sounds

#: Hosts that many unrelated companies share: an address there says nothing about who they are.
SHARED_HOSTS = frozenset(
    {
        *("qq.com", "163.com", "126.com", "139.com", "189.cn", "sina.com", "sina.cn", "sohu.com", "foxmail.com"),
        *("aliyun.com", "yeah.net", "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "1688.com"),
        *("alibaba.com", "taobao.com", "tmall.com", "jd.com", "weibo.com", "baidu.com", "made-in-china.com"),
        *("hc360.com"),
    }
)


def normal_uscc(text: str) -> str:
    """Return the code as stored: half-width, upper case, without blanks and dashes."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())


def check_uscc(text: str) -> list[str]:
    """Return warnings about a unified social credit code, none for a good one or an empty field. It never blocks."""
    code = normal_uscc(text)
    if not code:
        return []
    if len(code) in (13, 15) and code.isdigit():
        return [_("This is an old registration number, not a unified social credit code of 18 signs.")]
    if len(code) != 18:
        return [_("A unified social credit code has 18 signs; this one has %(n)s.") % {"n": len(code)}]
    try:
        uscc_number.validate(code)
    except ValidationError:
        return [_("The check sign of the unified social credit code is wrong. Please compare it with the licence.")]
    return []


def normal_phone(text: str, country: str = "CN") -> str:
    """Return the number as +8657112345678, its bare digits where it is no valid number, empty without digits."""
    plain = unicodedata.normalize("NFKC", text)
    try:
        number = phonenumbers.parse(plain, country or "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_valid_number(number):
        number.extension = None
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return re.sub(r"\D", "", plain)


def normal_domain(text: str) -> str:
    """Return the bare host of a web address: https://WWW.Abc.com.cn/x becomes abc.com.cn."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", unicodedata.normalize("NFKC", text).strip().lower())
    host = re.split(r"[/?#:\s]", host, maxsplit=1)[0].rsplit("@", 1)[-1].strip(".")
    return host.removeprefix("www.")


def normal_email(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def marks(
    *,
    names: Iterable[str] = (),
    uscc: str = "",
    domain: str = "",
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    country: str = "CN",
) -> set[str]:
    """Return what points to one company by equality alone, as `kind:value`.

    Shared hosts, numbers too short to mean one company and impossible addresses leave no mark. `plain` is the name
    without its legal form and the endings of its place. What only leads to companies worth comparing is in
    `leading_marks`.
    """
    known = [name for name in names if fold(name)]
    found = {f"name:{fold(name)}" for name in known} | {f"plain:{company_name(name).plain}" for name in known}
    if normal_uscc(uscc):
        found.add(f"uscc:{normal_uscc(uscc)}")
    if "." in normal_domain(domain) and normal_domain(domain) not in SHARED_HOSTS:
        found.add(f"domain:{normal_domain(domain)}")
    found |= {f"phone:{number}" for number in (normal_phone(phone, country) for phone in phones) if len(number) >= 8}
    found |= {f"email:{address}" for address in map(normal_email, emails) if "@" in address}
    return found


def leading_marks(name: str) -> set[str]:
    """Return what leads to a name from others that are written a little differently, from parents and from branches.

    `near` are the sounds of the telling part in whatever order: equal for the same part at another place, for one
    that sounds the same and for swapped signs. `half` is its first or its last half with its length: a sign too many
    or too few leaves one of them as it was. `kernel` is a rare brand with its trade. `head` is what branches begin
    with, `part` how a branch begins.
    """
    taken = company_name(name)
    core, half = taken.core, len(taken.core) // 2
    found = {_near(core), *_kernel(taken), *map(_near, pared(core))}
    if is_small(taken.place):
        found.add(_near(taken.whole))  # what looks like a county may be a part of the name
    if len(core) >= SHORTEST_SLIP:
        found |= {f"half:{len(core)}{core[:half]}…", f"half:{len(core)}…{core[-half:]}"}
    if taken.is_branch:
        found |= {f"part:{begun[:SHORTEST_HEAD]}" for begun in (taken.whole, taken.key)}
    elif len(taken.head) >= SHORTEST_HEAD:
        found.add(f"head:{taken.head}")
    return found | latin_marks(name)


def _near(core: str) -> str:
    return f"near:{' '.join(sorted(sounds(core)))}"


def _kernel(taken: CompanyName) -> set[str]:
    return {f"kernel:{taken.kernel}"} if taken.kernel else set()


def leading_claims(name: str) -> set[str]:
    """Return the leading marks of accounts whose names may be this one with a slip, its parent, or its branches."""
    taken = company_name(name)
    core, length = taken.core, len(taken.core)
    found = {_near(core), *_kernel(taken), _near(taken.whole), *map(_near, pared(core))}
    if not taken.place and length > SHORTEST_SLIP:
        found.add(_near(core[2:]))  # the first two may be a place that is spelled wrong
    for other in (length - 1, length, length + 1):  # as long as a name may be that has this one's slip
        if min(length, other) >= SHORTEST_SLIP:
            found |= {f"half:{other}{core[: other // 2]}…", f"half:{other}…{core[-(other // 2) :]}"}
    if taken.is_branch:
        found |= {f"head:{taken.whole[:end]}" for end in range(SHORTEST_HEAD, len(taken.whole))}
        found |= {f"name:{taken.key[:end]}" for end in range(SHORTEST_SLIP, len(taken.key))}
    else:
        found |= {f"part:{begun[:SHORTEST_HEAD]}" for begun in (taken.head, taken.key)}
    return found | latin_marks(name)


def alias_marks(name: str) -> set[str]:
    """Return what a short or former name shares with itself mistyped: it whole, and with each of its signs left out.

    Two texts of which one has a sign more, fewer, swapped or wrong always have one of these in common. Asked for and
    kept alike, hence for other names only: a name of six signs has eight.
    """
    found: set[str] = set()
    for text in typed_short(name):
        if len(text) <= LONGEST_ALIAS:
            found.add(text)
        if SHORTEST_ALIAS <= len(text) <= LONGEST_ALIAS:
            found |= {text[:place] + text[place + 1 :] for place in range(len(text))}
    return {f"alias:{text}" for text in found if len(text) > 1}


def searchable(names: Sequence[str], uscc: str = "") -> str:
    """Return the text that a search looks into: folded names with pinyin and initials, and the credit code."""
    return search_text(*map(fold, names), normal_uscc(uscc))


def grams(names: Iterable[str], uscc: str = "") -> set[str]:
    """Return the pairs of signs by which an account is found: of its names, their initials and its credit code."""
    found: set[str] = set()
    for name in names:
        found.update(bigrams(name), bigrams(initials(fold(name))))
    return found | set(bigrams(normal_uscc(uscc)))
