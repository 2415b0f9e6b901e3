"""Statuses of a solution (揭榜方案), its workflow and audit verbs. Pure."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class SolutionStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    SUBMITTED = "submitted", lazy("已提交"), "act"
    WITHDRAWN = "withdrawn", lazy("已撤回")
    ADMITTED = "admitted", lazy("通过形式审查"), "act"
    INADMISSIBLE = "inadmissible", lazy("未通过形式审查"), "wrong"
    CHOSEN = "chosen", lazy("入选"), "done"
    NOT_CHOSEN = "not_chosen", lazy("未入选")


class SolutionAction(LabelEnum):
    SUBMIT = "submit", lazy("提交方案")
    WITHDRAW = "withdraw", lazy("撤回方案")
    ADMIT = "admit", lazy("通过形式审查")
    REFUSE = "refuse", lazy("不通过形式审查")
    CHOOSE = "choose", lazy("入选")
    PASS_OVER = "pass_over", lazy("未入选")
    PROMOTE = "promote", lazy("递补入选")
    REOPEN = "reopen", lazy("重新评选")


class SolutionVerb(LabelEnum):
    """Audit verbs of solutions besides the actions of the workflow."""

    BEGUN = "begun", lazy("新建方案草稿")
    OPENED = "opened", lazy("开启方案")


S, A = SolutionStatus, SolutionAction
SOLUTION_WORKFLOW = Workflow[SolutionStatus, SolutionAction](
    {
        (S.DRAFT, A.SUBMIT): S.SUBMITTED,
        (S.SUBMITTED, A.SUBMIT): S.SUBMITTED,
        (S.SUBMITTED, A.WITHDRAW): S.WITHDRAWN,
        (S.SUBMITTED, A.ADMIT): S.ADMITTED,
        (S.SUBMITTED, A.REFUSE): S.INADMISSIBLE,
        (S.ADMITTED, A.CHOOSE): S.CHOSEN,
        (S.ADMITTED, A.PASS_OVER): S.NOT_CHOSEN,
        (S.CHOSEN, A.PASS_OVER): S.NOT_CHOSEN,
        (S.NOT_CHOSEN, A.PROMOTE): S.CHOSEN,
        (S.CHOSEN, A.REOPEN): S.ADMITTED,
        (S.NOT_CHOSEN, A.REOPEN): S.ADMITTED,
    },
    refusal=lazy("这份方案的状态已经变了，现在不能这样做。请刷新后再看。"),
)
HANDED_IN = (S.SUBMITTED, S.ADMITTED, S.INADMISSIBLE, S.CHOSEN, S.NOT_CHOSEN)
"""Statuses of a solution that was submitted and not withdrawn."""
