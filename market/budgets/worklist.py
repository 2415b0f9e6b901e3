"""What waits in this room: lists, instructions, results, clawbacks; what is left of the budgets."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.budgets.annual_budgets import list_budgets_of
from market.budgets.models import RunStage
from market.budgets.states import BatchStatus, ClawbackStatus
from market.claims.states import ClaimStatus
from market.kit.clock import local_date
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.worklist import Figure, Pending, Recent, Unit, Worklist
from market.programmes.states import TermsStatus

_RESULTS = (
    "payment_results r JOIN disbursements d ON d.id = r.order_id JOIN claims c ON c.id = d.claim_id "
    "JOIN organisations o ON o.id = c.applicant_id"
)


_OVERDUE_CLAWBACKS = Pending(
    "budgets.overdue_clawback",
    lazy("逾期未缴回的追回"),
    lazy("去催缴"),
    "/desk/clawbacks/{key}",
    "/desk/clawbacks?overdue=yes",
    "clawbacks w JOIN claims c ON c.id = w.claim_id JOIN organisations o ON o.id = c.applicant_id "
    f"CROSS JOIN v WHERE w.status = '{ClawbackStatus.CONFIRMED}' AND w.due_on < v.today",
    key="w.number",
    number="w.number",
    title="o.name",
    due="w.due_on",
    since="w.decided_at",
    amount="w.amount",
)


def pending(actor: Actor) -> list[Pending]:
    """Return what the officer demands back, the rechecker confirms and releases, the approver decides."""
    if not actor.may(AccountAct.SEE_DESK):
        return []
    parts: list[Pending] = []
    if Role.OFFICER in actor.roles:
        parts.append(_OVERDUE_CLAWBACKS)
    if Role.RECHECKER in actor.roles:
        parts += _to_recheck()
    if Role.APPROVER in actor.roles:
        parts += _to_approve()
    return parts


def _to_recheck() -> list[Pending]:
    return [
        Pending(
            "budgets.run",
            lazy("待签署的年度核算"),
            lazy("去签署"),
            "/desk/runs/{key}",
            "/desk/runs",
            "year_runs y JOIN programmes p ON p.id = y.programme_id CROSS JOIN v "
            f"WHERE y.stage = '{RunStage.RECHECK}' AND y.verdict IS NULL "
            "AND y.proposed_by_id IS DISTINCT FROM v.user_id",
            key="y.id",
            title="p.name",
            number="y.year",
            since="y.proposed_at",
        ),
        Pending(
            "budgets.instruction",
            lazy("待放行指令"),
            lazy("去放行"),
            "/desk/instructions/{key}",
            "/desk/instructions?status=waiting",
            "payment_instructions i WHERE i.verdict IS NULL",
            key="i.number",
            number="i.number",
            since="i.proposed_at",
            amount="i.total",
        ),
        Pending(
            "budgets.result",
            lazy("待确认银行结果"),
            lazy("去确认"),
            "/desk/disbursements/{key}",
            "/desk/results",
            f"{_RESULTS} WHERE r.verdict IS NULL",
            key="d.number",
            number="d.number",
            title="o.name",
            since="r.proposed_at",
            amount="d.amount",
        ),
        Pending(
            "budgets.return",
            lazy("待确认缴回"),
            lazy("去确认"),
            "/desk/clawbacks/{key}",
            "/desk/clawbacks?receipts=waiting",
            "clawback_receipts r JOIN clawbacks w ON w.id = r.clawback_id JOIN claims c ON c.id = w.claim_id "
            "JOIN organisations o ON o.id = c.applicant_id WHERE r.verdict IS NULL",
            key="w.number",
            number="w.number",
            title="o.name",
            since="r.proposed_at",
            amount="r.amount",
        ),
        Pending(
            "budgets.list",
            lazy("待列入批次"),
            lazy("去列入"),
            "/desk/batches",
            "/desk/batches",
            "claims c JOIN organisations o ON o.id = c.applicant_id WHERE c.batch_id IS NULL "
            f"AND c.status IN ('{ClaimStatus.RECHECKED}', '{ClaimStatus.REVIEWED}')",
            number="c.number",
            title="o.name",
            since="c.updated_at",
            amount="c.award_amount",
        ),
        _batches("budgets.confirm", lazy("待确认批次"), lazy("去确认"), BatchStatus.DRAFT),
    ]


def _to_approve() -> list[Pending]:
    return [
        Pending(
            "budgets.reversal",
            lazy("待批准结果撤销"),
            lazy("去批准"),
            "/desk/disbursements/{key}",
            "/desk/results",
            f"{_RESULTS} JOIN payment_result_reversals e ON e.result_id = r.id WHERE e.verdict IS NULL",
            key="d.number",
            number="d.number",
            title="o.name",
            since="e.proposed_at",
            amount="d.amount",
        ),
        Pending(
            "budgets.terms",
            lazy("待发布规则"),
            lazy("去看"),
            "/desk/terms",
            "/desk/terms",
            "programme_terms t JOIN programmes p ON p.id = t.programme_id "
            f"WHERE t.status = '{TermsStatus.DRAFT}'",
            title="p.name",
            number="t.version",
            since="t.proposed_at",
        ),
        Pending(
            "budgets.clawback",
            lazy("待确认追回"),
            lazy("去确认"),
            "/desk/clawbacks/{key}",
            "/desk/clawbacks?status=started",
            "clawbacks w JOIN claims c ON c.id = w.claim_id JOIN organisations o ON o.id = c.applicant_id "
            f"WHERE w.status = '{ClawbackStatus.STARTED}'",
            key="w.number",
            number="w.number",
            title="o.name",
            since="w.proposed_at",
            amount="w.amount",
        ),
        Pending(
            "budgets.handover",
            lazy("待确认移送"),
            lazy("去确认"),
            "/desk/clawbacks/{key}",
            "/desk/clawbacks?status=confirmed",
            "clawback_handovers h JOIN clawbacks w ON w.id = h.clawback_id "
            "JOIN claims c ON c.id = w.claim_id JOIN organisations o ON o.id = c.applicant_id "
            "WHERE h.verdict IS NULL",
            key="w.number",
            number="w.number",
            title="o.name",
            since="h.proposed_at",
            amount="w.amount",
        ),
        Pending(
            "budgets.rate",
            lazy("待确认追回利率"),
            lazy("去确认"),
            "/desk/rates",
            "/desk/rates",
            "interest_rates r WHERE r.verdict IS NULL",
            number="r.begins_on",
            title="r.announcement",
            since="r.proposed_at",
        ),
        _batches("budgets.approve", lazy("待批准批次"), lazy("去批准"), BatchStatus.CLEARED),
    ]


def _batches(kind: str, what: Lazy, verb: Lazy, status: BatchStatus) -> Pending:
    return Pending(
        kind,
        what,
        verb,
        "/desk/batches/{key}",
        f"/desk/batches?status={status}",
        f"batches b WHERE b.status = '{status}'",
        key="b.number",
        number="b.number",
        title="b.title",
        since="b.created_at",
        amount="(SELECT sum(c.award_amount) FROM claims c WHERE c.batch_id = b.id)",
    )


async def budget_left(actor: Actor, now: datetime) -> Worklist:
    """Return what this year's confirmed budgets still have."""
    if not actor.may(AccountAct.SEE_DESK):
        return Worklist()
    year = local_date(now).year
    budgets = await list_budgets_of(year)
    left = sum(row.available for row in budgets if row.budget.is_confirmed)
    words = _("%(year)s 年预算余额", year=year)
    return Worklist(figures=[Figure(words, f"/desk/budgets?year={year}", left, Unit.FEN, "")] if left else [])


def recent(actor: Actor) -> list[Recent]:
    """Return lists, disbursements and clawbacks, for those who work at the desk."""
    if not actor.may(AccountAct.SEE_DESK):
        return []
    applicant = (
        "(SELECT o.name FROM claims c JOIN organisations o ON o.id = c.applicant_id WHERE c.id = r.claim_id)"
    )
    return [
        Recent("batch", "batches r", "/desk/batches/{key}", title="r.title"),
        Recent("disbursement", "disbursements r", "/desk/disbursements/{key}", title=applicant),
        Recent("clawback", "clawbacks r", "/desk/clawbacks/{key}", title=applicant),
    ]
