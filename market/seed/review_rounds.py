"""Review rounds of the demo: one concluded at a band after its extension, one half scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from market.accounts.actors import load_actor
from market.claims.models import Claim
from market.claims.round_claims import prepare_claim_round
from market.files.attachments import record_opening
from market.files.mentions import Name, folded
from market.files.plain_copies import copy_document
from market.files.plain_copy import PlainCopy
from market.files.uploads import Upload
from market.panels.blind_copies import make_copies
from market.panels.blind_models import BlindCopy
from market.panels.blind_papers import check_copies
from market.panels.fee_acts import FeeEntry, decide_fees, fee_rows, propose_fees, rule_of
from market.panels.fees import FeeForm
from market.panels.panel_seats import accept
from market.panels.round_draws import ask_draw, draw_round
from market.panels.round_models import Round, Seat
from market.panels.round_results import conclude_round, extend
from market.panels.round_rules import DEFAULT_RULES, RoundRules
from market.panels.round_states import Extension, SeatStatus
from market.panels.rounds import publish_round
from market.panels.score_acts import submit
from market.panels.score_sheets import score_field
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import id_of
from market.seed.subsidy_round import Desk
from market.seed.timeline import Story

SCORES = ((84, 82, 86), (88, 90, 86), (80, 78, 82))
"""By heading, of three experts: whether any one is left out decides the band."""
FURTHER = ((82, 84, 80), (86, 85, 87))
OPINIONS = (
    "技术路线成熟，已在同类产线应用；新增销售与成果的对应关系清楚。",
    "创新点明确，建议补充第三方检测报告；应用效益真实。",
    "成熟度较好，市场仍集中在少数客户，建议扩大应用。",
)
FURTHER_OPINIONS = (
    "核对了报告与发票，转化收入可信；工艺窗口较窄，量产稳定性还需观察。",
    "同类成果中指标居前，用户单位反馈良好，建议支持。",
)
AWAY = replace(DEFAULT_RULES, target=5, largest_share=Fraction(1, 3), is_away=True)
"""Of the demo's pool experts of just five units live in another province, the login `reviewer` among them.

Each of them has to be free: no limit of items a month may stand at one of these experts.
"""


def review_rounds(desk: Desk) -> Iterator[Story]:
    """Yield how two claims are judged."""
    yield _concluded(desk)
    yield _half_scored(desk)


async def _concluded(desk: Desk) -> Story:
    """Draw, score across a band, call two reserves, conclude by the mean and tell it."""
    operator = await desk.cast.actor("operator")
    now = yield desk.calendar.ago(8, 16)
    round_ = await _drawn(desk, "calculated", DEFAULT_RULES, "漓江八桂 0417", now)
    for given in (SCORES, FURTHER):
        now = yield now + timedelta(hours=1)
        await _accept(round_, now)
        opinions = OPINIONS if given is SCORES else FURTHER_OPINIONS
        for place, scores in enumerate(given):
            now = yield now + timedelta(minutes=25)
            await _score(round_, scores, opinions[place], now)
        now = yield now + timedelta(minutes=25)
        if given is SCORES:
            await extend(round_.number, Extension.MORE_EXPERTS, by=By(operator, now))
    await conclude_round(
        round_.number,
        reason="增加两位专家后平均分 84 分，多数在 70 分至 85 分一档，按平均分作结论。",
        by=By(await desk.cast.actor("finance2"), now),
    )
    now = yield now + timedelta(hours=1)
    await publish_round(round_.number, by=By(operator, now))
    now = yield now + timedelta(minutes=20)
    round_ = await Round.get(id=round_.id)
    rule = rule_of(round_)
    fees = {
        row.expert_id: FeeEntry(FeeForm.MAIL, row.sheets, rule.range_of(row.title_rank, FeeForm.MAIL)[1])
        for row in await fee_rows(round_)
    }
    await propose_fees(round_.number, fees, by=By(operator, now))
    now = yield now + timedelta(hours=2)
    by = By(await desk.cast.actor("finance2"), now)
    await decide_fees(round_.number, Verdict.CONFIRMED, reason="", by=by)


async def _half_scored(desk: Desk) -> Story:
    """Draw from other provinces; all accept but one, two have scored."""
    now = yield desk.calendar.ago(2, 11, 15)
    round_ = await _drawn(desk, "accepted", AWAY, "左江右江 2206", now)
    now = yield now + timedelta(minutes=30)
    await _check_papers(desk, round_, now)
    now = yield desk.calendar.ago(1, 9, 40)
    await _accept(round_, now, keep=1)
    for scores, opinion in zip(SCORES[:2], OPINIONS, strict=False):
        now = yield now + timedelta(hours=2)
        await _score(round_, scores, opinion, now, spared=id_of("user", "reviewer"))


async def _drawn(desk: Desk, key: str, rules: RoundRules, salt: str, now: datetime) -> Round:
    claim = await Claim.get(number=desk.numbers[key]).select_related("programme")
    by = By(await desk.cast.actor("operator"), now)
    round_ = await prepare_claim_round(
        claim.programme,
        claim.year,
        claim_ids=[claim.id],
        title=f"{claim.year} 年度科技成果转化后补助评审",
        rules=rules,
        salt=salt,
        by=by,
    )
    await ask_draw(round_.number, by=by)
    await draw_round(round_.number, by=by)
    return round_


async def _check_papers(desk: Desk, round_: Round, now: datetime) -> None:
    """Copy the papers without metadata, and have the operator open and pass each copy but the last."""
    await make_copies(round_.id, store=desk.deps.store, now=now, copier=_copied)
    by = By(await desk.cast.actor("operator"), now)
    copies = await BlindCopy.filter(item__round_id=round_.id, file_id__isnull=False).select_related("file")
    for copy in copies:
        if copy.file is not None:
            await record_opening(copy.file, by=by)
    passed = sorted(copies, key=lambda copy: copy.place)[:-1]
    if passed:
        await check_copies(
            round_.number, [copy.id for copy in passed], is_shown=True, reason="已逐页核对", by=by
        )


async def _copied(upload: Upload, names: Sequence[Name]) -> PlainCopy:
    """Copy a paper of the demo, which is no stranger's, in this process."""
    return copy_document(upload.content, upload.media_type, folded(names))


async def _accept(round_: Round, now: datetime, keep: int = 0) -> None:
    """Have all who are invited accept, but for the last `keep` who are no login of the demo."""
    seats = await _seats(round_, SeatStatus.INVITED)
    own = id_of("user", "reviewer")
    seats.sort(key=lambda seat: seat.user_id != own)
    for seat in seats[: len(seats) - keep]:
        await accept(seat.id, by=By(await load_actor(seat.user_id), now))


async def _score(
    round_: Round, scores: tuple[int, ...], opinion: str, now: datetime, spared: object = None
) -> None:
    """Have the next expert who has not scored do it."""
    seats = [seat for seat in await _seats(round_, SeatStatus.ACCEPTED) if seat.user_id != spared]
    codes = [heading.code for heading in DEFAULT_RULES.headings]
    typed: Mapping[str, str] = {
        score_field(code): str(score) for code, score in zip(codes, scores, strict=True)
    }
    by = By(await load_actor(seats[0].user_id), now)
    await submit(seats[0].id, {**typed, "for_applicant": opinion}, by=by)


async def _seats(round_: Round, status: SeatStatus) -> list[Seat]:
    return await Seat.filter(item__round_id=round_.id, status=status).order_by("draw_number", "place")
