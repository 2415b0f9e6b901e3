"""Statuses of surveys and their entries, workflows, verdicts, audit verbs and permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, OVERSEERS, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class SurveyStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    OPEN = "open", lazy("征集中"), "act"
    CLOSED = "closed", lazy("已截止，推荐中"), "due"
    SORTING = "sorting", lazy("甄别中"), "due"
    PUBLISHED = "published", lazy("已公布"), "done"
    ARCHIVED = "archived", lazy("已归档")


class SurveyAction(LabelEnum):
    OPEN = "open", lazy("开始征集")
    CLOSE = "close", lazy("截止")
    SORT = "sort", lazy("开始甄别")
    PUBLISH = "publish", lazy("公布结果")
    ARCHIVE = "archive", lazy("归档")


class SurveyVerb(LabelEnum):
    """Audit verbs of surveys besides the actions of the workflow."""

    CREATED = "created", lazy("新建")
    EDITED = "edited", lazy("修改")
    FORM_CHANGED = "form_changed", lazy("修改附加问题")
    QUOTAS_CHANGED = "quotas_changed", lazy("修改推荐名额")
    EXTENDED = "extended", lazy("延长截止时间")
    RECOMMENDED = "recommended", lazy("按顺序推荐其余填报")


class UnitVerb(LabelEnum):
    """Audit verbs of recommending units."""

    NAMED = "named", lazy("定为推荐单位")
    ENDED = "ended", lazy("不再是推荐单位")


class Channel(LabelEnum):
    """How entries come in."""

    OPEN = "open", lazy("企业直接填报")
    RECOMMENDED = "recommended", lazy("经推荐单位推荐")


class EntryStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    SUBMITTED = "submitted", lazy("已提交"), "act"
    RECOMMENDED = "recommended", lazy("已推荐"), "act"
    DECLINED = "declined", lazy("推荐单位不推荐"), "due"
    SORTED = "sorted", lazy("已甄别，待公布"), "act"
    TOLD = "told", lazy("已告知结果"), "done"
    WITHDRAWN = "withdrawn", lazy("已撤销")


class EntryAction(LabelEnum):
    SUBMIT = "submit", lazy("提交")
    RETRACT = "retract", lazy("撤回修改")
    WITHDRAW = "withdraw", lazy("撤销")
    RECOMMEND = "recommend", lazy("推荐")
    DECLINE = "decline", lazy("不推荐")
    SORT = "sort", lazy("甄别")
    TELL = "tell", lazy("告知结果")


class EntryVerb(LabelEnum):
    """Audit verbs of entries besides the actions of the workflow."""

    CREATED = "created", lazy("新建")
    EDITED = "edited", lazy("修改")
    IMPORTED = "imported", lazy("从表格填报")
    MANDATED = "mandated", lazy("持委托书代填")
    HANDED_OVER = "handed_over", lazy("转到企业名下")


class Verdict(LabelEnum):
    """What becomes of an entry."""

    PUBLISH = "publish", lazy("转为正式需求"), "done"
    MERGE = "merge", lazy("合并"), "done"
    VISIT = "visit", lazy("列入走访核实"), "act"
    POLICY = "policy", lazy("政策咨询，转有关部门"), "note"
    NOT_TECHNICAL = "not_technical", lazy("不是技术需求"), "wrong"
    DUPLICATE = "duplicate", lazy("重复填报"), "wrong"
    SECRET = "secret", lazy("可能涉密，不公开"), "wrong"
    REJECT = "reject", lazy("暂不采纳"), "wrong"


WITHOUT_REASON = frozenset({Verdict.PUBLISH, Verdict.MERGE})
"""Every other verdict tells the entrant why."""

S, A = SurveyStatus, SurveyAction
SURVEY_WORKFLOW = Workflow[SurveyStatus, SurveyAction](
    {
        (S.DRAFT, A.OPEN): S.OPEN,
        (S.OPEN, A.CLOSE): S.CLOSED,
        (S.CLOSED, A.SORT): S.SORTING,
        (S.SORTING, A.PUBLISH): S.PUBLISHED,
        (S.PUBLISHED, A.ARCHIVE): S.ARCHIVED,
    },
    refusal=lazy("这次征集的状态已经变了，现在不能这样做。请刷新后再看。"),
)
E, B = EntryStatus, EntryAction
TO_SORT = (E.SUBMITTED, E.RECOMMENDED, E.DECLINED)
"""Handed in, and without a verdict."""
HANDED_IN = (*TO_SORT, E.SORTED, E.TOLD)
"""What counts as submitted."""
ENTRY_WORKFLOW = Workflow[EntryStatus, EntryAction](
    {
        (E.DRAFT, B.SUBMIT): E.SUBMITTED,
        (E.SUBMITTED, B.RETRACT): E.DRAFT,
        (E.DRAFT, B.WITHDRAW): E.WITHDRAWN,
        (E.SUBMITTED, B.WITHDRAW): E.WITHDRAWN,
        (E.SUBMITTED, B.RECOMMEND): E.RECOMMENDED,
        (E.DECLINED, B.RECOMMEND): E.RECOMMENDED,
        (E.SUBMITTED, B.DECLINE): E.DECLINED,
        (E.RECOMMENDED, B.DECLINE): E.DECLINED,
        **{(status, B.SORT): E.SORTED for status in (*TO_SORT, E.SORTED)},
        (E.SORTED, B.TELL): E.TOLD,
    },
    refusal=lazy("这条填报的状态已经变了，现在不能这样做。请刷新后再看。"),
)


class SurveyAct(StrEnum):
    """Acts of this room that need a permission."""

    ENTER_SURVEY = "enter_survey"
    """Fill in an entry of the own organisation; for kinds of organisation that post needs."""
    ENTER_BY_MANDATE = "enter_by_mandate"
    """Enter for a firm with its letter; the broker sees and changes only such entries of their own."""
    RECOMMEND_ENTRIES = "recommend_entries"
    """Recommend entries; only members of a named recommending unit find any."""
    READ_ENTRIES = "read_entries"
    """Open an entry: of the own organisation or unit, by one's mandate, or, for overseers, any."""
    MANAGE_SURVEYS = "manage_surveys"
    READ_SURVEYS = "read_surveys"
    """Read all entries and the report."""


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    SurveyAct.ENTER_SURVEY: ORGANISATION,
    SurveyAct.ENTER_BY_MANDATE: frozenset({Role.BROKER}),
    SurveyAct.RECOMMEND_ENTRIES: ORGANISATION,
    SurveyAct.READ_ENTRIES: ORGANISATION | OVERSEERS | {Role.BROKER},
    SurveyAct.MANAGE_SURVEYS: frozenset({Role.OPERATOR}),
    SurveyAct.READ_SURVEYS: OVERSEERS,
}
