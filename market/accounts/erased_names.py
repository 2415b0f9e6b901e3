"""A person's name in texts that others were sent: messages and mails hold the names as they were written.

What the law has kept, notices, contracts, issued documents and what was said in a deal, keeps its names.
"""

from __future__ import annotations

import re

from market.accounts.models import User
from market.kit.database import connection

IDEOGRAPH = "一-龥"


async def erase_name_from_texts(user: User, replacement: str) -> None:
    """Replace a person's name in messages and mails to others since they registered.

    Only where it stands alone: a longer name that begins or ends with it is another person's.
    """
    name = re.sub(r"(\W)", r"\\\1", user.name.strip())
    if len(user.name.strip()) < 2:
        return
    pattern = f"(^|[^{IDEOGRAPH}]){name}(?=$|[^{IDEOGRAPH}])"
    arguments = [pattern, rf"\1{replacement}", user.created_at]
    for table, columns in (("messages", ("text",)), ("outgoing_mails", ("text", "subject"))):
        changes = ", ".join(f"{column} = regexp_replace({column}, $1, $2, 'g')" for column in columns)
        matches = " OR ".join(f"{column} ~ $1" for column in columns)
        await connection().execute_query(
            f"UPDATE {table} SET {changes} WHERE created_at >= $3 AND ({matches})",  # noqa: S608  # our own names
            arguments,
        )
