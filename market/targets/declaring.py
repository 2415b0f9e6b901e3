"""A unit declares a deed that was found, a city's office checks it or returns it."""

from __future__ import annotations

from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import MemberRole, StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import SamePerson, Verdict, decide
from market.records.transitions import transition
from market.targets.cities import may_check, unit_of_city
from market.targets.criteria import Criterion, answers, failed, lacks_statement, unmet
from market.targets.models import Deed, DeedStatement
from market.targets.queries import facts_of, last_statement, lock_deed
from market.targets.states import DeedAction, DeedVerb, TargetAct

PAPER = "deed_paper"
"""The kind of file that proves what a unit states."""
WRITERS = {MemberRole.ADMIN, MemberRole.AGENT}
KIND = Deed.record_kind


@atomic()
async def declare_deed(number: str, text: str, blob: StoredBlob | None, *, by: By) -> Deed:
    """Declare a deed for its unit; what records do not tell is stated with a paper.

    Raises:
        NotFound: there is none of the person's unit.
        Invalid: at `text` or `file`, which are needed where records do not show that it was fulfilled.
        Conflict: a criterion is not met, or it is not to be declared now.
    """
    by.actor.require(TargetAct.DECLARE_DEED)
    deed = await _lock_own(by.actor, number)
    facts = await facts_of(deed)
    criteria = answers(facts)
    if obstacles := failed(criteria):
        raise Conflict(_("不能申报：%(why)s。", why=_words(obstacles)))
    if lacks_statement(criteria, facts.stated) or text or blob is not None:
        await _state(deed, text, blob, by=by)
    await transition(
        deed, DeedAction.DECLARE, by=by, changes={"declared_by_id": by.actor.user_id}, number=number
    )
    unit = await unit_of_city(deed.city)
    words = _("申报的重大成果转化等您审核：%(title)s。", title=deed.contract.name)
    if unit is not None:
        await notify(
            words,
            now=by.now,
            address=f"/deeds/{number}",
            organisation_id=unit.organisation_id,
            roles=WRITERS,
        )
    else:
        await notify_staff(StaffRole.OPERATOR, words, now=by.now, address=f"/deeds/{number}")
    return deed


@atomic()
async def withdraw_deed(number: str, *, by: By) -> Deed:
    """Take a declaration back before it is checked; what was stated stays and may be used again.

    Raises:
        NotFound: there is none of the person's unit.
        ActionNotAllowed: it is checked already.
    """
    by.actor.require(TargetAct.DECLARE_DEED)
    deed = await _lock_own(by.actor, number)
    return await transition(deed, DeedAction.WITHDRAW, by=by, number=number)


@atomic()
async def check_deed(number: str, *, by: By) -> Deed:
    """Pass a declared deed on to the province, and confirm what its unit stated, for the city's office.

    Raises:
        NotFound: the person does not check deeds of its city.
        Conflict: a criterion is not met.
        SamePerson: the person declared it.
        Conflicted: the person has a common past with a party.
    """
    deed = await _lock_to_check(number, by=by)
    if obstacles := unmet(answers(await facts_of(deed))):
        raise Conflict(_("不能通过：%(why)s。", why=_words(obstacles)))
    await _decide_statement(deed, Verdict.CONFIRMED, "", by=by)
    return await transition(
        deed, DeedAction.CHECK, by=by, changes={"checked_by_id": by.actor.user_id}, number=number
    )


@atomic()
async def return_deed(number: str, reason: str, *, by: By) -> Deed:
    """Return a declared deed to its unit, and reject what it stated, for the city's office.

    Raises:
        NotFound: the person does not check deeds of its city.
        Invalid: at `reason`, which is needed.
        SamePerson: the person declared it.
    """
    deed = await _lock_to_check(number, by=by)
    if len(reason) < 2:
        raise Invalid(_("退回时请写明理由。"), field="reason")
    await _decide_statement(deed, Verdict.REJECTED, reason, by=by)
    await transition(deed, DeedAction.RETURN, by=by, note=reason, number=number)
    await notify(
        _("申报的重大成果转化被退回：%(title)s。%(reason)s", title=deed.contract.name, reason=reason),
        now=by.now,
        address=f"/deeds/{number}",
        organisation_id=deed.unit_id,
        roles=WRITERS,
    )
    return deed


async def _lock_own(actor: Actor, number: str) -> Deed:
    deed = await lock_deed(number)
    if not actor.acts_for(deed.unit_id):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    return deed


async def _lock_to_check(number: str, *, by: By) -> Deed:
    by.actor.require(TargetAct.CHECK_DEED)
    deed = await lock_deed(number)
    if not await may_check(by.actor, deed.city):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    if by.actor.user_id == deed.declared_by_id:
        raise SamePerson(_("申报的人不能审核，请由另一人办理。"))
    if by.actor.organisation_id in (deed.seller_id, deed.buyer_id):
        raise Forbidden(_("当事的单位不能审核自己的申报。"))
    await require_unrelated(by, [deed.seller_id, deed.buyer_id])
    return deed


async def _state(deed: Deed, text: str, blob: StoredBlob | None, *, by: By) -> DeedStatement:
    if len(text) < 10:
        raise Invalid(_("请写明成果在哪里使用、从什么时候开始（至少 10 个字）。"), field="text")
    if blob is None:
        raise Invalid(_("请附上证明，例如投产记录或验收单。"), field="file")
    existing = await last_statement(deed.id)
    if existing is not None and existing.verdict is None:
        raise Conflict(_("上次填报的证明还在审核，可以直接申报，不必再附。"))
    file = await attach(blob, subject_kind=KIND, subject_id=deed.id, kind=PAPER, tier=Tier.PARTIES, by=by)
    statement = await DeedStatement.create(
        id=uuid4(),
        deed_id=deed.id,
        text=text,
        file_id=file.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(KIND, deed.id, DeedVerb.STATE, by=by, statement=statement.id, sha256=file.sha256)
    return statement


async def _decide_statement(deed: Deed, verdict: Verdict, reason: str, *, by: By) -> None:
    existing = await last_statement(deed.id)
    if existing is None or existing.verdict is not None:
        return
    statement = await DeedStatement.filter(id=existing.id).select_for_update().get()
    await decide(statement, verdict, by=by, reason=reason)
    await record(
        KIND, deed.id, DeedVerb.DECIDE_STATEMENT, by=by, statement=statement.id, verdict=verdict.value
    )


def _words(criteria: list[Criterion]) -> str:
    return "；".join(f"{criterion.label}：{criterion.words}" for criterion in criteria)
