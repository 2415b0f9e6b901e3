"""Letters of warnings and of their lifting (提醒函、黄牌、红牌、解除), as issued documents."""

from __future__ import annotations

from typing import Any

from market.accounts.models import Organisation
from market.documents.issuing import issue
from market.documents.models import IssuedDocument
from market.documents.sentences import sentence
from market.documents.states import DocumentKind
from market.kit.formats import long_day
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.rankings.models import Ranking, RankingWarning
from market.rankings.places import offices_of
from market.rankings.queries import period_words, points_words
from market.rankings.states import WarningKind
from market.records.by import By

TEMPLATE = "letter.typ"


async def issue_warning_letter(warning: RankingWarning, *, by: By) -> IssuedDocument:
    """Issue the letter by which a warning is given, with its grounds and the plan's last day."""
    ranking = await Ranking.get(id=warning.ranking_id).select_related("scheme")
    with in_source_language():
        content = {
            "title": _title(warning.kind),
            "to": await _addressee(warning, ranking),
            "paragraphs": [
                sentence(
                    "根据%(what)s排序方案第 %(version)s 版（%(basis)s），"
                    "因下列排序结果，对%(name)s给予%(kind)s。",
                    what=str(ranking.kind.label),
                    version=ranking.scheme.version,
                    basis=ranking.scheme.basis,
                    name=warning.name,
                    kind=str(warning.kind.label),
                )
            ],
            "head": [_("期间"), _("结果")],
            "rows": await _grounds(warning),
            "after": [
                sentence(
                    "请自发出之日起三个月内（至 %(day)s）整改：分析原因，提出整改计划和措施，"
                    "并在平台提交整改情况。",
                    day=long_day(warning.plan_until) if warning.plan_until else "—",
                ),
                sentence("之后一期的排序不再符合上述情形的，可以解除。"),
            ],
        }
    return await _issue(DocumentKind.WARNING, warning, content, ranking, by=by)


async def issue_lifting_letter(warning: RankingWarning, *, by: By) -> IssuedDocument:
    """Issue the letter by which a warning is lifted."""
    ranking = await Ranking.get(id=warning.ranking_id)
    with in_source_language():
        content = {
            "title": _("解除通知书"),
            "to": await _addressee(warning, ranking),
            "paragraphs": [
                sentence(
                    "经审查，自本通知发出之日起，解除对%(name)s的%(kind)s（%(number)s）。",
                    name=warning.name,
                    kind=str(warning.kind.label),
                    number=warning.number,
                )
            ],
            "head": [],
            "rows": [],
            "after": [],
        }
    return await _issue(DocumentKind.LIFTING, warning, content, ranking, by=by)


def _title(kind: WarningKind) -> str:
    return {
        WarningKind.REMINDER: _("提醒函"),
        WarningKind.YELLOW: _("黄牌警告通知书"),
        WarningKind.RED: _("红牌警告通知书"),
    }[kind]


async def _addressee(warning: RankingWarning, ranking: Ranking) -> str:
    office = (await offices_of(ranking.kind)).get(warning.place)
    organisation = await Organisation.get_or_none(id=office) if office else None
    return organisation.name if organisation else warning.name


async def _grounds(warning: RankingWarning) -> list[list[str]]:
    numbers = [ground["number"] for ground in warning.grounds]
    rankings = {ranking.number: ranking for ranking in await Ranking.filter(number__in=numbers)}
    rows = []
    for ground in warning.grounds:
        ranking = rankings[ground["number"]]
        words = (
            _("未按时报送，不排名")
            if ground["score"] is None
            else _(
                "第 %(rank)s，%(score)s 分",
                rank=ground.get("rank") or "—",
                score=points_words(ground["score"]),
            )
        )
        rows.append([period_words(ranking.period_kind, ranking.begins_on), f"{words}（{ranking.number}）"])
    return rows


async def _issue(
    kind: DocumentKind, warning: RankingWarning, content: dict[str, Any], ranking: Ranking, *, by: By
) -> IssuedDocument:
    return await issue(
        kind,
        subject_kind=RankingWarning.record_kind,
        subject_id=warning.id,
        template=TEMPLATE,
        content=content,
        issuer=_("主管部门"),
        addressee_id=(await offices_of(ranking.kind)).get(warning.place),
        by=by,
    )
