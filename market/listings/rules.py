"""Required fields, completeness, review rubric and expiry of listings. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from market.codes.lists import PATENT_KINDS
from market.codes.patents import foreign_number
from market.kit.errors import Invalid
from market.kit.formats import wan
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _

MAX_POINTS = 5
POINTS_TO_PUBLISH = 10
MONTHS_ON_OFFER = 12
MAX_COMMENT_LENGTH = 2000
MAX_KEYWORDS = 20
MAX_KEYWORD_LENGTH = 60

HEADINGS: Mapping[str, tuple[Lazy, Lazy]] = {
    "advantage": (lazy("优势与创新"), lazy("比现有方案好在哪里、好多少，有没有数字和依据")),
    "clarity": (lazy("清晰度"), lazy("外行能看懂问题，内行能看懂方案，标题和亮点不空泛")),
    "cooperation": (lazy("合作预期"), lazy("怎么合作、要什么条件、多少钱、找谁，写清楚了没有")),
    "language": (lazy("规范与语言"), lazy("栏目填在该填的地方，没有夸大、广告语和不当内容")),
}
"""The rubric's four headings, 0-5 points each, with its guidance for the operator."""

ANCHORS: Mapping[str, Mapping[int, Lazy]] = {
    "advantage": {
        0: lazy("没有说好在哪里"),
        2: lazy("说了好处，没有数字"),
        4: lazy("与现有方案对比，有数字"),
        5: lazy("数字有检测、试用或论文为据"),
    },
    "clarity": {
        0: lazy("看不出解决什么问题"),
        2: lazy("问题清楚，方案含糊"),
        4: lazy("问题、方案、指标都清楚"),
        5: lazy("外行一读就懂，内行能判断"),
    },
    "cooperation": {
        0: lazy("没有合作方式或联系人"),
        2: lazy("只写“面议”“合作开发”"),
        4: lazy("方式、价格或条件写明"),
        5: lazy("付款、地域、期限都可以谈起"),
    },
    "language": {
        0: lazy("广告语、联系方式或不当内容"),
        2: lazy("栏目错放，有夸大的词"),
        4: lazy("规范，个别用词可改"),
        5: lazy("规范，无需改动"),
    },
}
"""What 0, 2, 4 and 5 points mean under each heading; 1 and 3 lie between."""

OUTCOME_WEIGHTS: Mapping[str, tuple[int, Lazy]] = {
    "title": (8, lazy("成果名称")),
    "highlight": (8, lazy("一句话亮点")),
    "field": (6, lazy("技术领域")),
    "industries": (3, lazy("重点产业")),
    "trl": (6, lazy("成熟度")),
    "modes": (6, lazy("合作方式")),
    "region": (2, lazy("所在地")),
    "problem": (8, lazy("要解决的问题")),
    "solution": (10, lazy("技术方案与创新点")),
    "comparison": (10, lazy("与现有方案对比")),
    "indicators": (4, lazy("主要技术指标")),
    "applications": (4, lazy("应用场景与案例")),
    "economics": (4, lazy("经济性测算")),
    "evidence": (4, lazy("成熟度证据")),
    "rights": (5, lazy("知识产权")),
    "conditions": (4, lazy("合作条件")),
    "team": (3, lazy("团队")),
    "contact_name": (2, lazy("联系人")),
    "keywords": (3, lazy("关键词")),
}
NEED_WEIGHTS: Mapping[str, tuple[int, Lazy]] = {
    "title": (10, lazy("需求名称")),
    "field": (8, lazy("技术领域")),
    "industries": (4, lazy("重点产业")),
    "kind": (5, lazy("需求类型")),
    "background": (6, lazy("背景与现状")),
    "description": (14, lazy("需求描述")),
    "targets": (14, lazy("现有指标与目标指标")),
    "constraints": (6, lazy("约束条件")),
    "attempts": (5, lazy("已尝试的办法与不足")),
    "expected_form": (3, lazy("期望成果形式")),
    "trl_min": (2, lazy("成熟度下限")),
    "modes": (4, lazy("合作方式")),
    "budget_max_amount": (6, lazy("投入预算")),
    "deadline_on": (5, lazy("截止日期")),
    "region": (2, lazy("所在地")),
    "contact_name": (3, lazy("联系人")),
    "keywords": (3, lazy("关键词")),
}
"""Weight of each field in the completeness score of 100, and its label."""

OUTCOME_REQUIRED: Mapping[str, Lazy] = {
    "title": lazy("请填成果名称。"),
    "highlight": lazy("请用一句话说明亮点，最好带一个数字。"),
    "field": lazy("请选择技术领域。"),
    "trl": lazy("请选择成熟度。"),
    "modes": lazy("请至少选一种合作方式。"),
    "region": lazy("请选择所在地。"),
    "problem": lazy("请说明要解决的问题。"),
    "solution": lazy("请说明技术方案与创新点。"),
    "team": lazy("请至少填一位负责人。"),
    "contact_name": lazy("请填联系人。"),
    "keywords": lazy("请至少填一个关键词。"),
}
NEED_REQUIRED: Mapping[str, Lazy] = {
    "title": lazy("请填需求名称。"),
    "field": lazy("请选择技术领域。"),
    "kind": lazy("请选择需求类型。"),
    "description": lazy("请说明需求。"),
    "targets": lazy("请至少填一行指标：现在是多少，要达到多少。"),
    "deadline_on": lazy("请填截止日期。"),
    "region": lazy("请选择所在地。"),
    "contact_name": lazy("请填联系人。"),
}
"""Fields required for submission, each with its error sentence."""


def may_have_open_licence(right: Mapping[str, str]) -> bool:
    """Return whether a right can be under an open licence: a granted Chinese patent (专利法 art. 50)."""
    is_chinese = foreign_number(right.get("number", "")) is None
    return is_chinese and right.get("kind") in PATENT_KINDS and right.get("status") == "granted"


def is_open_licence(right: Mapping[str, str]) -> bool:
    """Return whether the holder has declared an open licence (开放许可) of this right."""
    return right.get("open_licence") == "yes" and may_have_open_licence(right)


def completeness_of_outcome(outcome: Any) -> tuple[int, list[tuple[str, str]]]:
    """Return the score 0-100 and what is missing, as pairs of field and its name."""
    return _completeness(outcome, OUTCOME_WEIGHTS)


def completeness_of_need(need: Any) -> tuple[int, list[tuple[str, str]]]:
    """Return the score 0-100 and what is missing, as pairs of field and its name."""
    return _completeness(need, NEED_WEIGHTS)


def faults_of_outcome(outcome: Any) -> list[tuple[str, str]]:
    """Return the faults that prevent submission of an outcome: pairs of field and sentence."""
    return _missing(outcome, OUTCOME_REQUIRED) + _unnamed(outcome, "comparison") + _contact_faults(outcome)


def faults_of_need(need: Any, today: date) -> list[tuple[str, str]]:
    """Return the faults that prevent submission of a need: pairs of field and sentence."""
    faults = _missing(need, NEED_REQUIRED) + _unnamed(need, "targets") + _contact_faults(need)
    if need.deadline_on is not None and need.deadline_on <= today:
        faults.append(("deadline_on", _("截止日期应在今天之后。")))
    return faults


@dataclass(frozen=True)
class Points:
    """An operator's points by the rubric, 0-5 each."""

    advantage: int
    clarity: int
    cooperation: int
    language: int

    def __post_init__(self) -> None:
        for heading, points in self.by_heading.items():
            if not 0 <= points <= MAX_POINTS:
                raise Invalid(_("每项打 0 到 5 分。"), heading)

    @property
    def by_heading(self) -> dict[str, int]:
        return {heading: int(getattr(self, heading)) for heading in HEADINGS}

    @property
    def total(self) -> int:
        return sum(self.by_heading.values())

    @property
    def may_publish(self) -> bool:
        """Return whether the rubric allows publication: ten points or more, and no zero."""
        return self.total >= POINTS_TO_PUBLISH and min(self.by_heading.values()) > 0


def check_decision(
    points: Points, *, is_published: bool, comment: str, remarks: Mapping[str, str] | None = None
) -> None:
    """Raise unless the rubric allows the decision; remarks at fields are reasons too.

    Raises:
        Invalid: published below the threshold, returned without a reason, or the comment is too long.
    """
    if is_published and not points.may_publish:
        raise Invalid(
            _(
                "现在是 %(total)s 分。满 %(least)s 分且没有零分才能发布，否则请退回修改。",
                total=points.total,
                least=POINTS_TO_PUBLISH,
            ),
            "decision",
        )
    if not is_published and not comment.strip() and not remarks:
        raise Invalid(_("退回时请写明理由，或指出哪一栏要改，作者会看到。"), "comment")
    if len(comment) > MAX_COMMENT_LENGTH:
        raise Invalid(_("意见最多 %(most)s 个字。", most=MAX_COMMENT_LENGTH), "comment")


def months_later(day: date, months: int) -> date:
    """Return the same day a number of months later, or the last day of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    _weekday, days = monthrange(day.year + year, month + 1)
    return date(day.year + year, month + 1, min(day.day, days))


def expires_on(verified_on: date, deadline_on: date | None = None) -> date:
    """Return the last day on offer: twelve months after verification, for a need at most its deadline."""
    end = months_later(verified_on, MONTHS_ON_OFFER)
    return min(end, deadline_on) if deadline_on else end


def split_keywords(text: str) -> list[str]:
    """Split a line into keywords at ；，、 and the like, deduplicated, but for a comma between digits."""
    parts = re.split(r"[;；，、\n\t|]|(?<!\d),|,(?!\d)", text)
    return list(dict.fromkeys(" ".join(word.split()) for word in parts if word.strip()))


def keywords_of(text: str) -> list[str]:
    """Return the keywords of a line, cut to what a listing holds; forms refuse what would be cut."""
    words = (word[:MAX_KEYWORD_LENGTH] for word in split_keywords(text))
    return list(dict.fromkeys(words))[:MAX_KEYWORDS]


def first_sentence(text: str, most: int) -> str:
    """Return the first sentence of a text, truncated with … to `most` characters."""
    flat = " ".join(text.split())
    match = re.match(r".+?[。！？!?；;](?=\s|\S|$)|.+?\.(?=\s+[A-Z\u4e00-\u9fff])", flat)
    sentence = (match[0] if match else flat).rstrip("；;")
    return sentence if len(sentence) <= most else sentence[: most - 1] + "…"


def _completeness(listing: Any, weights: Mapping[str, tuple[int, Lazy]]) -> tuple[int, list[tuple[str, str]]]:
    missing = [(name, str(words)) for name, (_weight, words) in weights.items() if not getattr(listing, name)]
    return 100 - sum(weights[name][0] for name, _words in missing), missing


def _missing(listing: Any, required: Mapping[str, Lazy]) -> list[tuple[str, str]]:
    return [(name, str(sentence)) for name, sentence in required.items() if not getattr(listing, name)]


def _contact_faults(listing: Any) -> list[tuple[str, str]]:
    if listing.contact_phone or listing.contact_email:
        return []
    return [("contact_phone", _("电话和邮箱至少填一项。"))]


def budget_text(need: Any) -> str:
    """Return what the enterprise would spend: 80.00–150.00 万元, 200.00 万元以内, or 面议."""
    low, high = need.budget_min_amount, need.budget_max_amount
    if high is None:
        return _("面议")
    if low is None or low == high:
        return _("%(amount)s以内", amount=wan(high)) if low is None else wan(high)
    return _("%(low)s–%(high)s", low=f"{Decimal(low) / 1_000_000:,.2f}", high=wan(high))


def _unnamed(listing: Any, name: str) -> list[tuple[str, str]]:
    """Return the fault of rows that hold a figure without saying of what."""
    places = [
        place for place, row in enumerate(getattr(listing, name) or (), start=1) if not row.get("indicator")
    ]
    if not places:
        return []
    return [(name, _("第 %(rows)s 行没有写是什么指标。", rows="、".join(map(str, places))))]
