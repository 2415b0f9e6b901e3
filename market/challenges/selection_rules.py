"""Whether a choice among solutions can stand: numbers, money, order, each other's reason. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from market.challenges.amounts import instalments
from market.challenges.challenge_terms import WHOLE, ChallengeTerms
from market.challenges.rules import FEWEST_WORDS
from market.challenges.states import BudgetKind, Kind, Winners
from market.kit.formats import wan, yuan
from market.kit.i18n import gettext as _
from market.panels.scoring import hundredths

POINTS_TO_CHOOSE = 60
"""Points of the panel from which a solution of a government list may be chosen (A)."""
POINTS_ALONE = 70
"""The same where only one solution was admitted (D)."""
PROMOTE_DAYS = 90
"""Calendar days after the choice in which the next in rank may step in without a new list (D)."""
FIRST, SECOND = 1, 2
"""Stages of a race; without one there is the first alone."""


@dataclass(frozen=True)
class Candidate:
    """An admitted solution; its price in fen."""

    place: int
    """Its public number among the opened solutions."""
    package: int
    price: int
    submitted_at: datetime
    points: Fraction | None = None
    """Of the panel; None where the owner chooses."""
    tested: int | None = None
    """What two persons found reasonable to pay at most; None: its price was not tested."""


@dataclass(frozen=True)
class Choice:
    """What is proposed about one solution."""

    place: int
    is_chosen: bool
    rank: int | None = None
    amount: int | None = None
    """Of the whole, in fen; None: not chosen."""
    reason: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong: of one solution by its place, or with place 0 of the whole."""

    place: int
    field: str
    words: str


def in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return solutions as the panel ranks them: points, then the lower price, then who submitted earlier."""
    return sorted(candidates, key=lambda row: (-(row.points or 0), row.price, row.submitted_at))


def ranks_of(candidates: Sequence[Candidate]) -> dict[int, int]:
    """Return the rank of each solution among those of its package, by its place."""
    counts: Counter[int] = Counter()
    ranks = {}
    for row in in_order(candidates):
        counts[row.package] += 1
        ranks[row.place] = counts[row.package]
    return ranks


def most_chosen(terms: ChallengeTerms, package: int, stage: int = FIRST) -> int:
    """Return how many solutions may be chosen of the whole, or of a package."""
    if package != WHOLE:
        return terms.packages[package - 1].copies
    if terms.race_lanes:
        return terms.race_lanes if stage == FIRST else 1
    return terms.winners_most


def shares_of(terms: ChallengeTerms) -> list[int]:
    """Return the shares of the published milestones, in basis points."""
    return [row.share for row in terms.milestones]


def stage_amount(terms: ChallengeTerms, amount: int, stage: int) -> int:
    """Return what of a price is awarded in a stage: in a race first the first milestone, then the rest."""
    if not terms.race_lanes:
        return amount
    first = instalments(amount, shares_of(terms))[0]
    return first if stage == FIRST else amount - first


def cost_of(terms: ChallengeTerms, amounts: Sequence[int], stage: int = FIRST) -> int:
    """Return the most that a choice costs; in a race all first stages, and the rest of the dearest."""
    if not terms.race_lanes or not amounts:
        return sum(amounts)
    rests = [stage_amount(terms, amount, SECOND) for amount in amounts]
    if stage == SECOND:
        return sum(rests)
    return sum(stage_amount(terms, amount, FIRST) for amount in amounts) + max(rests)


def choice_faults(
    terms: ChallengeTerms,
    candidates: Sequence[Candidate],
    choices: Sequence[Choice],
    *,
    stage: int = FIRST,
    spent: int = 0,
) -> list[Fault]:
    """Return all that keeps a choice from being proposed; `spent` is what earlier stages have awarded."""
    by_place = {row.place: row for row in choices}
    chosen = [row for row in candidates if by_place[row.place].is_chosen]
    faults = [] if chosen else [Fault(0, "rows", _("请至少选一家；都达不到要求的，按流榜办理。"))]
    for candidate in candidates:
        faults += _faults_of_row(terms, candidate, by_place[candidate.place])
    faults += _faults_of_numbers(terms, chosen, stage)
    faults += _faults_of_ranks(candidates, by_place)
    if terms.kind is Kind.GOVERNMENT and stage == FIRST:
        faults += _faults_of_order(candidates, by_place)
    amounts = [by_place[row.place].amount or 0 for row in chosen]
    total = spent + cost_of(terms, amounts, stage)
    if terms.budget is not None and total > terms.budget:
        words = _("入选金额合计 %(sum)s，超过榜额 %(most)s。", sum=wan(total), most=wan(terms.budget))
        faults.append(Fault(0, "rows", words))
    return faults


def _faults_of_row(terms: ChallengeTerms, candidate: Candidate, choice: Choice) -> Iterator[Fault]:
    place = candidate.place
    if choice.rank is None or choice.rank < 1:
        yield Fault(place, "rank", _("请填名次。"))
    if not choice.is_chosen:
        if len(choice.reason.strip()) < FEWEST_WORDS:
            yield Fault(place, "reason", _("未入选的请写明原因，至少 %(n)s 个字。", n=FEWEST_WORDS))
        return
    if not choice.amount:
        yield Fault(place, "amount", _("请填入选金额。"))
    elif choice.amount > candidate.price:
        yield Fault(place, "amount", _("不能高于方案的报价 %(price)s。", price=yuan(candidate.price)))
    elif terms.budget_kind is BudgetKind.FIXED and choice.amount != candidate.price:
        yield Fault(place, "amount", _("这张榜是定额，金额应为 %(price)s。", price=yuan(candidate.price)))
    elif terms.winners is Winners.EACH and choice.amount != terms.each:
        yield Fault(place, "amount", _("每家金额相同，应为 %(each)s。", each=yuan(terms.each)))


def _faults_of_numbers(terms: ChallengeTerms, chosen: Sequence[Candidate], stage: int) -> Iterator[Fault]:
    for package, count in sorted(Counter(row.package for row in chosen).items()):
        most = most_chosen(terms, package, stage)
        if count > most:
            words = _(
                "“%(name)s”最多入选 %(most)s 家，选了 %(count)s 家。",
                name=terms.package_name(package),
                most=most,
                count=count,
            )
            yield Fault(0, "rows", words)


def _faults_of_ranks(candidates: Sequence[Candidate], by_place: dict[int, Choice]) -> Iterator[Fault]:
    ranked: dict[tuple[int, int], int] = {}
    for row in candidates:
        rank = by_place[row.place].rank
        if rank is None:
            continue
        if (row.package, rank) in ranked:
            yield Fault(row.place, "rank", _("第 %(n)s 名有两家。", n=rank))
        ranked[row.package, rank] = row.place
    for row in candidates:
        own = by_place[row.place]
        better = [
            other
            for other in candidates
            if other.package == row.package
            and not by_place[other.place].is_chosen
            and (by_place[other.place].rank or 0) < (own.rank or 0)
        ]
        if own.is_chosen and own.rank and better:
            yield Fault(row.place, "rank", _("名次在前的没有入选，不能选名次在后的。"))


def _faults_of_order(candidates: Sequence[Candidate], by_place: dict[int, Choice]) -> Iterator[Fault]:
    """Yield where a government list's choice differs from what its panel concluded."""
    ranks = ranks_of(candidates)
    counts = Counter(row.package for row in candidates)
    for row in candidates:
        choice = by_place[row.place]
        if choice.rank is not None and choice.rank != ranks[row.place]:
            yield Fault(row.place, "rank", _("按评审得分应为第 %(n)s 名。", n=ranks[row.place]))
        least = POINTS_ALONE if counts[row.package] == 1 else POINTS_TO_CHOOSE
        if choice.is_chosen and (row.points is None or row.points < least):
            words = _(
                "评审 %(points)s 分，低于 %(least)s 分，不能入选。",
                points="—" if row.points is None else hundredths(row.points),
                least=least,
            )
            yield Fault(row.place, "is_chosen", words)
        if choice.is_chosen and counts[row.package] == 1:
            yield from _faults_of_price(row, choice)


def _faults_of_price(candidate: Candidate, choice: Choice) -> Iterator[Fault]:
    """Yield where the only solution is to be paid more than its price test allows."""
    if candidate.tested is None:
        words = _("只有一份方案通过形式审查：先做价格比对，由批准人确认后才能入选。")
        yield Fault(candidate.place, "is_chosen", words)
    elif choice.amount and choice.amount > candidate.tested:
        words = _("不能高于价格比对认可的最高价 %(most)s。", most=yuan(candidate.tested))
        yield Fault(candidate.place, "amount", words)


def may_promote(decided_at: datetime, now: datetime) -> bool:
    """Return whether the next in rank may still step in."""
    return now < decided_at + timedelta(days=PROMOTE_DAYS)
