"""Who may apply (谁可以申报): everybody by answers in the address, an organisation by its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.accounts.web import optional_actor
from market.eligibility.guests import What, Who, facts_of_answers
from market.eligibility.judging import Catalogue, judge_one, read_catalogue
from market.eligibility.next_questions import Question, next_questions
from market.eligibility.results import Eligibility
from market.eligibility.rules import concerns, judge
from market.eligibility.states import Answer
from market.kit.i18n import gettext as _
from market.kit.quotas import QuotaClass
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.pages.check_cards import Card, make_card
from market.pages.check_forms import FIRST, QUESTIONS, CheckForm
from market.programmes.texts import named


@dataclass(frozen=True)
class Asked:
    """A question that would decide something."""

    field: str
    programmes: str
    """The names of the programmes that wait for it."""
    count: int


async def check(request: Request) -> Response:
    """Show the four questions, the answers of a guest, or how the person's organisation stands."""
    actor, now = optional_actor(request), deps(request).clock()
    query = request.query_params
    is_answered = any(query.get(name, "").strip() for name in FIRST)
    if is_answered and query.get("edit"):
        return await _questions(request, CheckForm(query), now, actor)
    if is_answered:
        return await _of_answers(request, now)
    organisation = await _organisation(actor) if not query.get("ask") else None
    if organisation is not None:
        return await _of_organisation(request, organisation, now)
    return await _questions(request, CheckForm(), now, actor)


async def _organisation(actor: Actor | None) -> Organisation | None:
    """Return the verified organisation that a person acts for."""
    if actor is None or actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        return None
    return await Organisation.get(id=actor.organisation_id)


async def _questions(
    request: Request, form: CheckForm, now: datetime, actor: Actor | None, status: int = 200
) -> Response:
    catalogue = await read_catalogue(now)
    return render(
        request,
        "pages/check.html",
        status,
        form=form,
        first=FIRST,
        who=[(member.value, str(member.label)) for member in Who],
        what=[(member.value, str(member.label)) for member in What],
        programmes=len({target.terms.programme for target in catalogue.open_targets}),
        conditions=sum(
            len(target.terms.applicant_conditions) + len(target.terms.contract_conditions)
            for target in catalogue.open_targets
        ),
        is_member=await _organisation(actor) is not None,
    )


async def _of_answers(request: Request, now: datetime) -> Response:
    form = CheckForm(request.query_params)
    if not form.validate():
        return await _questions(request, form, now, optional_actor(request), 422)
    catalogue = await read_catalogue(now)
    answers = form.answers()
    results = [
        (target, judge(target.terms, facts, now=now, call=target.live_call(now)))
        for target in catalogue.targets
        if concerns(target.terms, kind=answers.kind, region=answers.place, roles=answers.roles)
        for facts in (facts_of_answers(answers, target.terms, target.year),)
    ]
    cards = [
        make_card(target, result, catalogue.programmes[target.terms.programme], now)
        for target, result in results
    ]
    open_facts = {fact: name for fact, name in QUESTIONS.items() if not _is_answered(form, name)}
    questions = next_questions([result for _target, result in results], open_facts)
    return _result(
        request,
        cards,
        [_asked(question, catalogue) for question in questions],
        now,
        form=form,
        summary=_summary(form),
        organisation=None,
    )


def _is_answered(form: CheckForm, name: str) -> bool:
    return form._fields[name].data not in (None, "")


def _asked(question: Question, catalogue: Catalogue) -> Asked:
    names = [_(catalogue.programmes[slug].name) for slug in question.programmes]
    return Asked(QUESTIONS[question.fact], "、".join(names), len(names))


def _summary(form: CheckForm) -> list[str]:
    """Return the four answers in words."""
    words = [form.words_of(name) for name in FIRST]
    if words[-1]:
        words[-1] = f"{form.amount.label.text} {words[-1]}"
    return [text for text in words if text]


async def _of_organisation(request: Request, organisation: Organisation, now: datetime) -> Response:
    catalogue, results = await judge_one(organisation, now)
    cards = [
        make_card(
            own.target,
            own.result,
            catalogue.programmes[own.target.terms.programme],
            now,
            claim=own.source.claim,
            contracts=own.contract_numbers,
            has_contract=bool(own.source.contracts) or not own.target.terms.per_contract,
        )
        for own in results
    ]
    return _result(
        request,
        cards,
        [],
        now,
        form=None,
        summary=[organisation.name],
        organisation=organisation,
        lacking=_lacking([own.result for own in results]),
    )


def _lacking(results: Sequence[Eligibility]) -> list[str]:
    """Return the facts that no record has and that would decide something, the most useful first."""
    facts = {
        fact
        for result in results
        for point in result.points
        if point.state == "open"
        for fact in point.missing
    }
    return [named(question.fact).render(_) for question in next_questions(results, facts)]


def _result(
    request: Request,
    cards: Sequence[Card],
    questions: Sequence[Asked],
    now: datetime,
    *,
    form: CheckForm | None,
    summary: Sequence[str],
    organisation: Organisation | None,
    lacking: Sequence[str] = (),
) -> Response:
    ordered = sorted(cards, key=lambda card: card.sort_key)
    by_answer = {answer: [card for card in ordered if card.answer is answer] for answer in Answer}
    ready = [card for card in by_answer[Answer.MET] if card.is_open and not card.claim]
    return render(
        request,
        "pages/check_result.html",
        form=form,
        cards=ordered,
        by_answer=by_answer,
        ready=ready,
        sums={answer: sum(card.amount or 0 for card in of_answer) for answer, of_answer in by_answer.items()},
        questions=questions,
        summary=summary,
        organisation=organisation,
        lacking=lacking,
        today=now,
    )


routes = [Route("/policies/check", check, name="pages:check", methods=["GET"], quota=QuotaClass.SEARCH)]
