"""The rates, caps and bands of a rule set in its form. Pure."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.programmes import rule_values as words
from market.programmes.rule_layout import Act, Layout, Path, RuleGroup, Words, fact_options, name_of, value_at
from market.programmes.rule_values import Kind

RATE_KINDS = {
    "given": lazy("改为核算时填写"),
    "flat": lazy("改为单一比例"),
    "marginal": lazy("改为超额累进"),
    "slab": lazy("改为分档"),
    "fixed": lazy("改为定额加比例"),
}


class RatesLayout(Layout):
    """Lays out what is paid: rates, add-ons, caps, and the bands of experts' scores."""

    def _rates(self) -> RuleGroup:
        cases = self.listed(("rates",), lazy("比例"), "case", self._case, least=1)
        add_ons = self.listed(("add_ons",), lazy("加成"), "add_on", self._add_on)
        groups = [cases, add_ons]
        if "bound" in self.content:
            fields = (
                self.one(
                    ("bound", "fact"),
                    lazy("不超过这项事实"),
                    Kind.CHOICE,
                    options=fact_options(self.content["bound"]["fact"]),
                ),
                self.clause_field(("bound",)),
            )
            clause = self.clause(self.content["bound"]["clause"])
            groups.append(RuleGroup(lazy("另一上限"), ("bound",), clause, fields))
        return RuleGroup(
            lazy("比例与加成"),
            clause=self.clause("rate"),
            fields=(self.one(("rate_is",), lazy("比例的性质"), Kind.CHOICE, options=words.RATE_IS),),
            groups=tuple(groups),
            acts=self.optional(("bound",), lazy("另一上限"), "bound"),
        )

    def _case(self, path: Path, title: Words) -> RuleGroup:
        raw = value_at(self.content, path)
        when = self.listed((*path, "when"), lazy("适用情形"), "when", self._condition, least=1)
        groups, fields = [when], []
        rate = raw["rate"]
        if rate == "given":
            title = lazy("比例：文本未载，核算时填写")
        elif "flat" in rate:
            fields.append(self.one((*path, "rate", "flat"), lazy("比例"), Kind.PERCENT, unit="%"))
        elif "fixed" in rate:
            fields += [
                self.one((*path, "rate", "above"), lazy("达到"), Kind.MONEY, unit=lazy("万元")),
                self.one((*path, "rate", "fixed"), lazy("定额"), Kind.MONEY, unit=lazy("万元")),
                self.one((*path, "rate", "basis_points"), lazy("超过部分的比例"), Kind.PERCENT, unit="%"),
            ]
        else:
            kind = "marginal" if "marginal" in rate else "slab"
            item = self._marginal if kind == "marginal" else self._slab
            brackets = self.listed((*path, "rate", kind), lazy("分档"), kind, item, least=1)
            groups.append(brackets)
        if "cap" in raw:
            groups.append(self._cap((*path, "cap"), lazy("单项上限")))
        fields += [
            self.one(
                (*path, "in_year_cap"), lazy("计入年度上限"), Kind.YES_NO, options=words.YES_NO, blank="drop"
            ),
            self.one((*path, "name"), lazy("代号")),
            self.clause_field(path),
        ]
        kinds = tuple(
            Act(f"rate.{kind}.{name_of(path)}", label, (*path, "rate"), f"rate_{kind}")
            for kind, label in RATE_KINDS.items()
        )
        acts = (*self.optional((*path, "cap"), lazy("单项上限"), "cap"), *kinds)
        if "when" in raw:
            acts = (*acts, *self.optional((*path, "when"), lazy("全部适用情形"), "when_list"))
        return RuleGroup(title, path, self.clause(raw["clause"]), tuple(fields), tuple(groups), acts)

    def _marginal(self, path: Path, title: Words) -> RuleGroup:
        return RuleGroup(
            title,
            path,
            fields=(
                self.one(
                    (*path, "to"), lazy("到（空：不封顶）"), Kind.MONEY, blank="null", unit=lazy("万元")
                ),
                self.one((*path, "basis_points"), lazy("比例"), Kind.PERCENT, unit="%"),
            ),
        )

    def _slab(self, path: Path, title: Words) -> RuleGroup:
        wan = lazy("万元")
        return RuleGroup(
            title,
            path,
            fields=(
                self.one((*path, "from"), lazy("从"), Kind.MONEY, unit=wan),
                self.one((*path, "from_included"), lazy("含下界"), Kind.YES_NO, options=words.YES_NO),
                self.one((*path, "to"), lazy("到（空：不封顶）"), Kind.MONEY, blank="null", unit=wan),
                self.one((*path, "to_included"), lazy("含上界"), Kind.YES_NO, options=words.YES_NO),
                self.one((*path, "amount"), lazy("定额"), Kind.MONEY, blank="drop", unit=wan),
                self.one((*path, "basis_points"), lazy("比例"), Kind.PERCENT, blank="drop", unit="%"),
                self.one((*path, "cap"), lazy("本档上限"), Kind.MONEY, blank="drop", unit=wan),
            ),
        )

    def _add_on(self, path: Path, title: Words) -> RuleGroup:
        raw = value_at(self.content, path)
        when = self.listed((*path, "when"), lazy("适用情形"), "when", self._condition, least=1)
        fields = (
            self.one((*path, "basis_points"), lazy("比例"), Kind.PERCENT, unit="%"),
            self.one((*path, "cap"), lazy("加成上限"), Kind.MONEY, blank="drop", unit=lazy("万元")),
            self.one((*path, "name"), lazy("代号")),
            self.clause_field(path),
        )
        return RuleGroup(title, path, self.clause(raw["clause"]), fields, (when,))

    def _caps(self) -> RuleGroup:
        caps = self.listed(("caps",), lazy("上限"), "cap_case", self._cap_case)
        fields = (
            self.one(("order",), lazy("计算次序"), Kind.ORDER, options=words.ORDERS),
            self.one(("sharing",), lazy("合同怎样分上限"), Kind.CHOICE, options=words.SHARING),
            self.one(("rounding", "mode"), lazy("舍入"), Kind.CHOICE, options=words.ROUNDING),
            self.one(("rounding", "unit"), lazy("舍入到"), Kind.NUMBER_CHOICE, options=words.UNITS),
            self.one(("pot", "mode"), lazy("年度预算不足时"), Kind.CHOICE, options=words.POTS),
        )
        return RuleGroup(lazy("上限、分配与舍入"), clause=self.clause("caps"), fields=fields, groups=(caps,))

    def _cap_case(self, path: Path, title: Words) -> RuleGroup:
        raw = value_at(self.content, path)
        groups = []
        if "when" in raw:
            when = self.listed((*path, "when"), lazy("适用情形"), "when", self._condition, least=1)
            groups.append(when)
        labels = {"outcome": lazy("同一成果上限"), "year": lazy("年度上限")}
        groups += [self._cap((*path, name), label) for name, label in labels.items() if name in raw]
        acts = [act for name, label in labels.items() for act in self.optional((*path, name), label, "cap")]
        acts += self.optional((*path, "when"), lazy("全部适用情形"), "when_list")
        return RuleGroup(title, path, groups=tuple(groups), acts=tuple(acts))

    def _cap(self, path: Path, title: Words) -> RuleGroup:
        raw = value_at(self.content, path)
        fields = (
            self.one((*path, "amount"), lazy("上限"), Kind.MONEY, unit=lazy("万元")),
            self.one(
                (*path, "less_granted"), lazy("减去已获补助"), Kind.YES_NO, options=words.YES_NO, blank="drop"
            ),
            self.clause_field(path),
        )
        return RuleGroup(title, path, self.clause(raw["clause"]), fields)

    def _scoring(self) -> RuleGroup:
        scoring = self.content["scoring"]
        fields, groups = [], []
        if "weights" in scoring:
            labels = {
                "novelty": lazy("创新性权重"),
                "maturity": lazy("成熟度权重"),
                "benefit": lazy("应用效益权重"),
            }
            fields = [
                self.one(("scoring", "weights", name), label, Kind.NUMBER) for name, label in labels.items()
            ]
        if "bands" in scoring:
            bands = self.listed(("scoring", "bands"), lazy("得分档次"), "band", self._band, least=1)
            groups.append(bands)
        return RuleGroup(lazy("专家评分"), ("scoring",), self.clause("rate"), tuple(fields), tuple(groups))

    def _band(self, path: Path, title: Words) -> RuleGroup:
        return RuleGroup(
            title,
            path,
            fields=(
                self.one((*path, "from"), lazy("得分不低于"), Kind.NUMBER),
                self.one((*path, "share"), lazy("给上限的"), Kind.PERCENT, unit="%"),
            ),
        )
