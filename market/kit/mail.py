"""Mails: queued in the transaction that causes them, sent by a job."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from market.kit.database import connection
from market.kit.i18n import source_text
from market.kit.jobs import enqueue, enqueue_each
from market.kit.models import OutgoingMail
from market.kit.person_marks import shorten

SITE = "{site}"
"""Placeholder for the site's address in a stored mail, replaced when it is sent or shown."""


class Mailer(Protocol):
    """Sends mails; raises OSError where a retry may succeed."""

    async def send(self, mail: OutgoingMail) -> None: ...


class PageMailer:
    """Sends nothing: in the demo, mails are shown on a page."""

    async def send(self, mail: OutgoingMail) -> None:
        return None


class SmtpMailer:
    """Sends through a mail server, `smtp://user:password@host:587` or `smtps://…`."""

    def __init__(self, url: str, sender: str) -> None:
        self._parts = urlsplit(url)
        self._sender = sender

    async def send(self, mail: OutgoingMail) -> None:
        import asyncio

        await asyncio.to_thread(self._send, mail)

    def _send(self, mail: OutgoingMail) -> None:
        import smtplib
        import ssl

        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.recipient
        message["Subject"] = mail.subject
        if mail.unsubscribe:  # RFC 8058: the mail program posts to it, without opening a page
            message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(mail.text)
        parts = self._parts
        # The default context checks the certificate and the name in it; `starttls()` alone does not.
        context = ssl.create_default_context()
        host = parts.hostname or "localhost"
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=20, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=20)
        with server:
            if parts.scheme != "smtps":
                server.ehlo()
                if parts.username or server.has_extn("starttls"):
                    server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)


async def queue_mail(
    recipient: str,
    subject: str,
    text: str,
    *,
    now: datetime,
    unsubscribe: str = "",
    people: Collection[UUID] = (),
) -> OutgoingMail:
    """Queue a mail in the current transaction; a job sends it after the commit.

    `unsubscribe` is the path of one-click unsubscription, for recurring mails; `people` are those whose marks
    stand in it.
    """
    mail = await OutgoingMail.create(
        recipient=recipient,
        subject=_one_line(source_text(subject)),
        text=source_text(text),
        unsubscribe=unsubscribe,
        people=[str(user_id) for user_id in people] or None,
        created_at=now,
    )
    await enqueue("mail.send", mail_id=mail.id)
    return mail


@dataclass(frozen=True)
class Letter:
    """A mail that is to be queued, as `queue_mail` takes it."""

    recipient: str
    subject: str
    text: str
    people: tuple[UUID, ...] = ()


async def queue_mails(letters: Sequence[Letter], *, now: datetime) -> None:
    """Queue many mails at once, with two statements; else as `queue_mail`."""
    rows = [
        {
            "recipient": letter.recipient,
            "subject": _one_line(source_text(letter.subject)),
            "text": source_text(letter.text),
            "people": [str(user_id) for user_id in letter.people] or None,
        }
        for letter in letters
    ]
    if not rows:
        return
    written = await connection().execute_query_dict(
        "INSERT INTO outgoing_mails (recipient, subject, text, unsubscribe, people, created_at) "
        "SELECT recipient, subject, text, '', people, $2 FROM jsonb_to_recordset($1::jsonb) "
        "AS letter (recipient text, subject text, text text, people jsonb) RETURNING id",
        [json.dumps(rows), now],
    )
    await enqueue_each("mail.send", "mail_id", sorted(int(row["id"]) for row in written))


def _one_line(subject: str) -> str:
    return shorten(" ".join(subject.split()), 300)


def with_site_links(text: str, base_url: str) -> str:
    """Return a stored mail's text with absolute links."""
    return text.replace(SITE, base_url)
