"""What waits in this room: an applicant's supplements and drafts, and the work of each role of the desk."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.claims.queries import shown_status_sql
from market.claims.states import ENDED, WORKFLOW, ClaimAct, ClaimAction, ClaimStatus
from market.deals.states import DealStatus
from market.kit.i18n import Lazy, lazy
from market.kit.worklist import Pending, Recent, Standing
from market.panels.states import PanelAct

_CLAIMS = "claims c JOIN organisations o ON o.id = c.applicant_id CROSS JOIN v"
_OWN = f"{_CLAIMS} WHERE c.applicant_id = v.organisation_id AND c.status = '{{status}}'"
_UNJUDGED = (
    "claims c WHERE c.status = 'accepted' "
    "AND NOT EXISTS (SELECT 1 FROM round_items i JOIN rounds r ON r.id = i.round_id "
    "WHERE i.subject_id = c.id AND r.subject_kind = 'claim' AND r.status <> 'discarded' "
    "AND NOT EXISTS (SELECT 1 FROM result_objections b WHERE b.item_id = i.id AND b.verdict = 'confirmed')) "
    "AND NOT EXISTS (SELECT 1 FROM panels p WHERE p.subject_id = c.id AND p.subject_kind = 'claim' "
    "AND p.concluded_at IS NOT NULL)"
)
"""As `round_claims` offers them for a round."""
_ENDED = ", ".join(f"'{status}'" for status in sorted(ENDED))
_CLAIMED = (
    "SELECT 1 FROM claim_contracts l JOIN claims c ON c.id = l.claim_id WHERE l.contract_id = k.id "
    "AND c.applicant_id = v.organisation_id AND c.status NOT IN "
)
_UNCLAIMED = (
    "contracts k JOIN deals d ON d.id = k.deal_id CROSS JOIN v WHERE d.buyer_id = v.organisation_id "
    f"AND k.registration_number IS NOT NULL AND k.currency = 'CNY' AND d.status <> '{DealStatus.RESCINDED}' "
    f"AND NOT EXISTS ({_CLAIMED} ({_ENDED}))"
)


def pending(actor: Actor) -> list[Pending]:
    """Return what waits for the applicant, the officer, the rechecker or the approver."""
    if actor.may(AccountAct.SEE_DESK):
        return [part for role, parts in _of_the_desk().items() if role in actor.roles for part in parts]
    if actor.may(ClaimAct.WRITE_CLAIM) and actor.may_buy:
        return [
            _own("claims.supplement", lazy("补正申报"), lazy("去补正"), ClaimStatus.SUPPLEMENT),
            _own("claims.draft", lazy("提交申报草稿"), lazy("接着写"), ClaimStatus.DRAFT),
        ]
    return []


def _own(kind: str, what: Lazy, verb: Lazy, status: ClaimStatus) -> Pending:
    return Pending(
        kind,
        what,
        verb,
        "/claims/{key}",
        f"/claims?status={status}",
        _OWN.format(status=status),
        key="c.number",
        number="c.number",
        title="(SELECT name FROM programmes p WHERE p.id = c.programme_id)",
        due="c.supplement_due_on" if status is ClaimStatus.SUPPLEMENT else "NULL",
        since="c.updated_at",
        amount="c.award_amount",
    )


def _of_the_desk() -> dict[Role, list[Pending]]:
    rejectable = ", ".join(f"'{status}'" for status in WORKFLOW.sources(ClaimAction.REJECT))
    refused = "SELECT 1 FROM claim_refusals f WHERE f.claim_id = c.id AND f.verdict IS NULL"
    refusal = f"c.status IN ({rejectable}) AND EXISTS ({refused})"
    payee = "EXISTS (SELECT 1 FROM claim_payee_changes g WHERE g.claim_id = c.id AND g.verdict IS NULL)"
    return {
        Role.OFFICER: [
            _at_desk("claims.accept", lazy("待受理"), lazy("去受理"), ClaimStatus.SUBMITTED),
            _at_desk("claims.calculate", lazy("待核算"), lazy("去核算"), ClaimStatus.ACCEPTED),
            _at_desk("claims.order", lazy("待下达拨付"), lazy("去下达"), ClaimStatus.APPROVED),
            _at_desk("claims.pay", lazy("待拨付"), lazy("去办理"), ClaimStatus.TO_PAY),
        ],
        Role.RECHECKER: [
            _at_desk("claims.recheck", lazy("待复核"), lazy("去复核"), ClaimStatus.CALCULATED),
            _where("claims.refusal", lazy("待决定的不予支持"), lazy("去决定"), "refusal=waiting", refusal),
        ],
        Role.APPROVER: [
            _where("claims.payee", lazy("待批准收款账户变更"), lazy("去批准"), "", payee),
        ],
    }


def _at_desk(kind: str, what: Lazy, verb: Lazy, status: ClaimStatus) -> Pending:
    return _where(kind, what, verb, f"status={status}", f"c.status = '{status}'")


def _where(kind: str, what: Lazy, verb: Lazy, query: str, condition: str) -> Pending:
    return Pending(
        kind,
        what,
        verb,
        "/desk/{key}",
        f"/desk?{query}" if query else "/desk",
        f"{_CLAIMS} WHERE c.submitted_at IS NOT NULL AND {condition}",
        key="c.number",
        number="c.number",
        title="o.name",
        since="c.submitted_at",
        amount="c.award_amount",
    )


def standing(actor: Actor, now: datetime) -> list[Standing]:
    """Return how many claims are before the public and paid, or may be put into a round."""
    if actor.may(AccountAct.SEE_DESK):
        shown = shown_status_sql("c")
        return [
            Standing(
                label,
                f"/desk?status={status}",
                f"claims c WHERE {shown} = '{status}' AND c.submitted_at IS NOT NULL",
            )
            for label, status in (
                (lazy("公示中的申报"), ClaimStatus.PUBLICITY),
                (lazy("已拨付的申报"), ClaimStatus.PAID),
            )
        ]
    if actor.may(ClaimAct.WRITE_CLAIM) and actor.may_buy:
        return [Standing(lazy("已登记，还没申报的合同"), "/claims/new", _UNCLAIMED)]
    if actor.may(PanelAct.RUN_ROUNDS):
        return [Standing(lazy("可列入评审的申报"), "/admin/rounds/new", _UNJUDGED)]
    return []


def recent(actor: Actor) -> list[Recent]:
    """Return claims, at the desk for those who work there."""
    page = "/desk/{key}" if actor.may(AccountAct.SEE_DESK) else "/claims/{key}"
    name = "(SELECT p.name FROM programmes p WHERE p.id = r.programme_id)"
    own = "r.applicant_id = v.organisation_id"
    return [Recent("claim", "claims r", page, title=name, is_shared=own)]
