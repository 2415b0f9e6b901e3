"""Labels of code lists and of the enums that rooms declare, and the tones of states.

Keys are plain strings, because the rooms that own the enums are above this one.
"""

from collections.abc import Mapping

from market.codes import contract_lists, lists
from market.kit.i18n import Lazy, lazy
from market.kit.labels import Tone
from market.kit.room import rooms

LABELS: Mapping[str, Mapping[str, Lazy]] = {
    "field": lists.FIELDS,
    "industry": lists.INDUSTRIES,
    "mode": lists.MODES,
    "need_kind": lists.NEED_KINDS,
    "stage": lists.STAGES,
    "right_kind": lists.RIGHT_KINDS,
    "right_state": lists.RIGHT_STATES,
    "contract_kind": contract_lists.CONTRACT_KINDS,
    "exclusion_kind": contract_lists.EXCLUSION_KINDS,
    "payment_way": contract_lists.PAYMENT_WAYS,
    "deduction_kind": contract_lists.DEDUCTION_KINDS,
    "economic_goal": contract_lists.ECONOMIC_GOALS,
    "country": contract_lists.COUNTRIES,
    "currency": contract_lists.CURRENCIES,
    "cost_item": contract_lists.COST_ITEMS,
    "bearer": contract_lists.BEARERS,
    "follow_up_way": contract_lists.FOLLOW_UP_WAYS,
    "nature": lists.NATURES,
    "organisation_kind": lists.ORGANISATION_KINDS,
    "staff_role": lists.STAFF_ROLES,
    "member_role": lists.MEMBER_ROLES,
    "certificate_level": lists.CERTIFICATE_LEVELS,
    "search_scope": {
        "outcomes": lazy("成果"),
        "needs": lazy("需求"),
        "organisations": lazy("单位"),
        "brokers": lazy("经纪人"),
        "policies": lazy("政策"),
    },
    "drop_reason": lists.DROP_REASONS,
    "end_reason": lists.END_REASONS,
    "evidence_kind": lists.EVIDENCE_KINDS,
    "match_part": {
        "wording": lazy("用词"),
        "meaning": lazy("含义"),
        "field": lazy("领域与产业"),
        "budget": lazy("预算与价格"),
        "region": lazy("地域"),
        "maturity": lazy("成熟度"),
        "mode": lazy("合作方式"),
        "feedback": lazy("反馈"),
    },
    "misfit": {
        "field_differs": lazy("技术领域不同"),
        "budget_below_price": lazy("预算低于挂牌价"),
        "region_far": lazy("不在同一省份"),
        "maturity_too_low": lazy("成熟度低于要求"),
        "mode_not_offered": lazy("没有所要的合作方式"),
        "exclusive_not_possible": lazy("没有写明可以独占"),
        "like_refused": lazy("与不感兴趣的一条相近"),
    },
}
"""Kinds and codes, which have a name but no tone."""


def label(kind: str, value: str) -> str:
    """Return what people call `value` in the person's language; a value not given has no name.

    Only an empty field has one: 未分类.

    Raises:
        KeyError: the table knows no such kind or value.
    """
    if not value:
        return str(lists.UNCLASSIFIED) if kind == "field" else ""
    return str(labels(kind)[value])


def labels(kind: str) -> Mapping[str, Lazy]:
    """Return all names of one kind, in the order they are shown."""
    if declared := rooms().labels.get(kind):
        return {value: member.label for value, member in declared.items()}
    return LABELS[kind]


def choices(kind: str) -> list[tuple[str, str]]:
    """Return value and label of all values of one kind, for a `<select>`."""
    return [(value, str(name)) for value, name in labels(kind).items()]


def tone(kind: str, value: str) -> Tone:
    """Return the tone of a state's badge; plain for a value that is no state."""
    if value and (declared := rooms().labels.get(kind)):
        return declared[value].tone
    return "plain"
