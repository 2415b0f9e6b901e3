"""What tests of accounts need again and again."""

from __future__ import annotations

import re
from typing import Any, cast

import httpx

from market.accounts import jobs
from market.accounts.models import User
from market.accounts.passwords import hash_password
from market.deps import Deps
from market.kit.models import Attempt, OutgoingMail
from tests.factories import PASSWORD, make_uscc, make_user
from tests.fakes import FakeMailer

_hash: list[str] = []


async def make_user_with_password(**fields: Any) -> User:
    """Make a person who signs in with `PASSWORD`; its slow hash is made once."""
    return await make_user(password_hash=await password_hash(), **fields)


async def password_hash() -> str:
    """Return the hash of `PASSWORD`."""
    if not _hash:
        _hash.append(await hash_password(PASSWORD))
    return _hash[0]


async def set_attempts(count: int) -> None:
    """Set the counters of all rate limits, those of the next window too: it may begin at any moment."""
    windows = {attempt.key: attempt.window for attempt in await Attempt.all().order_by("-window")}
    await Attempt.all().delete()
    for key, first in windows.items():
        for window in range(first, first + 3):
            await Attempt.create(key=key, window=window, count=count)


async def last_mail(deps: Deps, to: str) -> OutgoingMail:
    """Send what waits and return the last mail to this address, as the person reads it."""
    for mail in await OutgoingMail.filter(sent_at=None).order_by("id"):
        await jobs.send_mail(deps, mail_id=mail.id)
    outbox = cast(FakeMailer, deps.mailer).sent
    return [mail for mail in outbox if mail.recipient == to][-1]


def link_in(mail: OutgoingMail) -> str:
    """Return the path of the link in a mail."""
    link = re.search(r"http://market\.test(/\S+)", mail.text)
    assert link, mail.text
    return link[1]


def organisation_fields(number: int = 77_001, **changes: str) -> dict[str, str]:
    """Return what is filled in to register an organisation."""
    return {
        "name": "桂南测试铝业有限公司",
        "uscc": make_uscc(number),
        "kind": "enterprise",
        "region": "450100",
        "industry": "C32",
        "nature_code": "150",
        "established_on": "2015-03-01",
        "is_manufacturer": "y",
        "contact_name": "韦敏",
        "contact_phone": "0771-5550000",
    } | changes


def person_fields(**changes: str) -> dict[str, str]:
    """Return what is filled in to register a person."""
    return {
        "person_name": "韦敏",
        "email": "wei.min@example.test",
        "password": "a long and quiet password",
        "agreed": "y",
    } | changes


def errors(answer: httpx.Response) -> list[str]:
    """Return the messages that stand at fields."""
    return re.findall(r'class="field__error"[^>]*>([^<]+)<', answer.text)
