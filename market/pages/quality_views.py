"""The public page about the quality of matching."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.kit.charts import Funnel, Stage
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render
from market.pages import quality

DEFINITIONS = (
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
    funnel = await quality.funnel()
    stages = [Stage(str(label), funnel.counts[key], f"#def-{key}") for key, label in quality.STAGES.items()]
    return render(
        request,
        "pages/quality.html",
        report=await quality.find_report(),
        funnel=funnel,
        matches=Funnel(_("对接走到了哪一步"), stages),
        stages=quality.STAGES,
        definitions=[(key, (label, meaning)) for key, label, meaning in DEFINITIONS],
    )


routes = [Route("/quality", show, name="pages:quality")]
