"""Draws of a round: under lock, from a seed that nobody knew before, stored with all that replays them."""

from __future__ import annotations

from asyncio import to_thread
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.regions import province_of
from market.experts.pool import PoolExpert, conflicts, conflicts_by_organisation, pool_experts
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.draws import seed_of
from market.kit.errors import Conflict, Invalid, MarketError
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.room import rooms
from market.panels.assigning import Infeasible
from market.panels.draw_outcomes import Outcome, carry_out
from market.panels.drawing import Short
from market.panels.panel_seats import advance, create_seats, seated_candidates
from market.panels.round_models import Redraw, Round, RoundDraw, RoundItem, Seat
from market.panels.round_rules import RoundRules, read_rules
from market.panels.round_states import RUNNING, SEATED, RoundAction, RoundStatus, RoundVerb, SeatStatus
from market.panels.rounds import lock_round, require_impartial_in, subjects_of
from market.panels.states import PanelAct
from market.panels.subjects import PanelSubject
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition

SEATED_STATES = tuple(SEATED)
DRAW_JOB = "panels.draw_experts"


@atomic()
async def ask_draw(number: str, *, by: By) -> Round:
    """Have a job draw the experts of a round: over hundreds of records it takes seconds.

    Raises:
        Conflict: it is being drawn, was drawn before, or is discarded.
        Conflicted: the operator has a conflict with a party.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    if round_.status is RoundStatus.DISCARDED:
        raise Conflict(_("这一轮评审已经作废。"))
    if round_.status is not RoundStatus.DRAFTING:
        raise Conflict(_("这一轮评审的专家已经抽取；再次抽取须写明理由，由批准人同意。"))
    await require_impartial_in((await subjects_of(round_)).values(), by)
    await transition(round_, RoundAction.ASK_DRAW, by=by, changes={"note": ""}, number=number)
    await enqueue(DRAW_JOB, lock=f"draw:{round_.id}", number=number, user_id=by.actor.user_id)
    return round_


async def run_draw(number: str, *, by: By) -> RoundDraw | None:
    """Draw as the person who asked for it; what stands in the way is told on the page. Idempotent.

    Returns:
        The draw; None: it was made before, or could not be made.
    """
    try:
        return await draw_round(number, by=by)
    except MarketError as error:
        await _put_back(number, str(error), by=by)
        return None


@atomic()
async def _put_back(number: str, words: str, *, by: By) -> None:
    """Let the rules of a round be changed that could not be drawn, and tell who asked for it."""
    round_ = await lock_round(number)
    if round_.status is not RoundStatus.DRAWING:
        return
    await transition(
        round_, RoundAction.FAIL_DRAW, by=By.job(by.now), changes={"note": words[:500]}, number=number
    )
    await notify(
        _("评审 %(number)s 没有抽出专家：%(reason)s", number=number, reason=words),
        now=by.now,
        address=f"/admin/rounds/{number}",
        user_ids=[by.actor.user_id],
    )


@atomic()
async def draw_round(number: str, *, by: By) -> RoundDraw:
    """Draw the experts of a round and their reserves, and invite them.

    The seed hangs on the audit event of this very act, whose time nobody chooses.

    Raises:
        Conflict: nobody asked for it, or it was drawn before.
        Invalid: too few experts are eligible; says of which kind, or which items lack how many.
        Conflicted: the operator has a conflict with a party.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    if round_.status is not RoundStatus.DRAWING:
        raise Conflict(str(round_.workflow.refusal))
    await require_impartial_in((await subjects_of(round_)).values(), by)
    await transition(
        round_, RoundAction.DRAW, by=by, changes={"drawn_by_id": by.actor.user_id}, number=number
    )
    drawn = await _draw(round_, salt=round_.salt, by=by)
    await create_seats(round_, drawn, by=by)
    return drawn


@atomic()
async def propose_redraw(number: str, *, reason: str, salt: str, by: By) -> Redraw:
    """Ask the approver for a further draw, which fills the seats and the places of reserves that are empty.

    Raises:
        Invalid: there is no reason or no salt.
        Conflict: nothing was drawn yet, it is over, or a redraw waits already.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    round_ = await lock_round(number)
    if round_.status not in RUNNING:
        raise Conflict(_("这一轮评审现在不能再次抽取。"))
    if len(reason.strip()) < 10:
        raise Invalid(_("请写明再次抽取的理由（至少 10 个字）。"), field="reason")
    if len(salt.strip()) < 4:
        raise Invalid(_("请填写至少 4 个字符的随机口令，抽取前人人不能预知结果。"), field="salt")
    if await Redraw.filter(round_id=round_.id, verdict=None).exists():
        raise Conflict(_("已有一份再次抽取的申请等待批准。"))
    redraw = await Redraw.create(
        id=uuid4(),
        round_id=round_.id,
        ground=reason.strip(),
        salt=salt.strip(),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(Round.record_kind, round_.id, RoundVerb.PROPOSE_REDRAW, by=by, number=number)
    await notify_staff(
        StaffRole.APPROVER,
        _("评审 %(number)s 申请再次抽取专家，请批准。", number=number),
        now=by.now,
        address=f"/admin/rounds/{number}",
    )
    return redraw


@atomic()
async def decide_redraw(redraw_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> RoundDraw | None:
    """Decide on a further draw as the approver; a confirmed one is carried out at once.

    Raises:
        SamePerson: the approver proposed it.
        AlreadyDecided: somebody decided before.
        Invalid: too few experts are eligible.
    """
    by.actor.require(PanelAct.APPROVE_REDRAW)
    number = (await Redraw.get(id=redraw_id).select_related("round")).round.number
    round_ = await lock_round(number)
    redraw = await Redraw.filter(id=redraw_id).select_for_update().get()
    if round_.status not in RUNNING:
        raise Conflict(_("这一轮评审现在不能再次抽取。"))
    await require_impartial_in((await subjects_of(round_)).values(), by)
    await decide(redraw, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        await record(Round.record_kind, round_.id, RoundVerb.REFUSE_REDRAW, by=by, number=number)
        return None
    drawn = await _draw(round_, salt=redraw.salt, by=by, redraw=redraw)
    await create_seats(round_, drawn, by=by)
    await advance(round_, by=by)
    return drawn


async def _draw(round_: Round, *, salt: str, by: By, redraw: Redraw | None = None) -> RoundDraw:
    rules = read_rules(round_.rules)
    items = await RoundItem.filter(round_id=round_.id).order_by("place")
    subjects = await subjects_of(round_)
    count = await RoundDraw.filter(round_id=round_.id).count()
    begun = await record(
        Round.record_kind, round_.id, RoundVerb.DRAWN, by=by, number=round_.number, draw=count + 1, salt=salt
    )
    seed = seed_of(round_.number, begun.hash, salt)
    experts = await pool_experts(on=local_date(by.now))
    conflicted = await _conflicted(experts, items, subjects, by.now)
    seated = {str(item.id): await seated_candidates(item.id) for item in items}
    before = await Seat.filter(item__round_id=round_.id).values_list("item_id", "expert_id", "status")
    taken = {(str(item_id), str(expert_id)) for item_id, expert_id, _status in before}
    waiting = Counter(str(item_id) for item_id, _expert, status in before if status == SeatStatus.RESERVE)
    load = await _load([expert.id for expert in experts], by.now)
    eligible: list[dict[str, Any]] = []
    for expert in sorted(experts, key=lambda expert: str(expert.id)):
        excluded = sorted(
            str(item.id)
            for item in items
            if (item.id, expert.id) in conflicted
            or (str(item.id), str(expert.id)) in taken
            or (rules.is_away and _is_at_home(expert, subjects[item.subject_id]))
        )
        left = expert.capacity - load[expert.id]
        if left > 0 and len(excluded) < len(items):
            row = {"id": str(expert.id), "kind": expert.kind.value, "unit": expert.unit, "capacity": left}
            eligible.append(row | {"excluded": excluded, "fields": dict(expert.fields)})
    terms = {
        "size": rules.target,
        "reserves": rules.reserves,
        "kinds": dict(rules.kinds),
        "largest_share": str(rules.largest_share),
        "items": {str(item.id): sorted(subjects[item.subject_id].fields) for item in items},
        "seated": {
            item_id: [[one.id, one.kind, one.unit] for one in panel] for item_id, panel in seated.items()
        },
        "missing_reserves": {
            item_id: rules.reserves - waiting[item_id]
            for item_id in seated
            if waiting[item_id] < rules.reserves
        },
    }
    try:
        outcome = await _carry_out(eligible, terms, seed, rules.smallest if redraw else rules.target)
    except Short as short:
        raise Invalid(short_words(short), field="rules") from None
    except Infeasible as infeasible:
        raise Invalid(_infeasible_words(infeasible, items, rules), field="rules") from None
    drawn = await RoundDraw.create(
        id=uuid4(),
        round_id=round_.id,
        number=count + 1,
        chain_head=begun.hash,
        salt=salt,
        seed=seed,
        eligible=eligible,
        terms=terms,
        picked={item: list(ids) for item, ids in outcome.picked.items()},
        reserves={item: list(ids) for item, ids in outcome.reserves.items()},
        method=outcome.method,
        reason=redraw.ground if redraw else "",
        drawn_by_id=redraw.proposed_by_id if redraw else by.actor.user_id,
        approved_by_id=by.actor.user_id if redraw else None,
        drawn_at=by.now,
    )
    await record(
        Round.record_kind,
        round_.id,
        RoundVerb.KEEP_DRAW,
        by=by,
        draw=drawn.number,
        digest=drawn.digest,
        rules=round_.rules_digest,
    )
    return drawn


async def _carry_out(
    eligible: Sequence[Mapping[str, Any]], terms: dict[str, Any], seed: str, smallest: int
) -> Outcome:
    """Draw beside the loop, which serves pages meanwhile; `terms` keep the size that could be drawn.

    Where the pool has no more, a further draw makes do with fewer, down to the smallest panel:
    the rules of a drawn round are not changed.

    Raises:
        Short: too few experts even so.
    """
    try:
        return await to_thread(carry_out, eligible, terms, seed)
    except Short:
        if terms["size"] <= smallest:
            raise
    terms["size"] -= 1
    return await _carry_out(eligible, terms, seed, smallest)


def _is_at_home(expert: PoolExpert, subject: PanelSubject) -> bool:
    """Return whether an expert lives in the applicant's province."""
    return bool(subject.region) and province_of(expert.region) == province_of(subject.region)


async def _conflicted(
    experts: Sequence[PoolExpert],
    items: Sequence[RoundItem],
    subjects: Mapping[UUID, PanelSubject],
    now: datetime,
) -> set[tuple[UUID, UUID]]:
    """Return the pairs of item and expert with a conflict of interest, asked of all items at once."""
    on = local_date(now)
    organisations = {party for subject in subjects.values() for party in subject.parties}
    by_organisation = await conflicts_by_organisation(experts, organisations, on=on)
    pairs: set[tuple[UUID, UUID]] = set()
    for item in items:
        subject = subjects[item.subject_id]
        pairs |= {
            (item.id, expert_id) for party in subject.parties for expert_id in by_organisation.get(party, {})
        }
        pairs |= {(item.id, expert.id) for expert in experts if subject.is_by(expert.name)}
        if subject.people:
            known = await conflicts(experts, organisations=frozenset(), people=subject.people, on=on)
            pairs |= {(item.id, expert_id) for expert_id in known}
    return pairs


async def _load(expert_ids: Sequence[UUID], now: datetime) -> Counter[UUID]:
    """Return how many items each expert has on hand, or had in the last thirty days."""
    since = now - timedelta(days=30)
    rows = await Seat.filter(
        expert_id__in=list(expert_ids), status__in=SEATED_STATES, item__round__updated_at__gte=since
    ).values_list("expert_id", flat=True)
    return Counter(UUID(str(expert_id)) for expert_id in rows)


def short_words(short: Short) -> str:
    """Return what is short in the words of the refusal (draw.short)."""
    if short.kind:
        return _(
            "符合条件且无需回避的%(kind)s只有 %(available)s 位，至少需要 %(needed)s 位："
            "请扩大范围或调整规则并说明理由。",
            kind=rooms().labels["expert_kind"][short.kind].label,
            available=short.available,
            needed=short.needed,
        )
    return _(
        "符合条件且无需回避的专家只有 %(available)s 位（同一单位最多 %(most)s 位），至少需要 %(needed)s 位："
        "请扩大范围或调整规则并说明理由。",
        available=short.available,
        needed=short.needed,
        most=short.most_of_unit,
    )


def _infeasible_words(error: Infeasible, items: Sequence[RoundItem], rules: RoundRules) -> str:
    places = {str(item.id): item.place for item in items}
    labels = rooms().labels["expert_kind"]
    lacks = "；".join(
        _(
            "第 %(place)s 项缺%(kind)s %(count)s 位",
            place=places[lack.item],
            kind=labels[lack.kind].label if lack.kind else _("专家"),
            count=lack.count,
        )
        for lack in sorted(error.lacks, key=lambda lack: places[lack.item])[:10]
    )
    return _("专家不够：%(lacks)s。请扩大范围或调整规则并说明理由。", lacks=lacks)
