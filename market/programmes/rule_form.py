"""A rule set laid out as a form: groups of fields, each beside the clause it rests on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.kit.i18n import lazy
from market.programmes import rule_values as words
from market.programmes.rule_layout import Act, RuleClause, RuleGroup, name_of
from market.programmes.rule_rates import RatesLayout
from market.programmes.rule_values import Kind

REQUIRED_CLAUSES = frozenset({"applicant", "base", "rate", "caps"})


def rule_form(content: Mapping[str, Any]) -> list[RuleGroup]:
    """Lay out a rule file that has passed the schema."""
    return _RuleLayout(content).groups()


class _RuleLayout(RatesLayout):
    def groups(self) -> list[RuleGroup]:
        return [
            self._basics(),
            self._applicant(),
            self._contracts(),
            self._rates(),
            self._caps(),
            *([self._scoring()] if "scoring" in self.content else []),
            self._procedure(),
            self._clauses(),
        ]

    def _basics(self) -> RuleGroup:
        return RuleGroup(
            lazy("版本与发布单位"),
            clause=RuleClause(self.content["source"]["document"], "", self.content["source"]["note"]),
            fields=(
                self.one(("version",), lazy("版本号")),
                self.one(("valid_from",), lazy("生效日"), Kind.DAY),
                self.one(("title",), lazy("名称")),
                self.one(("issuer", "name"), lazy("发布单位")),
                self.one(("issuer", "level"), lazy("级别"), Kind.CHOICE, options=words.LEVELS),
                self.one(("issuer", "region"), lazy("发布单位所在地（区划代码）")),
                self.one(("source", "document"), lazy("所依据的文件")),
                self.one(("source", "note"), lazy("关于文本的说明"), Kind.LONG),
            ),
        )

    def _applicant(self) -> RuleGroup:
        conditions = self.listed(
            ("applicant", "conditions"), lazy("对申请单位的条件"), "applicant_condition", self._condition
        )
        return RuleGroup(
            lazy("申请单位"),
            ("applicant",),
            self.clause("applicant"),
            (
                self.one(("applicant", "role"), lazy("申请身份"), Kind.CHOICE, options=words.ROLES),
                self.one(
                    ("applicant", "kinds"), lazy("单位性质"), Kind.CHOICES, options=words.APPLICANT_KINDS
                ),
                self.one(("applicant", "region"), lazy("适用地区（区划代码）"), blank="drop"),
            ),
            (conditions,),
        )

    def _contracts(self) -> RuleGroup:
        is_per_contract = self.content["per"] == "contract"
        conditions = [self.listed(("conditions",), lazy("对合同的条件"), "condition", self._condition)]
        conditions = conditions if is_per_contract else []
        kinds = RuleGroup(
            lazy("合同类型"),
            ("kinds",),
            self.clause("kinds"),
            (
                self.one(("per",), lazy("计算单位"), Kind.CHOICE, options=words.PER),
                self.one(
                    ("kinds",), lazy("合同类型"), Kind.CHOICES, options=words.CONTRACT_KINDS, blank="drop"
                ),
            ),
        )
        return RuleGroup(
            lazy("合同、基数与条件"),
            groups=(kinds, self._base(), *conditions, *self._once(), *self._summed()),
            acts=self.optional(("summed",), lazy("先合计基数"), "summed") if is_per_contract else (),
        )

    def _base(self) -> RuleGroup:
        base = self.content["base"]
        fields = [self.one(("base", "fact"), lazy("基数"), Kind.CHOICE, options=words.BASES)]
        if "window" in base:
            fields += [
                self.one(
                    ("base", "window", edge),
                    label,
                    Kind.EDGE,
                    blank="null",
                    unit=lazy("日期，或相对申报年度的年数"),
                )
                for edge, label in (("from", lazy("到账起")), ("to", lazy("到账止")))
            ]
        fields += [
            self.one(
                ("base", "years_after_registration"), lazy("登记后第几年的销售收入"), Kind.CODES, blank="drop"
            ),
            self.one(
                ("base", "at_most"),
                lazy("基数不超过"),
                Kind.CHOICE,
                options={name: words.BASES[name] for name in ("contract_amount", "trade_amount")},
                blank="drop",
            ),
            self.one(("base", "less_excluded"), lazy("扣除的费用（代码）"), Kind.CODES, blank="drop"),
            self.one(
                ("base", "equity"),
                lazy("作价入股按实缴出资"),
                Kind.YES_NO,
                options=words.YES_NO,
                blank="drop",
            ),
            self.clause_field(("base",)),
        ]
        needs_window = base["fact"] == "receipts"
        acts = () if needs_window else self.optional(("base", "window"), lazy("到账期限"), "window")
        return RuleGroup(lazy("基数"), ("base",), self.clause(base["clause"]), tuple(fields), acts=acts)

    def _once(self) -> list[RuleGroup]:
        if "once" not in self.content:
            return []
        once = self.content["once"]
        fields = (
            self.one(("once", "text"), lazy("条件的文字")),
            self.one(("once", "kinds"), lazy("合同类型"), Kind.CHOICES, options=words.CONTRACT_KINDS),
            self.one(("once", "same"), lazy("相同的事实（代码）"), Kind.CODES),
            self.one(("once", "name"), lazy("代号")),
            self.clause_field(("once",)),
        )
        acts = self.optional(("once",), lazy("只计一次"), "")
        return [
            RuleGroup(lazy("只计最早登记的一份"), ("once",), self.clause(once["clause"]), fields, acts=acts)
        ]

    def _summed(self) -> list[RuleGroup]:
        if "summed" not in self.content:
            return []
        gate = self.content["summed"].get("gate")
        fields = [self.one(("summed", "by"), lazy("怎样合计"), Kind.CHOICE, options=words.SUMMED_BY)]
        if gate is not None:
            path = ("summed", "gate")
            tests = {name: words.TESTS[name] for name in ("at_least", "more_than")}
            fields += [
                self.one((*path, "text"), lazy("门槛的文字")),
                self.one((*path, "test"), lazy("比较"), Kind.CHOICE, options=tests),
                self.one((*path, "value"), lazy("门槛金额"), Kind.MONEY, unit=lazy("万元")),
                self.one((*path, "name"), lazy("代号")),
                self.clause_field(path),
            ]
        acts = self.optional(("summed", "gate"), lazy("合计后的门槛"), "gate")
        clause = self.clause(gate["clause"] if gate else self.content["base"]["clause"])
        return [RuleGroup(lazy("先合计基数"), ("summed",), clause, tuple(fields), acts=acts)]

    def _procedure(self) -> RuleGroup:
        path = ("procedure",)
        return RuleGroup(
            lazy("程序、材料与假定"),
            clause=RuleClause(self.content["source"]["document"], "", self.content["source"]["note"]),
            fields=(
                self.one((*path, "publicity_days"), lazy("公示天数"), Kind.NUMBER),
                self.one((*path, "publicity_unit"), lazy("怎样数天"), Kind.CHOICE, options=words.DAYS),
                self.one((*path, "instalments"), lazy("分期拨付的比例"), Kind.SHARES, unit="%"),
                self.one((*path, "clawback"), lazy("什么情形追回"), Kind.LONG),
                self.one(("evidence",), lazy("申报材料（一行一种）"), Kind.LINES, blank="empty"),
                self.one(("excludes",), lazy("不可兼得（一行一项）"), Kind.LINES, blank="empty"),
                self.one(("assumptions",), lazy("假定（一行一条）"), Kind.LINES, blank="empty"),
            ),
        )

    def _clauses(self) -> RuleGroup:
        groups = []
        for name, raw in self.content["clauses"].items():
            path = ("clauses", name)
            fields = (
                self.one((*path, "document"), lazy("文件（空：所依据的文件）"), blank="drop"),
                self.one((*path, "article"), lazy("条款（空：文本未分条）"), blank="null"),
                self.one((*path, "summary"), lazy("摘要"), Kind.LONG),
            )
            needed = name in REQUIRED_CLAUSES or (name == "kinds" and self.content["per"] == "contract")
            acts = () if needed else (Act(f"drop.{name_of(path)}", lazy("去掉这一条"), path),)
            groups.append(RuleGroup(raw["summary"], path, self.clause(name), fields, acts=acts))
        act = Act("add.rule.clauses", lazy("加一条条款"), ("clauses",), "clause")
        return RuleGroup(lazy("条款与摘要"), ("clauses",), groups=tuple(groups), acts=(act,))
