"""Kinds, statuses, workflow, audit verbs and permissions of challenges (揭榜挂帅, 研发众包). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.i18n import Lazy, lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class Kind(LabelEnum):
    """Whose money it is, and so who judges."""

    ENTERPRISE = "enterprise", lazy("企业榜")
    GOVERNMENT = "government", lazy("政府榜")


class Cooperation(LabelEnum):
    COMMISSIONED = "commissioned", lazy("委托开发")
    JOINT = "joint", lazy("联合攻关")
    TRANSFER = "transfer", lazy("技术转让")
    CROWD = "crowd", lazy("研发众包")
    """In packages, each of which is solved by itself."""


class BudgetKind(LabelEnum):
    CEILING = "ceiling", lazy("上限")
    FIXED = "fixed", lazy("定额")
    RANGE = "range", lazy("区间")
    NEGOTIABLE = "negotiable", lazy("面议")


class Pledge(LabelEnum):
    """What shows that the owner has the money; never held by us."""

    NONE = "none", lazy("没有证明")
    STATEMENT = "statement", lazy("书面承诺")
    BANK = "bank", lazy("银行资信证明")
    ACCOUNT = "account", lazy("存入交易机构账户的证明")


class Ownership(LabelEnum):
    """Whom new results belong to (民法典 859–861)."""

    JOINT = "joint", lazy("双方共有")
    OWNER = "owner", lazy("归发榜方")
    SOLVER = "solver", lazy("归揭榜方")
    LICENCE = "licence", lazy("归揭榜方，发榜方有权使用")


class Winners(LabelEnum):
    """How many are chosen, and what they share."""

    ONE = "one", lazy("入选一家")
    SPLIT = "split", lazy("几家分担，金额合计不超过榜额")
    EACH = "each", lazy("几家各做一份，每家金额相同")


class Operator(LabelEnum):
    """How a value that is reached compares to the one that is required."""

    AT_LEAST = "ge", Lazy("≥")
    AT_MOST = "le", Lazy("≤")
    EQUAL = "eq", Lazy("=")
    BETWEEN = "between", lazy("介于")
    YES = "yes", lazy("具备")


class Proof(LabelEnum):
    """By what an indicator is accepted."""

    THIRD_PARTY = "third_party", lazy("第三方检测报告")
    SITE = "site", lazy("现场测试，双方签字")
    SAMPLES = "samples", lazy("样品检验")
    PAPERS = "papers", lazy("计量或结算资料")


class SolverKind(LabelEnum):
    """Kinds of unit that may solve; keys of `OrganisationKind`."""

    ENTERPRISE = "enterprise", lazy("企业")
    UNIVERSITY = "university", lazy("高校")
    INSTITUTE = "institute", lazy("科研院所")
    FARMERS_COOP = "farmers_coop", lazy("农民专业合作社")


class Threshold(LabelEnum):
    """What is not asked of who solves (不设门槛)."""

    TITLE = "title", lazy("职称")
    AGE = "age", lazy("年龄")
    DEGREE = "degree", lazy("学历")
    PAPERS = "papers", lazy("论文数量")
    PROJECTS = "projects", lazy("已获项目")


class ChallengeStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    COLLECTING = "collecting", lazy("论证中"), "due"
    REJECTED = "rejected", lazy("不予张榜"), "wrong"
    LISTED = "listed", lazy("已张榜"), "note"
    RESPONDING = "responding", lazy("揭榜中"), "act"
    CLOSED = "closed", lazy("已截止，正在开启方案"), "due"
    CHECKING = "checking", lazy("形式审查"), "due"
    REVIEWING = "reviewing", lazy("评选中"), "due"
    AGREED = "agreed", lazy("供需商定"), "act"
    PUBLICITY = "publicity", lazy("拟揭榜公示"), "note"
    CONTRACTED = "contracted", lazy("签约"), "act"
    EXECUTING = "executing", lazy("攻关"), "act"
    ACCEPTED = "accepted", lazy("验收通过"), "done"
    FAILED = "failed", lazy("未通过验收"), "wrong"
    NO_TAKER = "no_taker", lazy("流榜")
    ENDED = "ended", lazy("已终止"), "wrong"


class ChallengeAction(LabelEnum):
    SUBMIT = "submit", lazy("提交论证")
    RETURN = "return", lazy("退回修改")
    REJECT = "reject", lazy("不予张榜")
    LIST = "list", lazy("张榜")
    OPEN = "open", lazy("开始揭榜")
    CLOSE = "close", lazy("揭榜截止")
    OPEN_SOLUTIONS = "open_solutions", lazy("统一开启方案")
    FIND_NONE = "find_none", lazy("流榜")
    REVIEW = "review", lazy("形式审查结束")
    SELECT = "select", lazy("确定入选")
    PUBLISH = "publish", lazy("拟揭榜公示")
    SET_ASIDE = "set_aside", lazy("异议成立，重新评选")
    CLEAR = "clear", lazy("公示期满")
    CONTRACT = "contract", lazy("进入签约")
    PROMOTE = "promote", lazy("递补下一名")
    EXECUTE = "execute", lazy("开始攻关")
    CUT = "cut", lazy("赛马淘汰")
    ACCEPT = "accept", lazy("验收通过")
    FAIL = "fail", lazy("验收未通过")
    END = "end", lazy("终止")


class EndReason(LabelEnum):
    """Why a challenge came to nothing."""

    NOT_ARGUED = "not_argued", lazy("论证未通过")
    SECRET = "secret", lazy("涉密")
    NONE_CAME = "none_came", lazy("无人揭榜")
    NONE_ADMITTED = "none_admitted", lazy("均未通过形式审查")
    BELOW = "below", lazy("均未达要求")
    NOT_AGREED = "not_agreed", lazy("协商未成")
    WITHDRAWN = "withdrawn", lazy("发榜方终止")


class Ruling(LabelEnum):
    """What two persons decide: the public side about its lists, owner and operator about a firm's end."""

    LIST = "list", lazy("同意张榜"), "done"
    REJECT = "reject", lazy("不予张榜"), "wrong"
    END = "end", lazy("终止"), "wrong"
    FIND_NONE = "find_none", lazy("流榜")
    EXTEND = "extend", lazy("延期")


class ChallengeVerb(LabelEnum):
    """Audit verbs of challenges besides the actions of the workflow."""

    CREATED = "created", lazy("新建")
    EDITED = "edited", lazy("修改")
    PROPOSED = "proposed", lazy("提出决定")
    SENT_BACK = "sent_back", lazy("退回决定")
    EXTENDED = "extended", lazy("延期")
    ANNEXED = "annexed", lazy("添加附件")
    ANNEX_TAKEN_OFF = "annex_taken_off", lazy("取下附件")


S, A = ChallengeStatus, ChallengeAction
PUBLIC = tuple(status for status in S if status not in (S.DRAFT, S.COLLECTING, S.REJECTED))
"""Statuses in which everybody sees the list; what is listed is never taken back (禁止撤榜)."""
TAKING = (S.LISTED, S.RESPONDING)
"""Statuses in which the clock alone tells whether solutions are taken, see `deadlines.is_open`."""
RUNNING = (S.LISTED, S.RESPONDING, S.CLOSED, S.CHECKING, S.REVIEWING, S.AGREED, S.PUBLICITY)
"""Statuses before the contract, in which it can end with a published reason."""
CHALLENGE_WORKFLOW = Workflow[ChallengeStatus, ChallengeAction](
    {
        (S.DRAFT, A.SUBMIT): S.COLLECTING,
        (S.COLLECTING, A.RETURN): S.DRAFT,
        (S.COLLECTING, A.REJECT): S.REJECTED,
        (S.COLLECTING, A.LIST): S.LISTED,
        (S.LISTED, A.OPEN): S.RESPONDING,
        (S.RESPONDING, A.CLOSE): S.CLOSED,
        (S.CLOSED, A.OPEN_SOLUTIONS): S.CHECKING,
        (S.CHECKING, A.REVIEW): S.REVIEWING,
        (S.REVIEWING, A.SELECT): S.AGREED,
        (S.AGREED, A.PUBLISH): S.PUBLICITY,
        (S.AGREED, A.CONTRACT): S.CONTRACTED,
        (S.PUBLICITY, A.CLEAR): S.CONTRACTED,
        (S.PUBLICITY, A.SET_ASIDE): S.REVIEWING,
        (S.CONTRACTED, A.PROMOTE): S.AGREED,
        (S.CONTRACTED, A.EXECUTE): S.EXECUTING,
        (S.EXECUTING, A.CUT): S.AGREED,
        (S.EXECUTING, A.ACCEPT): S.ACCEPTED,
        (S.EXECUTING, A.FAIL): S.FAILED,
        **{
            (status, A.FIND_NONE): S.NO_TAKER
            for status in (S.CLOSED, S.CHECKING, S.REVIEWING, S.AGREED, S.CONTRACTED)
        },
        **{(status, A.END): S.ENDED for status in RUNNING},
    },
    refusal=lazy("这张榜的状态已经变了，现在不能这样做。请刷新后再看。"),
)


class ChallengeAct(StrEnum):
    """Acts of this room that need a permission; whose challenge it is, the guarded getters tell."""

    DRAFT_CHALLENGE = "draft_challenge"
    """Write a challenge of the own organisation and submit it."""
    SOLVE_CHALLENGE = "solve_challenge"
    """Write and submit a solution of the own organisation."""
    WATCH_CHALLENGE = "watch_challenge"
    """Be reminded of a challenge."""
    SELECT_SOLUTION = "select_solution"
    """Check opened solutions, choose among them, end a challenge; as its owner, or for the public side."""
    AGREE_AWARD = "agree_award"
    """Agree on what is awarded, report and accept its milestones."""
    SCREEN_CHALLENGE = "screen_challenge"
    """Return a submitted challenge, have it judged, list a firm's, propose about one of the public side."""
    DECIDE_CHALLENGE = "decide_challenge"
    """Decide what another person proposed about a government list."""
    READ_CHALLENGES = "read_challenges"
    """Read every challenge that is not public yet."""


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ChallengeAct.DRAFT_CHALLENGE: ORGANISATION,
    ChallengeAct.SOLVE_CHALLENGE: ORGANISATION,
    ChallengeAct.WATCH_CHALLENGE: ORGANISATION | {Role.BROKER},
    ChallengeAct.SELECT_SOLUTION: ORGANISATION | {Role.OPERATOR, Role.APPROVER},
    ChallengeAct.AGREE_AWARD: ORGANISATION,
    ChallengeAct.SCREEN_CHALLENGE: frozenset({Role.OPERATOR}),
    ChallengeAct.DECIDE_CHALLENGE: frozenset({Role.APPROVER}),
    ChallengeAct.READ_CHALLENGES: frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR}),
}
