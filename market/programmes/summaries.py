"""A rule set in words, for the page of a programme: whom it pays, on what, how much, up to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from market.codes.labels import label
from market.codes.regions import full_name
from market.kit.i18n import gettext as _
from market.programmes.rule_terms import Cap, RateCase, Terms
from market.programmes.texts import VALUES, named, percent, wan


@dataclass(frozen=True)
class Row:
    """One sentence of a rule set with where it stands."""

    words: str
    value: str
    clause: str


def conditions(terms: Terms) -> list[Row]:
    """Return what must hold, on the applicant and on each contract."""
    conditions = [*terms.applicant_conditions, *terms.contract_conditions]
    if terms.once is not None:
        conditions.append(terms.once.condition)
    if terms.summed is not None and terms.summed.gate is not None:
        conditions.append(terms.summed.gate)
    return [Row(_(condition.text), "", _(str(condition.clause))) for condition in conditions]


def rates(terms: Terms) -> list[Row]:
    """Return each rate with the case it is for, and what is added on top."""
    rows = []
    for case, raw in zip(terms.cases, terms.content["rates"], strict=True):
        for words, value in _rate(raw["rate"], terms):
            rows.append(Row(_case(case, words, len(terms.cases)), value, _(str(case.clause))))
    for add_on in terms.add_ons:
        when = "，".join(_(condition.text) for condition in add_on.when)
        value = "+" + percent(add_on.basis_points)
        if add_on.cap is not None:
            value += _("（至多 %(cap)s）", cap=_(wan(add_on.cap)))
        rows.append(Row(when or _("加成"), value, _(str(add_on.clause))))
    return rows


def _case(case: RateCase, words: str, count: int) -> str:
    when = "，".join(_(condition.text) for condition in case.when)
    return when or words or (_("其他") if count > 1 else _("比例"))


def _rate(raw: Any, terms: Terms) -> Iterator[tuple[str, str]]:
    if raw == "given":
        yield "", _("所见文本未载比例，由核定给出")
    elif "flat" in raw:
        text = percent(raw["flat"])
        yield "", _("最高 %(rate)s", rate=text) if terms.content["rate_is"] == "ceiling" else text
    elif "fixed" in raw:
        above = _(wan(raw["above"]))
        yield _("达到 %(low)s", low=above), _(wan(raw["fixed"]))
        yield _("超过 %(low)s 的部分", low=above), percent(raw["basis_points"])
    else:
        yield from _brackets(raw)


def _brackets(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    low = 0
    for bracket in raw.get("marginal") or raw["slab"]:
        low = bracket.get("from", low)
        high = bracket["to"]
        value = _(wan(bracket["amount"])) if "amount" in bracket else percent(bracket["basis_points"])
        if high is None:
            yield _("%(low)s 以上", low=_(wan(low))), value
        else:
            yield _("%(low)s 至 %(high)s", low=_(wan(low)), high=_(wan(high))), value
        low = high or low


def caps(terms: Terms) -> list[Row]:
    """Return every upper limit with whom it is for."""
    rows = []
    for case in terms.cases:
        if case.cap is not None:
            words = _("每份合同") if terms.per_contract else _("每个申请单位")
            rows.append(_cap(words, case.when, case.cap))
    for cap_case in terms.caps:
        if cap_case.outcome is not None:
            rows.append(_cap(_("每项成果"), cap_case.when, cap_case.outcome))
        if cap_case.year is not None:
            rows.append(_cap(_("每个单位每年"), cap_case.when, cap_case.year))
    if terms.bound is not None:
        words = _("不超过%(what)s", what=named(terms.bound.fact).render(_))
        rows.append(Row(words, "", _(str(terms.bound.clause))))
    return rows


def _cap(words: str, when: tuple[Any, ...], cap: Cap) -> Row:
    applies_to = "，".join(_(condition.text) for condition in when)
    return Row(f"{words}（{applies_to}）" if applies_to else words, _(wan(cap.amount)), _(str(cap.clause)))


def headline(terms: Terms) -> str:
    """Return the rates in a few words, for a list."""
    return " / ".join(dict.fromkeys(row.value for row in rates(terms)[:4]))


def base(terms: Terms) -> Row:
    """Return what the rate is applied to."""
    return Row(named(terms.base.fact).render(_), "", _(str(terms.base.clause)))


def kinds(terms: Terms) -> str:
    """Return the kinds of contract it pays for."""
    return "、".join(label("contract_kind", kind) for kind in terms.content["kinds"])


def applicant_kinds(terms: Terms) -> str:
    """Return the kinds of applicant it is for."""
    return "、".join(_(VALUES[kind]) for kind in terms.applicant_kinds)


def who(terms: Terms) -> str:
    """Return whom it pays, and where."""
    role = _(VALUES[terms.role])
    place = terms.region or terms.content["issuer"]["region"]
    return f"{full_name(place.ljust(6, '0'))}　{role}"
