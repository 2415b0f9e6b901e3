"""The feed of surveys: what is open, what was extended, which results are out. Nothing of an entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from market.kit import atom
from market.kit.formats import closing_words
from market.kit.i18n import gettext as _
from market.kit.letterhead import letterhead
from market.surveys.models import Survey, SurveyExtension
from market.surveys.rules import Tally, shown_status
from market.surveys.states import SurveyStatus

NEWEST = 50


def feed(
    surveys: Sequence[Survey],
    extensions: Sequence[SurveyExtension],
    tallies: dict[object, Tally],
    *,
    base_url: str,
    now: datetime,
) -> bytes:
    """Return the feed as UTF-8 XML: an entry for each call, each extension and each published result.

    Drafts are not handed in; tallies of published surveys are, by the survey's id.
    """
    entries = [entry for survey in surveys for entry in _entries(survey, extensions, tallies, base_url, now)]
    entries.sort(key=lambda entry: entry.updated, reverse=True)
    return atom.feed(
        _("科转 · 需求征集"),
        address=f"{base_url}/surveys.atom",
        page=f"{base_url}/surveys",
        entries=entries[:NEWEST],
        now=now,
    )


def _entries(
    survey: Survey,
    extensions: Sequence[SurveyExtension],
    tallies: dict[object, Tally],
    base_url: str,
    now: datetime,
) -> list[atom.FeedEntry]:
    address, author = f"{base_url}/surveys/{survey.number}", letterhead().office or _("主管部门")

    def entry(id_: object, title: str, at: datetime, summary: str) -> atom.FeedEntry:
        return atom.FeedEntry(f"urn:uuid:{id_}", title, at, address, author, summary, published=at)

    entries = []
    if survey.opened_at is not None:
        status = shown_status(survey.status, survey.closes_at, now)
        words = _(
            "%(number)s　%(status)s，截止 %(at)s",
            number=survey.number,
            status=status.label,
            at=closing_words(survey.closes_at),
        )
        entries.append(entry(survey.id, survey.title, survey.opened_at, f"{words}\n{survey.text[:200]}"))
    entries += [
        entry(
            extension.id,
            _("延长：%(title)s", title=survey.title),
            extension.extended_at,
            _(
                "由 %(old)s 延长到 %(new)s：%(reason)s",
                old=closing_words(extension.old_closes_at),
                new=closing_words(extension.new_closes_at),
                reason=extension.reason,
            ),
        )
        for extension in extensions
        if extension.survey_id == survey.id
    ]
    tally = tallies.get(survey.id)
    if survey.published_at is not None and tally is not None and survey.status in _PUBLISHED:
        words = _(
            "提交 %(submitted)s = 转为需求 %(published)s + 合并 %(merged)s + 告知原因 %(told)s",
            submitted=tally.submitted,
            published=tally.published,
            merged=tally.merged,
            told=tally.told,
        )
        title = _("结果：%(title)s", title=survey.title)
        entries.append(
            atom.FeedEntry(
                f"{address}#result", title, survey.published_at, address, author, words, survey.published_at
            )
        )
    return entries


_PUBLISHED = (SurveyStatus.PUBLISHED, SurveyStatus.ARCHIVED)
