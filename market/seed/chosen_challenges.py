"""What became of the demo's challenges after the opening: checked, chosen, signed, accepted, ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from market.challenges import agreeing, choosing, ending, milestones
from market.challenges.admission import check_solution
from market.challenges.award_deals import follow_deals
from market.challenges.milestones import Reached
from market.challenges.models import Challenge, ChallengeRuling
from market.challenges.queries import terms_of
from market.challenges.result_notices import publish_result
from market.challenges.selection_models import ChallengeAward, MilestoneReport, Selection
from market.challenges.selection_panel import choosing_rules, prepare_choice
from market.challenges.selection_rules import Choice
from market.challenges.solution_content import asked_of
from market.challenges.solution_models import Solution
from market.challenges.states import Ruling
from market.contracts import signing
from market.contracts.states import Disclosure
from market.contracts.terms import ContractTerms
from market.deals.models import Offer
from market.deals.publicity import skip_publicity
from market.deals.terms import OfferTerms
from market.deps import Deps
from market.kit.clock import local_date
from market.kit.terms import from_record
from market.panels.round_models import Round
from market.panels.round_results import conclude_round
from market.panels.rounds import publish_round
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.challenge_panels import score_all, seat_experts
from market.seed.content import load, store_pdf
from market.seed.people import Cast
from market.seed.timeline import HOLIDAYS, Calendar, Story

Entry = dict[str, Any]
Act = Callable[[datetime], Awaitable[None]]
OPINION = "方案针对榜单的指标，试验数据可信；建议合同里写清样件数量和复测办法。"


def chosen_stories(numbers: Mapping[str, str], cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield what follows the opening of each challenge; `numbers` fills up before it is read."""
    for key, entry in load("challenges").items():
        if "course" in entry:
            yield _Course(key, entry, numbers, cast, deps, calendar).play()


class _Course:
    """One challenge from the opening on, with who acts in it."""

    def __init__(
        self,
        key: str,
        entry: Entry,
        numbers: Mapping[str, str],
        cast: Cast,
        deps: Deps,
        calendar: Calendar,
    ) -> None:
        self.key, self.entry, self.numbers = key, entry, numbers
        self.cast, self.deps, self.calendar = cast, deps, calendar
        self.course: Entry = entry["course"]

    @property
    def number(self) -> str:
        return self.numbers[self.key]

    async def play(self) -> Story:
        """Carry out the acts that the entry tells, each on its day, or so long after the one before."""
        now = self.calendar.now
        for when, act in self._acts():
            now = yield now + when if isinstance(when, timedelta) else when
            await act(now)

    def _acts(self) -> Iterator[tuple[datetime | timedelta, Act]]:
        course, ago = self.course, self.calendar.ago
        yield ago(course["admit"], 10, 30), self._admit
        if "end" in course:
            yield ago(course["end"], 9, 15), self._propose_end
            yield timedelta(days=1), self._confirm_end
        if "panel" in course:
            yield ago(course["panel"], 9, 20), self._draw
            yield timedelta(days=1), self._score
            yield timedelta(hours=3), self._conclude
            yield timedelta(hours=2), self._tell_solvers
        if "choose" in course:
            yield ago(course["choose"], 15), self._propose_choice
            yield timedelta(hours=20), self._confirm_choice
            yield timedelta(hours=4), self._owner_consents
        if "agree" in course:
            yield ago(course["agree"], 11), self._solvers_consent
        if "publish" in course:
            yield ago(course["publish"], 10, 15), self._publish
        if "sign" in course:
            yield ago(course["sign"], 14, 30), self._sign_all
        for days in course.get("accept", ()):
            yield ago(days, 16), self._report
            yield timedelta(days=1, hours=2), self._accept
        if "report" in course:
            yield ago(course["report"], 16), self._report
        if "fail" in course:
            yield ago(course["fail"], 10, 40), self._fail

    async def _by(self, key: str, now: datetime) -> By:
        return By(await self.cast.actor(key), now)

    async def _judge(self, now: datetime) -> By:
        """Return who checks and chooses: the owner of a firm's list, the operator of a public one."""
        is_public = self.entry.get("kind") == "government"
        return await self._by("operator" if is_public else self.entry["owner"], now)

    async def _second(self, now: datetime) -> By:
        """Return who decides what the first person proposed."""
        return await self._by("approver" if self.entry.get("kind") == "government" else "operator", now)

    async def _admit(self, now: datetime) -> None:
        challenge = await Challenge.get(number=self.number)
        for place in range(1, 1 + await Solution.filter(challenge_id=challenge.id, place__gt=0).count()):
            await check_solution(self.number, place, is_admitted=True, by=await self._judge(now))

    async def _propose_end(self, now: datetime) -> None:
        await ending.propose_ending(self.number, Ruling.END, self.course["text"], by=await self._judge(now))

    async def _confirm_end(self, now: datetime) -> None:
        proposal = await ChallengeRuling.get(challenge__number=self.number, ruling=Ruling.END)
        await ending.decide_ending(proposal.id, Verdict.CONFIRMED, by=await self._second(now))

    async def _draw(self, now: datetime) -> None:
        by, terms = await self._by("operator", now), terms_of(await Challenge.get(number=self.number))
        rules = replace(choosing_rules(terms), target=3)
        round_ = await prepare_choice(self.number, title="揭榜方案评审", rules=rules, salt="柳江 0921", by=by)
        await seat_experts(round_, by=by)

    async def _round(self) -> Round:
        return await Round.get(scope__contains={"challenge": self.number})

    async def _score(self, now: datetime) -> None:
        points = {}
        for key, given in self.course["points"].items():
            unit = (await self.cast.actor(key)).organisation_id
            solution = await Solution.get(challenge__number=self.number, organisation_id=unit)
            points[solution.id] = given
        await score_all(await self._round(), points, OPINION, now)

    async def _conclude(self, now: datetime) -> None:
        round_ = await self._round()
        reason = "三位专家的名次一致，按平均分作结论。"
        await conclude_round(round_.number, reason=reason, by=await self._by("approver", now))

    async def _tell_solvers(self, now: datetime) -> None:
        await publish_round((await self._round()).number, by=await self._by("operator", now))

    async def _propose_choice(self, now: datetime) -> None:
        await choosing.propose_selection(self.number, await self._choices(), by=await self._judge(now))

    async def _confirm_choice(self, now: datetime) -> None:
        selection = await Selection.get(challenge__number=self.number)
        await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=await self._second(now))

    async def _owner_consents(self, now: datetime) -> None:
        await self._consent(await self._by(self.entry["owner"], now))

    async def _solvers_consent(self, now: datetime) -> None:
        for award in await self._awards():
            await self._consent(By(await self._solver_of(award), now))

    async def _publish(self, now: datetime) -> None:
        await publish_result(self.number, calendar=HOLIDAYS, by=await self._by("operator", now))

    async def _sign_all(self, now: datetime) -> None:
        owner = await self._by(self.entry["owner"], now)
        for award in await self._awards():
            await self._sign(award, By(await self._solver_of(award), now), owner)

    async def _accept(self, now: datetime) -> None:
        report = await MilestoneReport.get(award__challenge__number=self.number, verdict=None)
        owner = await self._by(self.entry["owner"], now)
        await milestones.review(self.number, report.id, Verdict.CONFIRMED, by=owner)

    async def _fail(self, now: datetime) -> None:
        award = (await self._awards())[0]
        owner = await self._by(self.entry["owner"], now)
        await milestones.fail(self.number, award.id, self.course["failed"], by=owner)

    async def _awards(self) -> list[ChallengeAward]:
        awards = ChallengeAward.filter(challenge__number=self.number).order_by("rank", "created_at")
        return await awards.select_related("solution", "deal")

    async def _solver_of(self, award: ChallengeAward) -> Any:
        """Return who wrote the solution of an award."""
        for solver in self.entry["solutions"]:
            actor = await self.cast.actor(solver["solver"])
            if actor.organisation_id == award.solution.organisation_id:
                return actor
        raise KeyError(award.solution_id)

    async def _choices(self) -> list[Choice]:
        """Choose whom the entry names, at their prices; the others are told why not."""
        challenge = await Challenge.get(number=self.number)
        candidates = await choosing.candidates_for(challenge, 1)
        chosen = {(await self.cast.actor(key)).organisation_id for key in self.course["chosen"]}
        ordered = sorted(
            candidates,
            key=lambda row: (row[1].organisation_id not in chosen, -(row[0].points or 0), row[0].place),
        )
        choices = []
        for rank, (candidate, solution) in enumerate(ordered, 1):
            is_chosen = solution.organisation_id in chosen
            amount, reason = (candidate.price, "") if is_chosen else (None, self.course["reason"])
            choices.append(Choice(candidate.place, is_chosen, rank, amount, reason))
        return choices

    async def _consent(self, by: By) -> None:
        """Let a person agree to the milestones of what their side is awarded, or awards."""
        for award in await self._awards():
            if by.actor.organisation_id in (award.solution.organisation_id, await self._owner_id()):
                await agreeing.consent(self.number, award.id, award.plan_hash, by=by)

    async def _owner_id(self) -> Any:
        return (await self.cast.actor(self.entry["owner"])).organisation_id

    async def _sign(self, award: ChallengeAward, seller: By, buyer: By) -> None:
        """Enter and confirm the contract of an award's deal, as its offer says."""
        if award.deal is None:
            return
        deal = award.deal
        await skip_publicity(deal.number, by=seller)
        agreed = from_record(OfferTerms, await Offer.get(deal_id=deal.id))
        terms = ContractTerms(
            name=f"{deal.title}技术开发合同",
            kind=agreed.kind,
            field=self.entry["field"],
            price=agreed.price,
            signed_on=local_date(seller.now),
            used_in="450000",
            instalments=agreed.plan,
        )
        scan = await store_pdf("contract.pdf", [f"Contract of {deal.number} (demo)"], self.deps.store)
        draft = await signing.enter_draft(
            deal.number, terms, scan, draft_hash="", disclosure=Disclosure.SUBJECT, by=seller
        )
        await signing.confirm_draft(deal.number, draft.content_hash, disclosure=Disclosure.SUBJECT, by=buyer)
        await follow_deals(buyer.now)

    async def _report(self, now: datetime) -> None:
        """Report the next milestone of the first award as reached."""
        award, terms = (await self._awards())[0], terms_of(await Challenge.get(number=self.number))
        reached = [
            Reached(place, terms.indicators[place - 1].low)
            for place in asked_of(terms, award.solution.package)
        ]
        text = "本阶段的指标已经测完，检测报告和运行记录随附。"
        by = By(await self._solver_of(award), now)
        await milestones.report(self.number, award.id, text, reached, None, by=by)
