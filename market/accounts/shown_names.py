"""The names of people in messages and mails, put in when these are shown or sent."""

from __future__ import annotations

from collections.abc import Iterable

from market.accounts.models import Message, User
from market.kit.i18n import lazy
from market.kit.models import OutgoingMail
from market.kit.person_marks import put_names

ERASED_NAME = "已注销用户"
"""Stored as the name of who was erased."""
GONE = lazy("已注销用户")


async def show_names(written: Iterable[Message | OutgoingMail]) -> None:
    """Put the names that people have now into these messages or mails, which must not be saved afterwards."""
    marked = [row for row in written if row.people]
    if not marked:
        return
    ids = {identity for row in marked for identity in row.people}
    names = {str(user.id): str(user.name) for user in await User.filter(id__in=list(ids)).only("id", "name")}
    for row in marked:
        row.text = put_names(row.text, row.people, names, str(GONE))
        if isinstance(row, OutgoingMail):
            row.subject = put_names(row.subject, row.people, names, str(GONE))
