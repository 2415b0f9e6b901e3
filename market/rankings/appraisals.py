"""Places before experts: what they judge of a year, and the points that count in its ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID, uuid4

from market.accounts.messages import OrganisationNotice, notify_organisations, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.panels.round_models import Round
from market.panels.round_preparation import prepare_round
from market.panels.round_rules import DEFAULT_RULES, Heading, RoundRules
from market.panels.rounds import standing_items
from market.panels.states import PanelAct
from market.panels.subjects import Fact, PanelClient, PanelSubject, Section
from market.panels.verdicts import verdict_of
from market.rankings.models import RankingAppraisal, RankingRow, RankingWarning
from market.rankings.places import WRITERS, offices_of, places_of
from market.rankings.states import STANDING, AppraisalVerb, PlaceKind, WarningStatus
from market.records.by import By
from market.records.figures import Period

KIND = "ranking_appraisal"


@dataclass(frozen=True)
class Judged:
    """What experts gave a place for a year: points from 0 to 100, in hundredths, with each expert's."""

    round: str
    """Its number."""
    concluded_on: date
    points: int
    scores: Sequence[tuple[str, int]]


def appraisal_rules() -> RoundRules:
    """Return the rules by which experts judge a place's year; they know which place it is."""
    with in_source_language():
        headings = (
            Heading("work", _("工作推进"), 40, 100),
            Heading("effect", _("转化成效"), 40, 100),
            Heading("truth", _("数据质量"), 20, 100),
        )
    return replace(
        DEFAULT_RULES, headings=headings, bands=((60, 10_000),), largest_share=Fraction(1, 3), blind="single"
    )


@atomic()
async def prepare_appraisal(
    kind: PlaceKind, year: int, *, title: str, rules: RoundRules, salt: str, by: By
) -> Round:
    """Prepare the round in which experts judge all places of a kind for a year that is over.

    Raises:
        Invalid: at `year`, which is not over; else see `prepare_round`.
        Conflict: a round judges them already.
    """
    by.actor.require(PanelAct.RUN_ROUNDS)
    begins_on = date(year, 1, 1)
    if year >= local_date(by.now).year:
        raise Invalid(_("年度结束以后才能评议。"), field="year")
    existing = {row.place: row for row in await RankingAppraisal.filter(kind=kind, begins_on=begins_on)}
    offices = await offices_of(kind)
    ids = []
    for place in await places_of(kind):
        row = existing.get(place.key) or await RankingAppraisal.create(
            id=uuid4(),
            kind=kind,
            begins_on=begins_on,
            place=place.key,
            name=place.name,
            organisation_id=offices.get(place.key),
            created_at=by.now,
        )
        if place.key not in existing:
            await record(KIND, row.id, AppraisalVerb.PREPARE, by=by, place=place.key, year=year)
        ids.append(row.id)
    return await prepare_round(
        subject_kind=KIND,
        subject_ids=ids,
        title=title,
        scope={"kind": kind.value, "year": year},
        rules=rules,
        salt=salt,
        by=by,
    )


async def judged_places(kind: PlaceKind, period: Period) -> dict[str, Judged]:
    """Return what experts gave each place for a year.

    Raises:
        Invalid: at `begins_on`, they have not judged all places yet.
    """
    rows = {row.place: row for row in await RankingAppraisal.filter(kind=kind, begins_on=period.begins_on)}
    judged = {}
    for place in await places_of(kind):
        row = rows.get(place.key)
        verdict = await verdict_of(KIND, row.id, ceiling=None, scoring=None) if row else None
        if (
            verdict is None
            or verdict.round is None
            or verdict.points is None
            or verdict.concluded_at is None
            or verdict.blocks_computation
        ):
            raise Invalid(
                _("%(name)s还没有专家评议的结论；方案里有专家评议，先编制评议轮次。", name=place.name),
                field="begins_on",
            )
        judged[place.key] = Judged(
            verdict.round.number,
            local_date(verdict.concluded_at),
            hundredths(verdict.points),
            [(_("专家 %(n)s", n=n), hundredths(score)) for n, score in enumerate(verdict.scores, 1)],
        )
    return judged


def hundredths(points: Fraction) -> int:
    """Return points in hundredths, rounded half up."""
    return int((200 * points.numerator + points.denominator) // (2 * points.denominator))


async def load_subjects(ids: Sequence[UUID], *, with_material: bool = True) -> Mapping[UUID, PanelSubject]:
    """Return what experts read of these places: their rankings of the year and their warnings."""
    rows = await RankingAppraisal.filter(id__in=list(ids)).select_related("organisation")
    subjects = {}
    for row in rows:
        subjects[row.id] = PanelSubject(
            kind=KIND,
            id=row.id,
            number=f"{row.begins_on.year} {row.name}",
            title=row.name,
            detail=_("%(year)s 年度考核", year=row.begins_on.year),
            parties=frozenset([row.organisation_id] if row.organisation_id else []),
            address="/backoffice/rankings",
            sections=await _sections(row) if with_material else (),
            region=row.organisation.region if row.organisation else "",
            applicant=row.organisation_id,
            result_address="/my/park",
        )
    return subjects


async def _sections(appraisal: RankingAppraisal) -> tuple[Section, ...]:
    until = date(appraisal.begins_on.year, 12, 31)
    ranked = RankingRow.filter(
        place=appraisal.place,
        ranking__kind=appraisal.kind,
        ranking__status__in=list(STANDING),
        ranking__begins_on__gte=appraisal.begins_on,
        ranking__ends_on__lte=until,
    )
    rows = await ranked.select_related("ranking").order_by("ranking__period_kind", "ranking__begins_on")
    given = RankingWarning.filter(
        place=appraisal.place,
        ranking__kind=appraisal.kind,
        ranking__begins_on__gte=appraisal.begins_on,
        ranking__ends_on__lte=until,
    ).exclude(status__in=[WarningStatus.PROPOSED, WarningStatus.DROPPED])
    return (
        Section(
            heading=_("全年各期"),
            facts=tuple(
                Fact(f"{row.ranking.begins_on:%Y-%m} {row.ranking.period_kind.label}", _standing_words(row))
                for row in rows
            ),
            text="",
        ),
        Section(
            heading=_("警告"),
            facts=tuple(
                Fact(warning.number, f"{warning.kind.label}，{warning.status.label}")
                for warning in await given.order_by("number")
            ),
            text="",
        ),
    )


def _standing_words(row: RankingRow) -> str:
    if row.score is None or row.rank is None:
        return str(row.status.label)
    return _("第 %(rank)s，%(score)s 分", rank=row.rank, score=f"{row.score // 10}.{row.score % 10}")


async def _on_conclude(round_: Round, _places: Sequence[PanelSubject], now: datetime) -> None:
    words = _("年度评议 %(number)s 有结论，可以排出年考核。", number=round_.number)
    await notify_staff(StaffRole.OPERATOR, words, now=now, address="/backoffice/rankings/freeze")


async def _on_publish(_round: Round, places: Sequence[PanelSubject], now: datetime) -> None:
    notices = [
        OrganisationNotice(place.applicant, _("年度考核的专家评议有了结论。"), place.result_address)
        for place in places
        if place.applicant is not None
    ]
    await notify_organisations(notices, roles=WRITERS, now=now)


async def _on_set_aside(_round: Round, places: Sequence[PanelSubject], now: datetime) -> None:
    for place in places:
        words = _("%(name)s评议结果的异议成立：请重新评议，已公布的年考核要更正。", name=place.title)
        await notify_staff(StaffRole.OPERATOR, words, now=now, address=place.address)


CLIENT = PanelClient(load_subjects, _on_conclude, _on_publish, _on_set_aside)


async def is_judged(kind: PlaceKind, year: int) -> bool:
    """Return whether a round over a year's places runs or is concluded."""
    ids = await RankingAppraisal.filter(kind=kind, begins_on=date(year, 1, 1)).values_list("id", flat=True)
    return await standing_items(KIND).filter(subject_id__in=list(ids)).exists()
