"""Idempotency of forms: a page's form that is sent twice, by a double click or after going back, acts once.

Each form carries a random `once`. The first submission of it takes a row; another with the same content
waits for the first one's answer and is sent to the same page.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

from market.accounts.models import Submission
from market.kit.database import connection

LIFETIME = timedelta(hours=1)
ABANDONED = timedelta(seconds=30)
"""After so long a submission without an answer was cut off, and the next one takes its place."""
PATIENCE = 10.0
"""Seconds that a second submission waits for the first one's answer."""
STEP = 0.1


def submission_key(browser: str, address: str, body: bytes) -> str:
    """Return what two submissions of one form have in common: browser, address, and every byte."""
    digest = hashlib.sha256(f"{browser}\n{address}\n".encode())
    digest.update(body)
    return digest.hexdigest()


async def begin_submission(key: str, *, patience: float = PATIENCE) -> str | None:
    """Take the row of a submission and return None; of one that was carried out, return where it led to.

    An empty string says that the first one still runs after `patience` seconds.
    """
    waited = 0.0
    while True:
        now = datetime.now(UTC)
        rows = await connection().execute_query_dict(
            "INSERT INTO submissions (key, started_at, location) VALUES ($1, $2, '') "
            "ON CONFLICT (key) DO UPDATE SET started_at = $2, location = '' "
            "WHERE submissions.started_at < $4 "
            "OR (submissions.location = '' AND submissions.started_at < $3) "
            "RETURNING key",
            [key, now, now - ABANDONED, now - LIFETIME],
        )
        if rows:
            return None
        first = await Submission.get_or_none(key=key)
        if first is not None and (first.location or waited >= patience):
            return first.location
        await asyncio.sleep(STEP)
        waited += STEP


async def end_submission(key: str, location: str) -> None:
    """Store where the submission led to; without one it was refused and may be sent again."""
    if location:
        await Submission.filter(key=key).update(location=location)
    else:
        await Submission.filter(key=key).delete()


async def sweep_submissions() -> None:
    """Delete submissions that no browser repeats any more."""
    await Submission.filter(started_at__lt=datetime.now(UTC) - LIFETIME).delete()
