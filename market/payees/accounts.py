"""The account an organisation is paid to: proposed with its proof, decided on by a second person of it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole, Membership, Organisation
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.payees.fingerprints import fingerprint
from market.payees.models import PayeeAccount
from market.payees.queries import account_in_force, latest_account
from market.payees.states import PayeeAct, PayeeVerb
from market.records.by import By
from market.records.decisions import Verdict, decide

SUBJECT = "payee_account"
PROOF = "account_proof"


@atomic()
async def propose_account(
    bank_name: str, number: str, proof: StoredBlob, *, bank_code: str = "", secret: str, by: By
) -> PayeeAccount:
    """Propose a new version of the account of the actor's organisation, with its proof.

    All administrators are told at once, so that a version that is not theirs is noticed. `secret` keys the
    hash that stands for the number in the audit log.

    Raises:
        Invalid: at `number`: it is the account in force, or the one that waits already.
    """
    by.actor.require(PayeeAct.PROPOSE_ACCOUNT)
    organisation = await _lock_own(by.actor)
    latest = await latest_account(organisation.id)
    if (
        latest is not None
        and not latest.is_rejected
        and latest.proof_id is not None
        and (latest.bank_name, latest.bank_code, latest.number) == (bank_name, bank_code, number)
    ):
        raise Invalid(_("与现在的收款账户相同，不用再提交。"), field="number")
    account_id = uuid4()
    file = await attach(
        proof, subject_kind=SUBJECT, subject_id=account_id, kind=PROOF, tier=Tier.PARTIES, by=by
    )
    account = await PayeeAccount.create(
        id=account_id,
        organisation_id=organisation.id,
        sequence=latest.sequence + 1 if latest else 1,
        bank_name=bank_name,
        bank_code=bank_code,
        number=number,
        fingerprint=fingerprint(number, secret),
        proof_id=file.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record_account(
        PayeeVerb.PROPOSE_ACCOUNT, account, by=by, proof=file.sha256, bank=bank_name, bank_code=bank_code
    )
    text = (
        _("收款账户（%(account)s）待本单位第二人确认；不是本单位提交的，请立即退回。", account=account.masked)
        if await has_second_person(account)
        else _("收款账户（%(account)s）已提交，由主管部门比对证明。", account=account.masked)
    )
    await _notify_administrators(account, text, by=by)
    return account


@atomic()
async def confirm_account(account_id: UUID, *, by: By) -> PayeeAccount:
    """Confirm an account as a second person of the organisation; from then on it is in force.

    Raises:
        SamePerson: the actor proposed it.
        Conflict: it was decided before, a later version replaced it, or it has no proof.
    """
    account = await _lock_to_decide(account_id, by.actor)
    await put_in_force(account, by=by)
    return account


@atomic()
async def reject_account(account_id: UUID, *, reason: str, by: By) -> PayeeAccount:
    """Reject an account as a second person of the organisation, with the reason.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: there is no reason.
        Conflict: it was decided before.
    """
    account = await _lock_to_decide(account_id, by.actor)
    await put_out(account, reason=reason, by=by)
    return account


async def put_in_force(account: PayeeAccount, *, by: By) -> None:
    """Write the second person's confirmation of a locked account, and tell whoever depends on it."""
    before = await account_in_force(account.organisation_id)
    await decide(account, Verdict.CONFIRMED, by=by, refusal=_("提交收款账户的人不能自己确认。"))
    await record_account(PayeeVerb.CONFIRM_ACCOUNT, account, before, by=by)
    text = _("收款账户已变更为 %(account)s。", account=account.masked)
    await _notify_administrators(account, text, by=by)
    for listener in rooms().payee_listeners:
        await listener(before, account, by)


async def put_out(account: PayeeAccount, *, reason: str, by: By) -> None:
    """Write the second person's rejection of a locked account."""
    refusal = _("提交收款账户的人不能自己确认。")
    await decide(account, Verdict.REJECTED, by=by, reason=reason, refusal=refusal)
    await record_account(PayeeVerb.REJECT_ACCOUNT, account, by=by)
    text = _("收款账户（%(account)s）被退回：%(reason)s", account=account.masked, reason=reason)
    await _notify_administrators(account, text, by=by)


async def record_account(
    verb: PayeeVerb, account: PayeeAccount, before: PayeeAccount | None = None, *, by: By, **data: str
) -> None:
    """Write an act on an account into the organisation's audit log: numbers masked and as keyed hashes."""
    old = {"old_account": before.masked, "old_hash": before.fingerprint} if before else {}
    await record(
        "organisation",
        account.organisation_id,
        verb,
        by=by,
        version=account.sequence,
        account=account.masked,
        account_hash=account.fingerprint,
        **old,
        **data,
    )


async def require_latest(account: PayeeAccount) -> None:
    """Raise unless a locked account may still be decided on.

    Raises:
        Conflict: a later version replaced it, or it has no proof.
    """
    latest = await latest_account(account.organisation_id)
    if latest is None or latest.id != account.id:
        raise Conflict(_("已提交更新的收款账户，请刷新后再看。"))
    if account.proof_id is None:
        raise Conflict(_("这个账户没有证明，请附证明重新提交。"))


async def lock_account(account_id: UUID) -> PayeeAccount:
    """Lock the organisation, then the account: the order in which all who change accounts do.

    Raises:
        NotFound: there is none.
    """
    account = await PayeeAccount.get_or_none(id=account_id)
    if account is None:
        raise NotFound(_("没有这个收款账户，或者您不能查看它。"))
    await lock_organisations([account.organisation_id])
    return await PayeeAccount.filter(id=account_id).select_for_update().get()


async def lock_organisations(ids: Collection[UUID]) -> None:
    """Hold the accounts of organisations as they are until the transaction ends."""
    await Organisation.filter(id__in=list(ids)).order_by("id").select_for_update()


async def has_second_person(account: PayeeAccount) -> bool:
    """Return whether the organisation has anybody beside who proposed the account."""
    members = Membership.active(organisation_id=account.organisation_id, user__is_active=True)
    return await members.exclude(user_id=account.proposed_by_id).exists()


async def _lock_own(actor: Actor) -> Organisation:
    organisation = await Organisation.filter(id=actor.organisation_id).select_for_update().first()
    if organisation is None or not actor.acts_for(organisation.id):
        raise Forbidden(_("收款账户由已认证的单位登记。"))
    return organisation


async def _lock_to_decide(account_id: UUID, actor: Actor) -> PayeeAccount:
    actor.require(PayeeAct.CONFIRM_ACCOUNT)
    account = await lock_account(account_id)
    if not actor.acts_for(account.organisation_id):
        raise NotFound(_("没有这个收款账户，或者您不能查看它。"))
    await require_latest(account)
    return account


async def _notify_administrators(account: PayeeAccount, text: str, *, by: By) -> None:
    await notify(
        text,
        now=by.now,
        address="/account/payee",
        organisation_id=account.organisation_id,
        roles={MemberRole.ADMIN, MemberRole.FINANCE},
        user_ids=[account.proposed_by_id] if account.proposed_by_id else [],
    )
