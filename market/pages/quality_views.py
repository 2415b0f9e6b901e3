"""The public page about quality of listings, answers, matching and search, with the rows of its counts."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import optional_actor
from market.codes.labels import label
from market.kit.charts import Funnel, Stage
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.pages import quality
from market.pages.home_figures import rows_address
from market.pages.quality_figures import (
    BETWEEN,
    BY_KEY,
    MOST_TEXT,
    PRIVATE,
    STAGES,
    counts_of,
    field_words,
    until,
)
from market.records.figures import list_rows, value_of

DEFINITIONS = (
    ("live", lazy("在架的成果和需求"), lazy("现在能在列表里看到的成果和需求。")),
    (
        "whole",
        lazy("写得完整的"),
        lazy("完整度 80 以上的；完整度按各栏的分量合计，满分 100。写得太少的，完整度不到 60。"),
    ),
    (
        "stale",
        lazy("久未核实的"),
        lazy("核实满三百天以后提醒过、单位还没有确认的，在列表里排在后面。到期没有确认的会下架。"),
    ),
    ("double", lazy("名称与另一条相同的"), lazy("去掉空格和标点以后，与另一条在架的名称完全相同。")),
    (
        "asked",
        lazy("公开提问"),
        lazy("对成果、需求和榜单公开提的问题；隐藏了的不计。答复以前看不到问的是哪一条。"),
    ),
    ("quick", lazy("三天内答复的"), lazy("从提问到答复不超过 72 小时。中位数是一半的答复比它快。")),
    ("shown", lazy("推荐"), lazy("系统算出、双方页面上能看到的匹配，一条需求和一项成果算一条。")),
    (
        "opened",
        lazy("处理"),
        lazy(
            "有人对它做了事：经纪人接手，一方表示不感兴趣，或一方发起洽谈。只看不做的不计，因为看页面不留记录。"
        ),
    ),
    ("interested", lazy("有意向"), lazy("经纪人登记了引荐，或一方由这条匹配发起了意向。")),
    ("talking", lazy("洽谈"), lazy("双方都同意互见联系方式，或已经开始报价。")),
    ("signed", lazy("签约"), lazy("由这条匹配而来的交易签了合同；后来解除的也计入。")),
    (
        "refused",
        lazy("不感兴趣的原因"),
        lazy("一方对匹配点“不感兴趣”时选的原因，每个单位对每条匹配至多一次。"),
    ),
    ("ended", lazy("谈了没成的原因"), lazy("由匹配而来的交易在签约前终止时填的原因。")),
    (
        "ndcg_10",
        quality.MEASURES["ndcg_10"],
        lazy("排在前 10 的成果按打分（2 的幂减 1）计分，越靠后折扣越大，再除以最好排法的得分；各需求平均。"),
    ),
    (
        "auc",
        quality.MEASURES["auc"],
        lazy("任取一项 2 分以上和一项 2 分以下的成果，前者排在前面的可能性；各需求取平均。0.5 相当于随机。"),
    ),
    (
        "recall_100",
        quality.MEASURES["recall_100"],
        lazy("从全部成果里找，2 分以上的成果有多大比例进入前 100；各需求取平均。"),
    ),
    (
        "mrr_10",
        quality.MEASURES["mrr_10"],
        lazy("要找的成果排第几，取名次的倒数，排在 10 名以外记 0；各次搜索取平均。"),
    ),
    ("recall_10", quality.MEASURES["recall_10"], lazy("要找的成果进入前 10 的搜索占多大比例。")),
    (
        "duplicates",
        lazy("重复信息"),
        lazy(
            "两条文字按三个字一段比较，相同的段达到界限即算重复。数的是找到几组真的重复，又误把几对算作重复。"
        ),
    ),
    (
        "interval",
        lazy("95% 区间"),
        lazy("把题目反复重抽一千次以上重算，中间 95% 的结果落在的范围。题目少，区间就宽。"),
    ),
    ("baseline", lazy("对照"), lazy("同样的题目，用更简单的办法得到的数值。")),
)
"""What each number on the page means, as it is computed."""


async def show(request: Request) -> Response:
    counts = await counts_of(local_date(deps(request).clock()))
    stages = [
        Stage(str(words), counts.stages[key].count, rows_address(request, counts.stages[key]))
        for key, words in STAGES.items()
    ]
    return render(
        request,
        "pages/quality.html",
        report=await quality.find_report(),
        counts=counts,
        matches=Funnel(_("对接走到了哪一步"), stages),
        stages=STAGES,
        definitions=[(key, (label, meaning)) for key, label, meaning in DEFINITIONS],
    )


async def rows(request: Request) -> Response:
    """Show exactly the rows of a count; of matches guests read no names, the department does."""
    query, actor = request.query_params, optional_actor(request)
    figure = BY_KEY.get(query.get("figure", ""))
    if figure is None:
        raise NotFound(_("没有这项统计。"))
    scope = {name: query.get(name, "").replace("\x00", "")[:most] for name, most in MOST_TEXT.items()}
    value = await value_of(figure, until(local_date(deps(request).clock())), scope)
    page_request = PageRequest.from_query(query)
    items = await list_rows(figure, value.period, scope, offset=page_request.offset, limit=page_request.size)
    is_private = figure.source in PRIVATE
    reads_all = actor is not None and actor.may(AccountAct.SEE_DESK)
    columns = (*figure.source.columns, *(BETWEEN if is_private and reads_all else ()))
    return render(
        request,
        "pages/quality_rows.html",
        value=value,
        page=page_request.page(items, value.count),
        columns=columns,
        is_hidden=is_private and not reads_all,
        narrowed=_narrowed(figure.key, scope),
    )


def _narrowed(key: str, scope: Mapping[str, str]) -> list[str]:
    kind = "drop_reason" if key == "refused" else "end_reason"
    return [
        *([field_words(scope["field"])] if scope["field"] else []),
        *([label(kind, scope["reason"])] if scope["reason"] else []),
    ]


routes = [
    Route("/quality", show, name="pages:quality"),
    Route("/quality/rows", rows, name="pages:quality_rows", methods=["GET"]),
]
