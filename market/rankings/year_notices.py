"""The notice of a year's ranking (年考核公示): five working days, objections by anybody, then the result.

An objection is about the whole: where one is upheld the notice does not clear, and a correction is told by a
notice of its own.
"""

from __future__ import annotations

from datetime import datetime

from market.accounts.messages import OrganisationNotice, notify_organisations
from market.codes.holidays import Calendar
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.notices import notice_acts
from market.notices.models import DayKind, Notice, NoticeKind
from market.notices.publicity import Publicity
from market.rankings.models import Ranking, RankingRow
from market.rankings.places import WRITERS, offices_of
from market.rankings.states import RankingAction, RankingStatus
from market.records.by import By
from market.records.transitions import transition

WORKING_DAYS = 5
"""Of the notice (trade.md 6.3)."""


async def publish(ranking: Ranking, *, calendar: Calendar, by: By) -> Ranking:
    """Tell a year's ranking that was checked, by a public notice; called in the decision's transaction."""
    rows = await RankingRow.filter(ranking_id=ranking.id).order_by("level", "rank", "name")
    with in_source_language():
        title = _(
            "%(year)s 年%(what)s年考核结果公示", year=ranking.begins_on.year, what=str(ranking.kind.label)
        )
        body = [
            [_("排序"), f"{ranking.number} {_('第 %(version)s 版', version=ranking.version)}"],
            *([row.name, _standing(row)] for row in rows),
            [_("公示期"), _("%(days)s 个工作日。", days=WORKING_DAYS)],
            [_("明细"), _("每项得分怎样来的，见排序页面；行集校验值 %(hash)s", hash=ranking.rows_hash)],
        ]
    notice = await notice_acts.publish(
        NoticeKind.RANKING,
        subject_kind=Ranking.record_kind,
        subject_id=ranking.id,
        title=title,
        body=body,
        days=WORKING_DAYS,
        day_kind=DayKind.WORKING,
        calendar=calendar,
        by=by,
        address=f"/rankings/{ranking.number}",
    )
    changes = {"told_at": by.now, "object_until": notice.ends_at}
    await transition(ranking, RankingAction.TELL, by=by, changes=changes, number=ranking.number)
    await tell_places(
        ranking, _("%(number)s 已核定并公示，公示期内可以提出异议。", number=ranking.number), by.now
    )
    return ranking


def _standing(row: RankingRow) -> str:
    if row.score is None:
        return str(row.status.label)
    return _("第 %(rank)s，%(score)s 分", rank=row.rank, score=f"{row.score // 10}.{row.score % 10}")


async def conclude(ranking: Ranking, _notice: Notice, by: By) -> None:
    """Tell the places that the result stands, once the notice is clear."""
    await tell_places(ranking, _("%(number)s 公示期满，为最终数。", number=ranking.number), by.now)


async def tell_places(ranking: Ranking, words: str, now: datetime) -> None:
    """Tell the offices of a ranking's places something, with the page of their own row."""
    offices = await offices_of(ranking.kind)
    rows = await RankingRow.filter(ranking_id=ranking.id)
    notices = [
        OrganisationNotice(office, words, f"/rankings/{ranking.number}/{row.place}")
        for row in rows
        if (office := offices.get(row.place)) is not None
    ]
    await notify_organisations(notices, roles=WRITERS, now=now)


PUBLICITY = Publicity(Ranking, RankingStatus.TOLD, RankingAction.CONCLUDE, conclude)
