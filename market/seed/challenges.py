"""The demo's challenges: written, argued about, listed and solved, or left without a taker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from market.challenges import clock, drafting, screening, submitting, watching
from market.challenges.askable import asked_challenge
from market.challenges.challenge_terms import (
    ChallengeTerms,
    Criterion,
    Indicator,
    Milestone,
    Package,
    SolverRow,
    ThresholdRow,
)
from market.challenges.deadlines import GRACE
from market.challenges.drafting import Arguments
from market.challenges.models import Challenge
from market.challenges.opening import open_all
from market.challenges.queries import terms_of
from market.challenges.screening_panel import argument_rules, prepare_argument
from market.challenges.solution_content import ReachRow, SolutionContent, StageRow, asked_of
from market.challenges.solution_drafts import begin_solution, save
from market.challenges.states import (
    Cooperation,
    EndReason,
    Kind,
    Operator,
    Pledge,
    Proof,
    Ruling,
    SolverKind,
    Threshold,
    Winners,
)
from market.deps import Deps
from market.kit.clock import local_date
from market.listings.models import Need
from market.panels.round_models import Round
from market.panels.round_results import conclude_round
from market.panels.rounds import publish_round
from market.questions import answering
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.challenge_panels import score_next, seat_experts
from market.seed.chosen_challenges import chosen_stories
from market.seed.content import fen, load
from market.seed.people import Cast
from market.seed.timeline import HOLIDAYS, Calendar, Story, at

Entry = dict[str, Any]
OPINION = "问题真实，指标有方法可测，投入测算合理；建议把中试周期写进里程碑。"


def needs_of_challenges() -> set[str]:
    """Return the needs that have to be published before a challenge is written from them."""
    return {entry["need"] for entry in load("challenges").values() if "need" in entry}


def challenge_stories(cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield the course of each challenge, and what is asked about it and offered for it meanwhile."""
    numbers: dict[str, str] = {}
    for key, entry in load("challenges").items():
        yield _course(key, entry, numbers, cast, deps, calendar)
        for question in entry.get("questions", ()):
            yield _question(key, question, numbers, cast, calendar)
        for solver in entry.get("solutions", ()):
            yield _solution(key, entry, solver, numbers, cast, deps, calendar)
        for watcher in entry.get("watch", ()):
            yield _watch(key, entry, watcher, numbers, cast, calendar)
    yield from chosen_stories(numbers, cast, deps, calendar)


async def _course(
    key: str, entry: Entry, numbers: dict[str, str], cast: Cast, deps: Deps, calendar: Calendar
) -> Story:
    """Write, submit, argue, list; then let opening and deadline come."""
    terms = _terms(entry, calendar)
    now = yield calendar.ago(entry.get("submitted", entry["listed"] + 2), 10, 20)
    owner = await cast.actor(entry["owner"])
    need = await Need.get(title=load("needs")[entry["need"]]["title"]) if "need" in entry else None
    follows = await Challenge.get(number=numbers[entry["follows"]]) if "follows" in entry else None
    challenge = await drafting.create(
        terms, Arguments(*entry["arguments"]), need=need, follows=follows, by=By(owner, now)
    )
    number = numbers[key] = challenge.number
    await drafting.submit(number, by=By(owner, now))
    operator = await cast.actor("operator")
    until = entry.get("until", "")
    if until == "collecting":
        return
    if until in ("returned", "rejected"):
        now = yield now + timedelta(days=2, hours=5)
        by = By(operator, now)
        if until == "returned":
            await screening.send_back(number, entry["returned"], by=by)
        else:
            await screening.reject_of_firm(number, EndReason.NOT_ARGUED, entry["rejected"], by=by)
        return
    if terms.kind is Kind.GOVERNMENT:
        now = yield calendar.ago(entry["argued"], 9, 40)
        round_ = await _draw(challenge, cast, now)
        for scores in entry["scores"]:
            now = yield now + timedelta(hours=5)
            await score_next(round_, scores, OPINION, now)
        now = yield now + timedelta(days=1)
        approver = await cast.actor("approver")
        reason = "三位专家意见一致，必要、可考核、投入合理。"
        await conclude_round(round_.number, reason=reason, by=By(approver, now))
        now = yield now + timedelta(hours=2)
        await publish_round(round_.number, by=By(operator, now))
        now = yield calendar.ago(entry["listed"] + 1, 16)
        proposal = await screening.propose(
            number, Ruling.LIST, "专家支持，指标可测，资金已落实。", by=By(operator, now)
        )
        now = yield calendar.ago(entry["listed"], 11)
        await screening.decide_ruling(proposal.id, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(approver, now))
    else:
        now = yield calendar.ago(entry["listed"], 15, 30)
        await screening.list_of_firm(number, calendar=HOLIDAYS, by=By(operator, now))
    now = yield terms.opens_at or now
    await clock.begin_responding(challenge.id, now=now)
    now = yield (terms.deadline_at or now) + GRACE
    await clock.close(challenge.id, now=now)
    await open_all(challenge.id, secret=deps.settings.secret_key, store=deps.store, now=now)


async def _question(
    key: str, question: list[Any], numbers: dict[str, str], cast: Cast, calendar: Calendar
) -> Story:
    asker, text, answer, asked, answered = question
    now = yield calendar.ago(asked, 14, 25)
    challenge = await Challenge.get(number=numbers[key]).select_related("owner")
    by = By(await cast.actor(asker), now)
    row = await answering.ask(asked_challenge(challenge, now), text, by=by)
    if answer:
        now = yield calendar.ago(answered, 9, 50)
        owner = load("challenges")[key]["owner"]
        await answering.answer(row.id, answer, by=By(await cast.actor(owner), now))


async def _solution(
    key: str,
    entry: Entry,
    solver: Entry,
    numbers: dict[str, str],
    cast: Cast,
    deps: Deps,
    calendar: Calendar,
) -> Story:
    """Write a solution and submit it; one is a draft still."""
    now = yield calendar.ago(int(solver.get("days", 3)) + 1, 15, 10)
    by, secret = By(await cast.actor(solver["solver"]), now), deps.settings.secret_key
    challenge = await Challenge.get(number=numbers[key])
    package = solver.get("package", 0)
    solution = await begin_solution(challenge, package, by=by)
    await save(solution.id, _content(solver, terms_of(challenge), package), secret=secret, by=by)
    if solver.get("is_draft"):
        return
    now = yield calendar.ago(int(solver["days"]), 16, 40)
    await submitting.submit(solution, arrived_at=now, secret=secret, by=By(by.actor, now))


async def _watch(
    key: str, entry: Entry, watcher: str, numbers: dict[str, str], cast: Cast, calendar: Calendar
) -> Story:
    now = yield calendar.ago(entry["listed"] - 1, 17)
    await watching.watch(numbers[key], by=By(await cast.actor(watcher), now))


async def _draw(challenge: Challenge, cast: Cast, now: datetime) -> Round:
    """Draw three experts for the argument of a government list; all accept."""
    operator = By(await cast.actor("operator"), now)
    round_ = await prepare_argument(
        [challenge.id],
        title="政府榜论证",
        rules=replace(argument_rules(), target=3),
        salt="邕江 1203",
        by=operator,
    )
    await seat_experts(round_, by=operator)
    return round_


def _content(solver: Entry, terms: ChallengeTerms, package: int) -> SolutionContent:
    reaches = tuple(
        ReachRow(place, terms.indicators[place - 1].low or "具备", "小试数据和同类装置运行记录")
        for place in asked_of(terms, package)
    )
    months = int(solver["months"])
    return SolutionContent(
        summary=solver["summary"],
        leader=solver["leader"],
        credentials="同类课题三项，两项已在企业连续运行。",
        approach=solver["approach"],
        reaches=reaches,
        price=fen(solver["price"]),
        months=months,
        stages=(
            StageRow("试验", "样机或中试达到指标", months // 2, 4000),
            StageRow("验收", "全部指标达到并移交资料", months - months // 2, 6000),
        ),
        risks="工况与试验条件有差异，预留两个月调整。",
        background_rights="已有专利归本单位，许可发榜方在本项目中使用。",
        related="没有",
    )


def _terms(entry: Entry, calendar: Calendar) -> ChallengeTerms:
    """Return the terms of an entry; amounts are written in 万元, days counted from today."""
    listed = entry["listed"]
    deadline = at(calendar.today - timedelta(days=entry["deadline"]), 17)
    budget, solvers = fen(entry["budget"]), entry.get("solver_kinds")
    return ChallengeTerms(
        title=entry["title"],
        kind=Kind(entry.get("kind", "enterprise")),
        is_masked=entry.get("is_masked", False),
        summary=entry["summary"],
        background=entry["background"],
        field=entry["field"],
        cooperation=Cooperation(entry.get("cooperation", "commissioned")),
        budget=budget,
        public_share=entry.get("public_share", 0),
        public_most=fen(entry.get("public_most")),
        pledge=Pledge(entry.get("pledge", "none")),
        pledge_note=entry.get("pledge_note", ""),
        background_rights="仍归揭榜方，许可发榜方在本项目的设备上使用。",
        spread=entry.get("spread", ""),
        failure=entry["failure"],
        solvers=tuple(
            SolverRow(kind) for kind in (SolverKind if solvers is None else map(SolverKind, solvers))
        ),
        thresholds=tuple(ThresholdRow(Threshold(kind)) for kind in entry.get("thresholds", ("title", "age"))),
        winners=Winners(entry.get("winners", "one")),
        winners_most=entry.get("winners_most", 1),
        race_lanes=entry.get("race_lanes", 0),
        race_cut=entry.get("race_cut", ""),
        opens_at=at(calendar.today - timedelta(days=entry.get("opens", listed - 2)), 9),
        deadline_at=deadline,
        shows_count=entry.get("shows_count", False),
        indicators=tuple(_indicator(row) for row in entry["indicators"]),
        milestones=tuple(
            Milestone(
                row["name"],
                row["condition"],
                local_date(deadline) + timedelta(days=60 + 30 * row["months"]),
                row["share"],
            )
            for row in entry["milestones"]
        ),
        criteria=tuple(Criterion(name, points) for name, points in entry["criteria"].items()),
        packages=tuple(
            Package(name, text, fen(reward) or 0, copies, after)
            for name, text, reward, copies, after in entry.get("packages", ())
        ),
        contact=entry["contact"],
    )


def _indicator(row: Entry) -> Indicator:
    return Indicator(**(row | {"operator": Operator(row["operator"]), "proof": Proof(row["proof"])}))
