"""Mails leave over a connection whose certificate is checked."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from market.kit.mail import SmtpMailer
from market.kit.models import OutgoingMail


class Server:
    """Stands in for the library's connection and remembers what was asked of it."""

    asked: list[tuple[str, Any]] = []
    offers_tls = True

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self.asked.append(("connect", options.get("context")))

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None: ...

    def ehlo(self) -> None: ...

    def has_extn(self, name: str) -> bool:
        return self.offers_tls

    def starttls(self, *, context: ssl.SSLContext) -> None:
        self.asked.append(("starttls", context))

    def login(self, user: str, password: str) -> None:
        self.asked.append(("login", password))

    def send_message(self, message: object) -> None:
        self.asked.append(("send", None))


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> None:
    Server.asked = []
    for name in ("SMTP", "SMTP_SSL"):
        monkeypatch.setattr(f"smtplib.{name}", Server)


async def sent_by(url: str) -> list[str]:
    await SmtpMailer(url, "m@x.cn").send(OutgoingMail(recipient="a@b.cn", subject="s", text="t"))
    return [name for name, _value in Server.asked]


@pytest.mark.parametrize("url", ["smtp://user:word@mail.test", "smtps://user:word@mail.test"])
async def test_the_certificate_and_its_name_are_checked_before_the_password_is_sent(url: str) -> None:
    names = await sent_by(url)

    context = next(value for _name, value in Server.asked if isinstance(value, ssl.SSLContext))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert names.index("login") == len(names) - 2


async def test_without_a_password_what_the_server_offers_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await sent_by("smtp://mail.test") == ["connect", "starttls", "send"]
    Server.asked = []
    monkeypatch.setattr(Server, "offers_tls", False)
    assert await sent_by("smtp://localhost:25") == ["connect", "send"]
