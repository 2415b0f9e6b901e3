"""Solutions of a government list before experts: what they read without names, and the rules of the round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from market.accounts.messages import OrganisationNotice, notify_organisations, notify_staff
from market.accounts.models import StaffRole
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.models import Challenge
from market.challenges.queries import lock_challenge, terms_of
from market.challenges.selection_queries import DECIDING, KIND
from market.challenges.selection_rules import POINTS_TO_CHOOSE
from market.challenges.solution_content import SolutionContent
from market.challenges.solution_models import OpenedSolution, Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeStatus, Kind
from market.files.models import StoredFile
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.formats import wan
from market.kit.i18n import gettext as _
from market.kit.terms import from_content
from market.panels.round_models import Round
from market.panels.round_preparation import prepare_round
from market.panels.round_rules import DEFAULT_RULES, Heading, RoundRules
from market.panels.rounds import standing_items
from market.panels.states import PanelAct
from market.panels.subjects import Fact, PanelClient, PanelSubject, Paper, Section
from market.records.by import By


def choosing_rules(terms: ChallengeTerms) -> RoundRules:
    """Return the rules by which experts score solutions: the criteria that the list published."""
    headings = tuple(
        Heading(f"c{place}", row.name, row.points, 100) for place, row in enumerate(terms.criteria, 1)
    )
    return replace(
        DEFAULT_RULES,
        headings=headings,
        bands=((POINTS_TO_CHOOSE, 10_000),),
        largest_share=Fraction(1, 3),
        blind="double",
    )


@atomic()
async def prepare_choice(number: str, *, title: str, rules: RoundRules, salt: str, by: By) -> Round:
    """Prepare the round over all admitted solutions of a government list.

    Raises:
        Conflict: it is not the time, or a round judges them already.
        Invalid: see `prepare_round`.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    challenge = await lock_challenge(number)
    if challenge.kind is not Kind.GOVERNMENT or challenge.status is not ChallengeStatus.REVIEWING:
        raise Conflict(str(challenge.workflow.refusal))
    admitted = Solution.filter(challenge_id=challenge.id, status=SolutionStatus.ADMITTED).order_by("place")
    ids = [UUID(str(value)) for value in await admitted.values_list("id", flat=True)]
    return await prepare_round(
        subject_kind=KIND,
        subject_ids=ids,
        title=title,
        scope={"challenge": challenge.number},
        rules=rules,
        salt=salt,
        by=by,
    )


async def load_subjects(ids: Sequence[UUID], *, with_material: bool = True) -> Mapping[UUID, PanelSubject]:
    """Return what experts read of these solutions, without the solvers; of sealed ones nothing."""
    opened = OpenedSolution.filter(solution_id__in=list(ids), solution__place__not_isnull=True)
    rows = await opened.select_related("solution__challenge", "solution__organisation")
    files: dict[UUID, list[StoredFile]] = {}
    if with_material:
        for file in await StoredFile.filter(subject_kind=KIND, subject_id__in=list(ids)).order_by("id"):
            files.setdefault(file.subject_id, []).append(file)
    return {
        row.solution_id: _subject(row, files.get(row.solution_id, []), with_material=with_material)
        for row in rows
    }


def _subject(row: OpenedSolution, files: Sequence[StoredFile], *, with_material: bool) -> PanelSubject:
    solution, challenge = row.solution, row.solution.challenge
    content, terms = from_content(SolutionContent, row.content), terms_of(challenge)
    return PanelSubject(
        kind=KIND,
        id=solution.id,
        number=_("%(number)s 方案 %(n)s", number=challenge.number, n=solution.place),
        title=challenge.title,
        detail=terms.package_name(solution.package),
        parties=frozenset({challenge.owner_id, solution.organisation_id}),
        address=f"/challenges/{challenge.number}/selection",
        sections=_sections(content, terms) if with_material else (),
        papers=tuple(
            Paper(_("附件 %(n)s", n=place), f"/files/{file.id}", _("附件"), file.id)
            for place, file in enumerate(files, 1)
        ),
        fields=frozenset({challenge.field} - {""}),
        region=solution.organisation.region,
        authors=frozenset({content.leader} - {""}),
        applicant=solution.organisation_id,
        result_address=f"/challenges/{challenge.number}/solutions/{solution.place}",
    )


def _sections(content: SolutionContent, terms: ChallengeTerms) -> tuple[Section, ...]:
    reaches = {row.place: row for row in content.reaches}
    indicators = tuple(
        Fact(
            f"{row.name}（{row.required} {row.unit}）",
            f"{reaches[place].value}；{reaches[place].basis}" if place in reaches else "—",
        )
        for place, row in enumerate(terms.indicators, 1)
        if place in reaches
    )
    stages = tuple(
        Fact(row.name, _("%(content)s，第 %(n)s 个月", content=row.content, n=row.months))
        for row in content.stages
    )
    return (
        Section(
            heading=_("方案"),
            facts=(
                Fact(_("报价"), wan(content.price), is_amount=True),
                Fact(_("工期"), _("%(n)s 个月", n=content.months)),
            ),
            text=content.approach,
        ),
        Section(heading=_("指标"), facts=indicators, text=""),
        Section(heading=_("阶段"), facts=stages, text=content.risks),
    )


async def _on_conclude(round_: Round, solutions: Sequence[PanelSubject], now: datetime) -> None:
    words = _("方案评审 %(number)s 有结论，请提出入选名单。", number=round_.number)
    await notify_staff(StaffRole.OPERATOR, words, now=now, address=solutions[0].address)


async def _on_publish(_round: Round, solutions: Sequence[PanelSubject], now: datetime) -> None:
    notices = [
        OrganisationNotice(row.applicant, _("揭榜方案的专家评审有了结论。"), row.result_address)
        for row in solutions
        if row.applicant is not None
    ]
    await notify_organisations(notices, roles=DECIDING, now=now)


async def _on_set_aside(_round: Round, solutions: Sequence[PanelSubject], now: datetime) -> None:
    for solution in solutions:
        words = _("%(number)s 评审结果的异议成立，还没有选定的请重新评审。", number=solution.number)
        await notify_staff(StaffRole.OPERATOR, words, now=now, address=solution.address)


CLIENT = PanelClient(load_subjects, _on_conclude, _on_publish, _on_set_aside)


async def open_round_of(challenge: Challenge) -> Round | None:
    """Return the round that judges the solutions of a challenge, drawn or concluded."""
    ids = Solution.filter(challenge_id=challenge.id).values_list("id", flat=True)
    item = await standing_items(KIND).filter(subject_id__in=list(await ids)).select_related("round").first()
    return item.round if item else None
