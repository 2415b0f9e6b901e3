"""When mail addresses and telephone numbers of an expert and a unit tell that they belong together. Pure.

Only confirmed addresses count, and no address of a provider at which anybody has one.
"""

from __future__ import annotations

import unicodedata

from market.accounts.demo_logins import DOMAIN as DEMO_DOMAIN

PUBLIC_DOMAINS = frozenset(
    {
        DEMO_DOMAIN.removeprefix("@"),
        "126.com",
        "139.com",
        "163.com",
        "188.com",
        "189.cn",
        "21cn.com",
        "263.net",
        "aliyun.com",
        "eyou.com",
        "foxmail.com",
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.cn",
        "live.com",
        "mac.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "sina.cn",
        "sina.com",
        "sina.com.cn",
        "sogou.com",
        "sohu.com",
        "tom.com",
        "wo.cn",
        "yahoo.cn",
        "yahoo.com",
        "yahoo.com.cn",
        "yeah.net",
    }
)
"""Domains at which anybody gets an address. Our own list, of the providers that people here use."""
SUFFIXES = frozenset({"ac.cn", "com.cn", "edu.cn", "gov.cn", "net.cn", "org.cn"})
"""Domains under which units register theirs."""
SHORTEST_NUMBER = 7
"""Digits of the shortest telephone number that is one."""


def unit_domain(address: str) -> str:
    """Return the domain of a mail address if it tells of a unit; empty for a public one or none."""
    domain = unicodedata.normalize("NFKC", address).strip().lower().rpartition("@")[2].strip(".")
    is_public = any(domain == public or domain.endswith(f".{public}") for public in PUBLIC_DOMAINS)
    return "" if "." not in domain or is_public or domain in SUFFIXES else domain


def share_domain(one: str, other: str) -> bool:
    """Return whether two domains of units are one unit's: the same, or one lies under the other."""
    return bool(one and other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))


def phone_key(number: str) -> str:
    """Return a telephone number in the form in which it is compared; empty where it is none.

    `+86 138 0000 0000` and `13800000000` are one; so are `(0771) 555-0101` and `86-771-5550101`.
    """
    digits = "".join(
        char for char in unicodedata.normalize("NFKC", number) if char.isascii() and char.isdigit()
    )
    digits = digits.removeprefix("00")
    if digits.startswith("86") and len(digits) > SHORTEST_NUMBER + 3:
        digits = digits.removeprefix("86")
    digits = digits.removeprefix("0")
    return digits if len(digits) >= SHORTEST_NUMBER else ""
