"""What became of the demo's challenges after the opening: checked, chosen, signed, accepted, ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from market.challenges import agreeing, choosing, ending, milestones
from market.challenges.admission import check_solution
from market.challenges.award_deals import follow_deals
from market.challenges.milestones import Reached
from market.challenges.models import Challenge
from market.challenges.queries import terms_of
from market.challenges.selection_models import ChallengeAward
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
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import load, store_pdf
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story

Entry = dict[str, Any]


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
        """Carry out the acts that the entry tells, each on its day."""
        course, owner = self.course, await self.cast.actor(self.entry["owner"])
        operator = await self.cast.actor("operator")
        now = yield self.calendar.ago(course["admit"], 10, 30)
        challenge = await Challenge.get(number=self.number)
        for place in range(1, 1 + await Solution.filter(challenge_id=challenge.id, place__gt=0).count()):
            await check_solution(self.number, place, is_admitted=True, by=By(owner, now))
        if "end" in course:
            now = yield self.calendar.ago(course["end"], 9, 15)
            proposal = await ending.propose_ending(self.number, Ruling.END, course["text"], by=By(owner, now))
            now = yield now + timedelta(days=1)
            await ending.decide_ending(proposal.id, Verdict.CONFIRMED, by=By(operator, now))
        if "choose" not in course:
            return
        now = yield self.calendar.ago(course["choose"], 15)
        selection = await choosing.propose_selection(self.number, await self._choices(), by=By(owner, now))
        now = yield now + timedelta(hours=20)
        await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(operator, now))
        now = yield now + timedelta(hours=4)
        await self._consent(By(owner, now))
        if "agree" not in course:
            return
        now = yield self.calendar.ago(course["agree"], 11)
        for award in await self._awards():
            await self._consent(By(await self._solver_of(award), now))
        if "sign" not in course:
            return
        now = yield self.calendar.ago(course["sign"], 14, 30)
        for award in await self._awards():
            await self._sign(award, By(await self._solver_of(award), now), By(owner, now))
        for days in (*course.get("accept", ()), *([course["report"]] if "report" in course else [])):
            now = yield self.calendar.ago(days, 16)
            award = (await self._awards())[0]
            report = await self._report(award, By(await self._solver_of(award), now))
            if days in course.get("accept", ()):
                now = yield now + timedelta(days=1, hours=2)
                await milestones.review(self.number, report, Verdict.CONFIRMED, by=By(owner, now))

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
        ordered = sorted(candidates, key=lambda row: (row[1].organisation_id not in chosen, row[0].place))
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

    async def _report(self, award: ChallengeAward, by: By) -> Any:
        terms = terms_of(await Challenge.get(number=self.number))
        reached = [
            Reached(place, terms.indicators[place - 1].low)
            for place in asked_of(terms, award.solution.package)
        ]
        text = "本阶段的指标已经测完，检测报告和运行记录随附。"
        row = await milestones.report(self.number, award.id, text, reached, None, by=by)
        return row.id
