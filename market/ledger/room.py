"""What the room of the book contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.room import LedgerAccount, Room
from market.ledger import checks, models

ROOM = Room(
    "ledger",
    models=(models,),
    ledger_accounts={
        "exchange": LedgerAccount(lazy("汇率差额"), is_guarded=False),
    },
    checks=checks.CHECKS,
)
