"""The three ways into a deal, the agreement to be introduced, and how many organisations are interested."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.accounts.models import OrganisationKind
from market.audit.log import record
from market.codes.numbers import next_number
from market.deals.messages import notify_both_parties
from market.deals.models import Deal, Introduction, Opening, Side
from market.deals.parties import contacts_visible, has_agreed
from market.deals.queries import lock_deal_for
from market.deals.states import BEFORE_SIGNING, DealAct, DealStatus, DealVerb
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Forbidden, NotFound
from market.kit.i18n import gettext as _
from market.listings import lifecycle
from market.listings.holds import require_not_held
from market.listings.models import Need, Outcome
from market.listings.queries import get_need_for, get_outcome_for
from market.listings.states import LIVE
from market.matching import match_acts as matching
from market.matching.models import Match
from market.matching.states import MatchAction, MatchStatus
from market.records.by import By
from market.records.transitions import begin
from market.search.outbox import enqueue


class AlreadyDealing(Conflict):
    """The buyer has a running deal about this outcome."""


@atomic()
async def open_interest(outcome_number: str, note: str, *, by: By) -> Deal:
    """Open a deal about an outcome for the interested buyer (意向洽谈) and notify the seller.

    Raises:
        Forbidden: the person's organisation cannot buy.
        Conflict: the outcome comes from open data; its owner has no account.
        AlreadyDealing: it has a running deal about the outcome.
    """
    by.actor.require(DealAct.OPEN_DEAL)
    if not by.actor.may_buy or by.actor.organisation_id is None:
        raise Forbidden(_("意向洽谈由已认证的企业或农民合作社发起。"))
    outcome = await get_outcome_for(by.actor, outcome_number)
    if outcome.organisation.kind is OrganisationKind.SOURCE:
        raise Conflict(_("这项成果来自外部公开数据，持有单位还没有入驻，暂时不能在线洽谈。"))
    deal = await _open(
        Opening.INTEREST,
        outcome,
        None,
        buyer_id=by.actor.organisation_id,
        note=note,
        agreed=Side.BUYER,
        by=by,
    )
    await notify(
        _("收到意向洽谈：%(title)s。同意对接后双方可见联系方式。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=deal.seller_id,
    )
    return deal


@atomic()
async def open_response(need_number: str, outcome_number: str, note: str, *, by: By) -> Deal:
    """Open a deal about a need for the seller who can solve it (我能解决) with an outcome of theirs.

    Raises:
        Forbidden: the person's organisation cannot sell.
        NotFound: the outcome is not theirs.
        AlreadyDealing: the two have a running deal about the outcome; of a masked need, only about this need.
    """
    by.actor.require(DealAct.OPEN_DEAL)
    if not by.actor.may_sell:
        raise Forbidden(_("您的单位还不能提供成果。"))
    need = await get_need_for(by.actor, need_number)
    outcome = await get_outcome_for(by.actor, outcome_number)
    if not by.actor.acts_for(outcome.organisation_id):
        raise NotFound(_("没有这项成果，或者不是您单位的。"))
    deal = await _open(
        Opening.RESPONSE,
        outcome,
        need,
        buyer_id=need.organisation_id,
        note=note,
        agreed=Side.SELLER,
        by=by,
    )
    await notify(
        _("有单位表示能解决您的需求：%(title)s。", title=need.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=deal.buyer_id,
    )
    return deal


@atomic()
async def introduce(
    match_id: UUID,
    commission_basis_points: int,
    note: str,
    *,
    payer: Side = Side.SELLER,
    mandate: str = "",
    by: By,
) -> Deal:
    """Introduce the two sides of a match that the broker has taken up.

    The introduction is time-stamped with the mandate and the commission before any contact is revealed,
    and immutable; `payer` agrees to the commission by agreeing to be introduced. The
    broker stays on the deal.

    Raises:
        NotFound: the broker has not taken up the match.
        AlreadyDealing: the two have a running deal about the outcome.
    """
    by.actor.require(DealAct.INTRODUCE)
    match = await Match.select_for_update().get_or_none(id=match_id)
    if match is None or match.broker_id != by.actor.user_id:
        raise NotFound(_("没有这条对接，或者不是您接手的。"))
    if match.status is not MatchStatus.ASSIGNED or await Introduction.exists(match_id=match_id):
        raise Conflict(_("这条对接已经引荐过，或者已经结束。"))
    await match.fetch_related("need__organisation", "outcome__organisation")
    deal = await _open(
        Opening.INTRODUCTION,
        match.outcome,
        match.need,
        buyer_id=match.need.organisation_id,
        note=note,
        agreed=None,
        by=by,
        match=match,
    )
    await Introduction.create(
        id=uuid4(),
        match_id=match_id,
        deal_id=deal.id,
        broker_id=by.actor.user_id,
        commission_basis_points=commission_basis_points,
        payer=payer,
        mandate=mandate,
        note=note,
        introduced_at=by.now,
    )
    await record(
        "deal",
        deal.id,
        DealVerb.INTRODUCE,
        by=by,
        match=match_id,
        commission_basis_points=commission_basis_points,
    )
    await notify_both_parties(
        deal,
        _("技术经纪人为您引荐：%(title)s。双方同意后可见联系方式。", title=deal.title),
        now=by.now,
    )
    return deal


@atomic()
async def agree_introduction(number: str, *, by: By) -> Deal:
    """Agree to the introduction for the person's side. Idempotent.

    When both have agreed, contacts and masked names are revealed to each other. Who owes the broker's
    commission agrees to it with this act.

    Raises:
        Conflict: the deal has ended.
    """
    by.actor.require(DealAct.OPEN_DEAL)
    deal, side = await lock_deal_for(by.actor, number)
    if has_agreed(deal, side):
        return deal
    if deal.status is not DealStatus.INTENT:
        raise Conflict(_("这笔交易已经终止。"))
    column = f"{side}_agreed_at"
    setattr(deal, column, by.now)
    await deal.save(update_fields=[column])
    await record("deal", deal.id, DealVerb.AGREE_INTRODUCTION, by=by, side=side)
    await reindex_after_agreement(deal, side)
    await Introduction.filter(deal_id=deal.id, payer=side, agreed_at=None).update(
        agreed_at=by.now, agreed_by_id=by.actor.user_id
    )
    if contacts_visible(deal):
        if deal.match_id:
            await matching.transition_match(deal.match_id, MatchAction.TALK, now=by.now)
        await notify_both_parties(
            deal,
            _("双方已同意对接，可以看联系方式和报价：%(title)s。", title=deal.title),
            now=by.now,
        )
    return deal


async def _open(
    opening: Opening,
    outcome: Outcome,
    need: Need | None,
    *,
    buyer_id: UUID,
    note: str,
    agreed: Side | None,
    by: By,
    match: Match | None = None,
) -> Deal:
    """Create the deal. The row lock on the outcome serialises concurrent openings."""
    await Outcome.select_for_update().get(id=outcome.id)
    if outcome.status not in LIVE or (need is not None and need.status not in LIVE):
        raise Conflict(_("这条信息已经不在架，不能再洽谈。"))
    await require_not_held("outcome", outcome.id)
    if outcome.organisation_id == buyer_id:
        raise Conflict(_("供需双方是同一单位，不能成为交易。"))
    between_them = Deal.filter(outcome_id=outcome.id, buyer_id=buyer_id, status__in=list(BEFORE_SIGNING))
    if need is not None and need.is_masked and opening is Opening.RESPONSE:
        # A refusal would tell the seller who is behind the mask: a second deal of the two is let be.
        between_them = between_them.filter(need_id=need.id)
    running = await between_them.order_by("number").first()
    if running is not None:
        raise AlreadyDealing(_("关于这项成果已有一笔进行中的交易 %(number)s。", number=running.number))
    if match is None and need is not None:
        match = await Match.get_or_none(need_id=need.id, outcome_id=outcome.id)
    deal = await Deal.create(
        id=uuid4(),
        number=await next_number("deal", by.now),
        title=outcome.title,
        opening=opening,
        opening_note=note,
        subject_kind="outcome",
        subject_id=outcome.id,
        outcome_id=outcome.id,
        need_id=need.id if need else None,
        match_id=match.id if match else None,
        seller_id=outcome.organisation_id,
        buyer_id=buyer_id,
        broker_id=match.broker_id if match else None,
        seller_agreed_at=by.now if agreed is Side.SELLER else None,
        buyer_agreed_at=by.now if agreed is Side.BUYER else None,
        created_at=by.now,
        updated_at=by.now,
    )
    await begin(deal, by=by)
    await record("deal", deal.id, DealVerb.OPEN, by=by, opening=opening, number=deal.number)
    if agreed is not None:
        await reindex_after_agreement(deal, agreed)
    if match is not None:
        await matching.transition_match(match.id, MatchAction.INTEREST, now=by.now)
    if need is not None:
        await lifecycle.mark_matching(need.id, by=by)
    return deal


async def count_interests(outcome_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return by outcome the number of organisations that agreed to negotiate as its buyer."""
    return await _count("outcome_id", "buyer", outcome_ids)


async def count_responses(need_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return by need the number of organisations that agreed to negotiate as its seller."""
    return await _count("need_id", "seller", need_ids)


async def reindex_after_agreement(deal: Deal, side: Side) -> None:
    """Enqueue the listing for the search index if this side's organisation was not counted before."""
    index, column = ("outcomes", "outcome_id") if side is Side.BUYER else ("needs", "need_id")
    listing_id: UUID | None = getattr(deal, column)
    if listing_id is None:
        return
    same = {column: listing_id, f"{side}_id": getattr(deal, f"{side}_id"), f"{side}_agreed_at__isnull": False}
    if not await Deal.filter(**same).exclude(id=deal.id).exists():
        await enqueue(index, listing_id)


async def _count(column: str, side: str, ids: Collection[UUID]) -> dict[UUID, int]:
    rows = await connection().execute_query_dict(
        f"SELECT {column} AS id, count(DISTINCT {side}_id) AS n FROM deals "  # noqa: S608  # constants
        f"WHERE {column} = ANY($1::uuid[]) AND {side}_agreed_at IS NOT NULL GROUP BY 1",
        [list(ids)],
    )
    return {UUID(str(row["id"])): int(row["n"]) for row in rows}


async def outcome_document_facts(outcomes: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return by outcome the facts that its search document takes from deals."""
    counts = await count_interests([outcome.id for outcome in outcomes])
    return {outcome.id: {"interests": counts.get(outcome.id, 0)} for outcome in outcomes}


async def need_document_facts(needs: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return by need the facts that its search document takes from deals."""
    counts = await count_responses([need.id for need in needs])
    return {need.id: {"responses": counts.get(need.id, 0)} for need in needs}
