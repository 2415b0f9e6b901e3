"""Government lists before experts (论证): what they read, the rules of the round, what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from tortoise.expressions import Subquery

from market.accounts.messages import OrganisationNotice, notify_organisations, notify_staff
from market.accounts.models import MemberRole, StaffRole
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.deadlines import deadline_words
from market.challenges.models import Challenge
from market.challenges.queries import terms_of
from market.challenges.states import ChallengeStatus, Kind
from market.codes.labels import label
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.formats import percent, wan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.panels.round_models import Round
from market.panels.round_preparation import prepare_round
from market.panels.round_rules import DEFAULT_RULES, Heading, RoundRules
from market.panels.rounds import standing_items
from market.panels.states import PanelAct
from market.panels.subjects import Fact, PanelClient, PanelSubject, Section
from market.panels.verdicts import Verdict, verdict_of
from market.records.by import By

KIND = "challenge"
MOST = 50
"""Challenges of one round."""


def argument_rules() -> RoundRules:
    """Return the rules by which experts argue about a list: needed, measurable, worth its money."""
    with in_source_language():
        headings = (
            Heading("need", _("必要性"), 40, 100),
            Heading("measure", _("指标可考核"), 35, 100),
            Heading("input", _("投入合理"), 25, 100),
        )
    return replace(
        DEFAULT_RULES, headings=headings, bands=((60, 10_000),), largest_share=Fraction(1, 3), blind="double"
    )


async def list_to_argue() -> list[Challenge]:
    """Return the submitted government lists that no round judges yet, the oldest first."""
    judged = Subquery(standing_items(KIND).values("subject_id"))
    rows = Challenge.filter(status=ChallengeStatus.COLLECTING, kind=Kind.GOVERNMENT).exclude(id__in=judged)
    return await rows.order_by("submitted_at").limit(MOST)


@atomic()
async def prepare_argument(
    challenge_ids: Sequence[UUID], *, title: str, rules: RoundRules, salt: str, by: By
) -> Round:
    """Prepare a round over submitted government lists.

    Raises:
        Conflict: one is not waiting for it any more.
        Invalid: see `prepare_round`.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    locked = await Challenge.filter(id__in=list(challenge_ids)).order_by("id").select_for_update()
    waiting = {challenge.id for challenge in await list_to_argue()}
    if any(challenge.id not in waiting for challenge in locked) or len(locked) != len(set(challenge_ids)):
        raise Conflict(_("只有已提交、还没有列入评审的政府榜可以论证。"))
    return await prepare_round(
        subject_kind=KIND,
        subject_ids=challenge_ids,
        title=title,
        scope={"stage": "argument"},
        rules=rules,
        salt=salt,
        by=by,
    )


async def argument_verdict(challenge_id: UUID) -> Verdict:
    """Return what experts made of a submitted list."""
    return await verdict_of(KIND, challenge_id, ceiling=None, scoring=None)


async def load_subjects(ids: Sequence[UUID], *, with_material: bool = True) -> Mapping[UUID, PanelSubject]:
    """Return what experts read of these challenges, without the owners."""
    rows = await Challenge.filter(id__in=list(ids)).select_related("owner")
    return {row.id: _subject(row, with_material=with_material) for row in rows}


def _subject(challenge: Challenge, *, with_material: bool) -> PanelSubject:
    terms = terms_of(challenge)
    return PanelSubject(
        kind=KIND,
        id=challenge.id,
        number=challenge.number,
        title=challenge.title,
        detail=wan(challenge.budget),
        parties=frozenset({challenge.owner_id}),
        address=f"/admin/challenges/{challenge.number}",
        sections=_sections(challenge, terms) if with_material else (),
        fields=frozenset({challenge.field} - {""}),
        region=challenge.owner.region,
        applicant=challenge.owner_id,
        result_address=f"/challenges/{challenge.number}",
    )


def _sections(challenge: Challenge, terms: ChallengeTerms) -> tuple[Section, ...]:
    return (
        Section(
            heading=_("榜单"),
            facts=(
                Fact(_("技术领域"), label("field", terms.field)),
                Fact(_("合作方式"), str(terms.cooperation.label)),
                Fact(_("榜额"), wan(terms.budget), is_amount=True),
                Fact(_("财政支持"), percent(terms.public_share), is_amount=True),
                Fact(_("截止（北京时间）"), deadline_words(terms.deadline_at)),
            ),
            text=f"{terms.summary}\n{terms.background}",
        ),
        Section(
            heading=_("考核指标"),
            facts=tuple(
                Fact(f"{row.name} {row.unit}", f"{row.required}；{row.method}；{row.proof.label}")
                for row in terms.indicators
            ),
            text="",
        ),
        Section(heading=_("必要性"), facts=(), text=challenge.argument_need),
        Section(heading=_("指标可考核"), facts=(), text=challenge.argument_measure),
        Section(
            heading=_("投入合理"),
            facts=tuple(Fact(row.name, percent(row.share), is_amount=True) for row in terms.milestones),
            text=challenge.argument_input,
        ),
    )


async def _on_conclude(round_: Round, challenges: Sequence[PanelSubject], now: datetime) -> None:
    words = _(
        "论证评审 %(number)s 有结论，请办理其中 %(count)s 张榜。", number=round_.number, count=len(challenges)
    )
    address = challenges[0].address if len(challenges) == 1 else "/admin/challenges"
    await notify_staff(StaffRole.OPERATOR, words, now=now, address=address)


async def _on_publish(_round: Round, challenges: Sequence[PanelSubject], now: datetime) -> None:
    notices = [
        OrganisationNotice(
            row.applicant,
            _("榜单 %(number)s 的专家论证有了结论。", number=row.number),
            row.result_address,
        )
        for row in challenges
        if row.applicant is not None
    ]
    await notify_organisations(notices, roles=(MemberRole.ADMIN, MemberRole.AGENT), now=now)


async def _on_set_aside(_round: Round, challenges: Sequence[PanelSubject], now: datetime) -> None:
    for challenge in challenges:
        words = _("榜单 %(number)s 论证结果的异议成立，还没有张榜的请重新论证。", number=challenge.number)
        await notify_staff(StaffRole.OPERATOR, words, now=now, address=challenge.address)


CLIENT = PanelClient(load_subjects, _on_conclude, _on_publish, _on_set_aside)
