"""By what figures are told apart: places, fields, kinds of contracts and sellers, flows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from market.codes.labels import label
from market.codes.lists import FIELDS, ORGANISATION_KINDS
from market.codes.regions import GUANGXI, cities_of, name
from market.deals.models import ContractKind
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum

OUTSIDE, UNKNOWN = "outside", "unknown"
"""Another province or country; nothing usable was entered."""


class Flow(LabelEnum):
    """From where to where the technology goes."""

    WITHIN = "within", lazy("省内流向")
    OUT = "out", lazy("输出到区外")
    IN = "in", lazy("从区外吸纳")
    ELSEWHERE = "elsewhere", lazy("区外到区外")
    UNKNOWN = "unknown", lazy("未填")


class Layout(LabelEnum):
    """The tables of a period."""

    CITY = "city", lazy("各市")
    FIELD = "field", lazy("技术领域")
    KIND = "kind", lazy("合同类别")
    SELLER = "seller", lazy("卖方类型")
    FLOW = "flow", lazy("流向")

    @property
    def dimension(self) -> str:
        """Return the column of the rows that it groups by."""
        return _DIMENSION[self]


class UnitLayout(LabelEnum):
    """The reports of units."""

    UNIVERSITIES = "universities", lazy("高校院所年报")
    AGENCIES = "agencies", lazy("技术转移机构")


_DIMENSION: Mapping[Layout, str] = {
    Layout.CITY: "place",
    Layout.FIELD: "field",
    Layout.KIND: "kind",
    Layout.SELLER: "seller_kind",
    Layout.FLOW: "flow",
}


@lru_cache
def keys_of(dimension: str) -> Sequence[str]:
    """Return the values of a dimension in the order of tables; what was not entered is one of them."""
    if dimension in ("place", "buyer_place"):
        return (*(code[:4] for code in cities_of(GUANGXI)), OUTSIDE, UNKNOWN)
    if dimension == "field":
        return (*FIELDS, UNKNOWN)
    kinds: Mapping[str, Sequence[str]] = {
        "kind": [kind.value for kind in ContractKind],
        "seller_kind": [*ORGANISATION_KINDS],
        "flow": [flow.value for flow in Flow],
    }
    return (*kinds[dimension],)


def words_of(dimension: str, key: str) -> str:
    """Return what a value of a dimension is called."""
    if key == UNKNOWN:
        return _("未填")
    if dimension in ("place", "buyer_place"):
        return _("区外") if key == OUTSIDE else name(f"{key}00")
    if dimension == "field":
        return str(FIELDS.get(key, key))
    if dimension == "kind":
        return label("contract_kind", key)
    if dimension == "seller_kind":
        return label("organisation_kind", key)
    return next((str(flow.label) for flow in Flow if flow.value == key), key)
