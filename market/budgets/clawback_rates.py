"""Yearly rates of interest on clawbacks: shipped once; later ones are entered by one, confirmed by another.

`clawback_rates.json` seeds the table `interest_rates` when the database is made; it is closed: a later rate
is entered on the page. What is computed from is the table alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.clawback_interest import Rates
from market.budgets.models import ClawbackReceipt, InterestRate
from market.budgets.states import BudgetAct, RateVerb
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.records.by import By
from market.records.decisions import Verdict, decide

SUBJECT = "interest_rate"
PAGE = "/desk/rates"
HIGHEST = 2400
"""Basis points a year above which an entry is a typing error."""
PUBLISHED_EVERY = timedelta(days=35)
"""The rate is published monthly; after this the next one should have been entered."""


@dataclass(frozen=True)
class SeededRate:
    """One rate of `clawback_rates.json`."""

    begins_on: date
    basis_points: int
    announcement: str
    checked: str
    """By which report it was checked before the release."""


@dataclass(frozen=True)
class SeededRates:
    """What `clawback_rates.json` holds."""

    rates: Sequence[SeededRate]
    year_days: int
    source: str
    assumption: str


@lru_cache(maxsize=1)
def seeded_rates() -> SeededRates:
    """Read `clawback_rates.json`."""
    content = json.loads((Path(__file__).parent / "clawback_rates.json").read_text(encoding="utf-8"))
    rates = [
        SeededRate(date.fromisoformat(row["from"]), row["basis_points"], row["announcement"], row["checked"])
        for row in content["rates"]
    ]
    return SeededRates(rates, content["year_days"], content["source"], content["assumption"])


@dataclass(frozen=True)
class RateTable:
    """Every rate that counts, in the order in which they were confirmed."""

    rows: Sequence[InterestRate]

    def known_at(self, moment: datetime | None = None) -> Rates:
        """Return the rates as they were confirmed at a moment, or as they are now.

        Of two of the same day the one confirmed later applies.
        """
        steps = {
            row.begins_on: row.basis_points
            for row in self.rows
            if moment is None or row.decided_at is None or row.decided_at <= moment
        }
        seeded = seeded_rates()
        return Rates(sorted(steps.items()), seeded.year_days, seeded.source, seeded.assumption)

    def of(self, fixed: int | None, receipts: Sequence[ClawbackReceipt]) -> Rates:
        """Return the rates of a clawback: those of the moment when its interest was fixed, else today's.

        It is fixed by the confirmation that makes the principal whole, so a rate entered afterwards does not
        change it.
        """
        moments = [
            receipt.decided_at
            for receipt in receipts
            if receipt.is_confirmed and receipt.decided_at and receipt.amount > receipt.interest_part
        ]
        return self.known_at(max(moments) if fixed is not None and moments else None)

    @property
    def entered_until(self) -> date:
        """The day of the latest rate."""
        return max(row.begins_on for row in self.rows)

    def is_behind(self, today: date) -> bool:
        """Return whether a rate that was published meanwhile should have been entered."""
        return self.entered_until + PUBLISHED_EVERY < today


async def load_rates() -> RateTable:
    """Load the rates that were shipped and confirmed."""
    rows = await InterestRate.filter(verdict=Verdict.CONFIRMED)
    return RateTable(
        sorted(rows, key=lambda row: (row.decided_at is not None, row.decided_at or row.proposed_at))
    )


async def list_rates() -> list[InterestRate]:
    """Return every rate with both persons, those that wait first, then the latest first."""
    rows = await InterestRate.all().select_related("proposed_by", "decided_by")
    rows.sort(key=lambda row: (row.begins_on, row.proposed_at), reverse=True)
    return sorted(rows, key=lambda row: row.verdict is not None)


@atomic()
async def propose_rate(
    *, begins_on: date, basis_points: int, announcement: str, announced_on: date, ground: str, by: By
) -> InterestRate:
    """Propose a published rate, with its announcement and where it can be read; it counts once confirmed.

    Raises:
        Invalid: a rate or a day that cannot be; names the field.
        Conflict: a rate of the same day waits.
    """
    by.actor.require(BudgetAct.ENTER_RATE)
    if not 0 < basis_points <= HIGHEST:
        raise Invalid(_("年利率应大于 0，不超过 24%。"), field="rate")
    if announced_on > local_date(by.now):
        raise Invalid(_("公布日期不能晚于今天。"), field="announced_on")
    if not announced_on <= begins_on <= announced_on + PUBLISHED_EVERY:
        raise Invalid(_("起用日期应在公布之日或此后一个月内。"), field="begins_on")
    if await InterestRate.exists(begins_on=begins_on, verdict=None):
        raise Conflict(_("这一天的利率已有一条待确认。"))
    row = await InterestRate.create(
        id=uuid4(),
        begins_on=begins_on,
        basis_points=basis_points,
        announcement=source_text(announcement),
        announced_on=announced_on,
        ground=source_text(ground),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await _log(row, RateVerb.PROPOSE, by)
    await notify_staff(
        StaffRole.APPROVER, _("%(day)s 起的追回利率待确认。", day=begins_on), now=by.now, address=PAGE
    )
    return row


@atomic()
async def decide_rate(rate_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> InterestRate:
    """Confirm or reject a proposed rate as a second person; confirmed, interest is computed from it.

    Interest that is fixed already stays.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: a rejection without a reason.
        Conflict: it was decided before.
        NotFound: there is none.
    """
    by.actor.require(BudgetAct.CONFIRM_RATE)
    row = await InterestRate.filter(id=rate_id).select_for_update().first()
    if row is None:
        raise NotFound(_("没有这条利率。"))
    await decide(row, verdict, by=by, reason=reason, refusal=_("利率的录入与确认须由两人分别完成。"))
    await _log(row, RateVerb.CONFIRM if verdict is Verdict.CONFIRMED else RateVerb.REJECT, by)
    if row.is_rejected and row.proposed_by_id is not None:
        await notify(
            _("%(day)s 起的追回利率被退回：%(reason)s", day=row.begins_on, reason=reason),
            now=by.now,
            address=PAGE,
            user_ids=[row.proposed_by_id],
        )
    return row


async def _log(row: InterestRate, verb: RateVerb, by: By) -> None:
    await record(
        SUBJECT,
        row.id,
        verb,
        by=by,
        begins_on=row.begins_on,
        basis_points=row.basis_points,
        announcement=row.announcement,
        announced_on=row.announced_on,
        reason=row.reason or row.ground,
    )
