"""The account a claim is paid to: frozen at submission, then changed by rechecker and approver alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.claims.models import Claim, ClaimPayeeChange
from market.claims.states import ClaimAct, ClaimStatus, ClaimVerb
from market.claims.transitions import lock_claim
from market.integrity.conflicts import require_no_conflict
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.payees.accounts import has_second_person, lock_organisations
from market.payees.models import PayeeAccount
from market.payees.queries import account_in_force, latest_account
from market.records.by import By
from market.records.decisions import Verdict, decide

UNPAID = (
    *(ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED, ClaimStatus.SUPPLEMENT, ClaimStatus.CALCULATED),
    *(ClaimStatus.RECHECKED, ClaimStatus.REVIEWED, ClaimStatus.PUBLICITY, ClaimStatus.APPROVED),
    ClaimStatus.TO_PAY,
)
"""Submitted, and neither paid nor ended: an account that changes now stops the payment."""


class PayeeState(LabelEnum):
    """How the account frozen into a claim stands beside the one of its applicant; read, never stored."""

    STANDING = "standing", lazy("收款账户已核对"), "done"
    UNCONFIRMED = "unconfirmed", lazy("收款账户待核对"), "due"
    CHANGED = "changed", lazy("收款账户已变更，停止拨付"), "wrong"
    MISSING = "missing", lazy("没有收款账户"), "wrong"

    @property
    def is_payable(self) -> bool:
        return self is PayeeState.STANDING


@dataclass(frozen=True)
class ClaimPayee:
    """What the desk sees of the account of one claim."""

    state: PayeeState
    account: PayeeAccount | None
    current: PayeeAccount | None
    """The account in force, where it is another than the frozen one."""
    waiting: PayeeAccount | None
    """A later version that nobody has confirmed yet."""
    changes: list[ClaimPayeeChange]

    @property
    def open_change(self) -> ClaimPayeeChange | None:
        return next((change for change in self.changes if change.verdict is None), None)


async def freeze_payee(claim: Claim) -> PayeeAccount:
    """Freeze the account of the applicant into a claim that is being submitted, unless one is frozen.

    It is the account in force. An organisation of one person may submit with one that waits for the desk.

    Raises:
        Invalid: there is none, or its second person has not confirmed it.
    """
    if claim.payee_id is not None:
        return await PayeeAccount.get(id=claim.payee_id)
    await lock_organisations([claim.applicant_id])
    account = await account_in_force(claim.applicant_id)
    if account is None:
        latest = await latest_account(claim.applicant_id)
        if latest is None or latest.is_rejected or latest.proof_id is None:
            raise Invalid(_("请先在“收款账户”登记本单位的账户并附证明。"), field="declaration")
        if await has_second_person(latest):
            raise Invalid(_("本单位的收款账户还没有经第二人确认，确认后才能提交。"), field="declaration")
        account = latest
    claim.payee_id = account.id
    await claim.save(update_fields=["payee_id"])
    return account


async def payee_states(claim_ids: Collection[UUID]) -> dict[UUID, PayeeState]:
    """Return how the frozen account of each claim stands; a change after the payment concerns it no more."""
    rows = await connection().execute_query_dict(
        "SELECT c.id, a.id IS NULL AS is_missing, "
        "a.verdict IS NOT DISTINCT FROM 'confirmed' AS is_confirmed, "
        "c.status = ANY($2::varchar[]) AND EXISTS (SELECT 1 FROM payee_accounts b "
        "  WHERE b.organisation_id = c.applicant_id AND b.verdict = 'confirmed' "
        "  AND b.sequence > coalesce(a.sequence, 0)) AS is_changed "
        "FROM claims c LEFT JOIN payee_accounts a ON a.id = c.payee_id WHERE c.id = ANY($1)",
        [list(claim_ids), [status.value for status in UNPAID]],
    )
    return {row["id"]: _state(row["is_missing"], row["is_confirmed"], row["is_changed"]) for row in rows}


def _state(is_missing: bool, is_confirmed: bool, is_changed: bool) -> PayeeState:
    if is_missing:
        return PayeeState.MISSING
    if is_changed:
        return PayeeState.CHANGED
    return PayeeState.STANDING if is_confirmed else PayeeState.UNCONFIRMED


async def claim_payee(claim: Claim, *, has_changes: bool = True) -> ClaimPayee:
    """Return what the desk sees of the account of a claim.

    `has_changes` tells whether changes of it were ever proposed, where the caller knows.
    """
    accounts = PayeeAccount.filter(organisation_id=claim.applicant_id)
    versions = await accounts.order_by("-sequence").select_related("proof")
    account = next((version for version in versions if version.id == claim.payee_id), None)
    current = next((version for version in versions if version.is_confirmed), None)
    latest = versions[0] if versions else None
    changes = ClaimPayeeChange.filter(claim_id=claim.id).order_by("-proposed_at")
    is_later = current is not None and current.sequence > (account.sequence if account else 0)
    return ClaimPayee(
        state=_state(
            account is None, account is not None and account.is_confirmed, claim.status in UNPAID and is_later
        ),
        account=account,
        current=current if current is not None and current.id != claim.payee_id else None,
        waiting=latest
        if latest is not None and latest.verdict is None and latest.id != claim.payee_id
        else None,
        changes=await changes.select_related("before", "account", "proposed_by", "decided_by")
        if has_changes
        else [],
    )


@atomic()
async def propose_payee_change(number: str, *, by: By) -> ClaimPayeeChange:
    """Propose to pay a claim to the account that is in force now, as the rechecker; the approver decides.

    Raises:
        Conflict: the account has not changed, a change waits to be decided, or an order is under way.
    """
    by.actor.require(ClaimAct.PROPOSE_PAYEE_CHANGE)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    account = await _changed_account(claim)
    if await ClaimPayeeChange.exists(claim_id=claim.id, verdict=None):
        raise Conflict(_("这份申报的收款账户变更正待批准。"))
    change = await ClaimPayeeChange.create(
        id=uuid4(),
        claim_id=claim.id,
        before_id=claim.payee_id,
        account_id=account.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await _record(ClaimVerb.PROPOSE_PAYEE_CHANGE, claim, account, by=by)
    await notify_staff(
        StaffRole.APPROVER,
        _("申报 %(number)s 的收款账户变更待批准。", number=number),
        now=by.now,
        address=f"/desk/{number}",
    )
    return change


@atomic()
async def decide_payee_change(number: str, verdict: Verdict, *, reason: str = "", by: By) -> Claim:
    """Decide on the changed account of a claim, as the approver; confirmed, it replaces the frozen one.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: a rejection without a reason.
        Conflict: nothing waits, the account has changed again, or an order is under way.
    """
    by.actor.require(ClaimAct.DECIDE_PAYEE_CHANGE)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    change = await ClaimPayeeChange.filter(claim_id=claim.id, verdict=None).select_for_update().first()
    if change is None:
        raise NotFound(_("没有待批准的收款账户变更。"))
    refusal = _("收款账户变更的提出与批准须由两人分别完成。")
    await decide(change, verdict, by=by, reason=reason, refusal=refusal)
    account = await PayeeAccount.get(id=change.account_id)
    if verdict is Verdict.REJECTED:
        await _record(ClaimVerb.REJECT_PAYEE_CHANGE, claim, account, by=by)
        return claim
    if (await _changed_account(claim)).id != account.id:
        raise Conflict(_("收款账户又有变更，请退回后重新提出。"))
    await _record(ClaimVerb.CHANGE_PAYEE, claim, account, by=by)
    claim.payee_id = account.id
    await claim.save(update_fields=["payee_id"])
    await notify(
        _("补助申报 %(number)s 改为拨付到 %(account)s。", number=number, account=account.masked),
        now=by.now,
        address=f"/claims/{number}",
        organisation_id=claim.applicant_id,
    )
    return claim


async def on_payee_confirmed(before: PayeeAccount | None, account: PayeeAccount, by: By) -> None:
    """Log with each submitted and unpaid claim that its applicant's account changed, and tell the desk."""
    claims = await Claim.filter(
        applicant_id=account.organisation_id, status__in=list(UNPAID), submitted_at__isnull=False
    ).exclude(payee_id=account.id)
    for claim in claims:
        await _record(ClaimVerb.PAYEE_CHANGED, claim, account, by=by)
        text = _("申报 %(number)s 提交后收款账户有变更，拨付已停止，须经批准。", number=claim.number)
        for role in (StaffRole.OFFICER, StaffRole.RECHECKER):
            await notify_staff(role, text, now=by.now, address=f"/desk/{claim.number}")


async def _changed_account(claim: Claim) -> PayeeAccount:
    """Return the account in force of a locked claim, which is another than the frozen one."""
    await lock_organisations([claim.applicant_id])
    account = await account_in_force(claim.applicant_id)
    if account is None or account.id == claim.payee_id or claim.status not in UNPAID:
        raise Conflict(_("这份申报的收款账户没有变更，或者已经拨付。"))
    if await claim.disbursements.filter(status="ordered").exists():
        raise Conflict(_("这份申报有未完结的拨付，请先登记银行结果。"))
    return account


async def _record(verb: ClaimVerb, claim: Claim, account: PayeeAccount, *, by: By) -> None:
    """Write an act on the account of a claim into its log, with the account frozen before."""
    before = await PayeeAccount.get_or_none(id=claim.payee_id) if claim.payee_id else None
    await record(
        "claim",
        claim.id,
        verb,
        by=by,
        number=claim.number,
        account=account.masked,
        account_hash=account.fingerprint,
        old_account=before.masked if before else "",
        old_hash=before.fingerprint if before else "",
    )
