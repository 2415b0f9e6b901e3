"""What an auditor looks at first: doubts, broken invariants, reversed bank lines, returned payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.models import Disbursement
from market.budgets.states import DisbursementStatus
from market.claims.models import Claim
from market.claims.risk_flags import RISK_FLAG_LABELS
from market.kit.findings import link_records
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.worklist import Standing
from market.ledger.checks import LAST_CHECK, LastResult, invariant_label, last_result
from market.payments.statement_models import BankLine

MOST = 200
"""Rows of each kind on the page, the newest first."""
PAGE = "/anomalies"


@dataclass(frozen=True)
class Anomalies:
    """What stands out in the records of the department, the newest of each kind first."""

    doubtful: list[Claim]
    """Submitted claims with doubts (疑点)."""
    check: LastResult | None
    """The last run of all checks; None: never run."""
    reversals: list[BankLine]
    """Lines by which a bank took back another (冲正)."""
    returned: list[Disbursement]
    """Orders to pay that the bank sent back."""


def _doubtful() -> QuerySet[Claim]:
    return Claim.filter(submitted_at__isnull=False).exclude(doubt_kinds="")


def _reversals() -> QuerySet[BankLine]:
    return BankLine.filter(is_reversal=True)


def _returned() -> QuerySet[Disbursement]:
    return Disbursement.filter(status=DisbursementStatus.RETURNED)


async def list_anomalies() -> Anomalies:
    """Return the rows that the auditor's figures count."""
    return Anomalies(
        doubtful=await _doubtful().select_related("applicant").order_by("-submitted_at").limit(MOST),
        check=await last_result(),
        reversals=await _reversals().select_related("organisation").order_by("-booked_on").limit(MOST),
        returned=await _returned().select_related("claim__applicant").order_by("-ordered_at").limit(MOST),
    )


def standing(actor: Actor, now: datetime) -> list[Standing]:
    """Return the anomalies as an auditor's first figures."""
    if not actor.may(AccountAct.READ_AUDIT):
        return []
    return [
        Standing(
            lazy("不成立的核对"),
            f"{PAGE}#checks",
            "system_state s CROSS JOIN LATERAL jsonb_object_keys(s.value::jsonb -> 'broken') "
            f"WHERE s.key = '{LAST_CHECK}'",
            is_alarm=True,
        ),
        Standing(
            lazy("有疑点的申报"),
            f"{PAGE}#doubts",
            "claims c WHERE c.submitted_at IS NOT NULL AND c.doubt_kinds <> ''",
            is_alarm=True,
        ),
        Standing(lazy("冲正的流水"), f"{PAGE}#reversals", "bank_lines l WHERE l.is_reversal", is_alarm=True),
        Standing(
            lazy("退回的拨付"),
            f"{PAGE}#returned",
            f"disbursements d WHERE d.status = '{DisbursementStatus.RETURNED}'",
            is_alarm=True,
        ),
    ]


async def anomalies(request: Request) -> Response:
    actor_for(request, AccountAct.READ_AUDIT)
    return render(
        request,
        "backoffice/anomalies.html",
        found=await list_anomalies(),
        invariant=invariant_label,
        link=partial(link_records, request),
        doubts=RISK_FLAG_LABELS,
        most=MOST,
    )


routes = [Route(PAGE, anomalies, name="backoffice:anomalies", methods=["GET"])]
