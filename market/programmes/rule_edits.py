"""Edits of a rule set in its form: what was typed is put in place, parts are added and taken away. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from jsonschema import ValidationError
from starlette.datastructures import ImmutableMultiDict

from market.kit.i18n import gettext as _
from market.programmes.rule_files import allowed_orders, engine_faults, schema_faults
from market.programmes.rule_form import rule_form
from market.programmes.rule_layout import Act, Path, RuleField, acts_in, fields_in, name_of, value_at
from market.programmes.rule_values import ABSENT, Kind, read_value

Typed = ImmutableMultiDict[Any, Any]
"""A submitted form."""


@dataclass
class Edited:
    """A rule set after an edit, and what could not be read, by the name of the control."""

    content: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    """Faults that belong to no control."""

    @property
    def is_valid(self) -> bool:
        return not self.errors and not self.general


def put_typed(content: Mapping[str, Any], typed: Typed) -> Edited:
    """Put what was typed into a copy of a rule set. What comes back as it was shown stays as it is."""
    edited = Edited(deepcopy(dict(content)))
    fields = list(fields_in(rule_form(content)))
    shown = {control.name: control.text for control in fields}
    for control in fields:
        if control.kind is Kind.CHOICES:
            _put_choices(edited, control, [str(value) for value in typed.getlist(control.name)])
            continue
        text = _text(typed, control)
        fact, test = _compared(control, typed)
        is_same_sort = (fact, test) == (control.fact, control.test)
        if text == shown[control.name].strip() and is_same_sort:
            continue
        _put_text(edited, control, text, fact, test)
    return edited


def _text(typed: Typed, control: RuleField) -> str:
    text = typed.get(control.name, control.text)
    return str(text).replace("\r\n", "\n").replace("\x00", "").strip()


def _compared(control: RuleField, typed: Typed) -> tuple[str, str]:
    """Return fact and test that a value is compared with, as they were typed beside it."""
    if control.kind is not Kind.VALUE:
        return control.fact, control.test
    part = control.path[:-1]
    if part[-1] == "override":
        part = part[:-1] if control.path[-1] == "value" else part
    fact = str(typed.get(name_of((*part, "fact")), control.fact))
    return fact, str(typed.get(name_of((*part, "test")), control.test))


def _put_text(edited: Edited, control: RuleField, text: str, fact: str, test: str) -> None:
    if not text:
        if control.blank == "refuse":
            edited.errors[control.name] = _("请填写。")
        elif control.blank == "drop":
            _drop(edited.content, control.path)
        else:
            put(edited.content, control.path, None if control.blank == "null" else [])
        return
    if control.options and text not in control.options:
        edited.errors[control.name] = _("请从列表中选择。")
        return
    try:
        value = read_value(control.kind, text, fact=fact, test=test, orders=allowed_orders())
    except ValueError as fault:
        edited.errors[control.name] = str(fault)
    else:
        put(edited.content, control.path, value)


def _put_choices(edited: Edited, control: RuleField, chosen: Sequence[str]) -> None:
    """Put what is ticked: what was there keeps its order, the first kind of applicant stays the first."""
    before = [] if control.value is ABSENT else list(control.value)
    if set(chosen) == set(before):
        return
    if any(value not in control.options for value in chosen):
        edited.errors[control.name] = _("请从列表中选择。")
    elif not chosen and control.blank == "drop":
        _drop(edited.content, control.path)
    elif not chosen:
        edited.errors[control.name] = _("至少选一项。")
    else:
        remaining = [value for value in before if value in chosen]
        put(
            edited.content,
            control.path,
            remaining + [v for v in control.options if v in chosen and v not in remaining],
        )


def find_act(content: Mapping[str, Any], name: str) -> Act | None:
    """Return the act of that name which the rule set's form offers."""
    return next((act for act in acts_in(rule_form(content)) if act.name == name), None)


def do_act(content: Mapping[str, Any], act: Act) -> dict[str, Any]:
    """Return a copy of a rule set with a part added or taken away."""
    edited = deepcopy(dict(content))
    if not act.template:
        _drop(edited, act.path)
        return edited
    part = TEMPLATES[act.template](edited)
    present = value_at(edited, act.path)
    if act.template == "clause":
        names = edited["clauses"]
        number = next(n for n in range(1, len(names) + 2) if f"clause_{n}" not in names)
        names[f"clause_{number}"] = part
    elif act.template in LISTED:
        put(edited, act.path, [*([] if present is ABSENT else present), part])
    else:
        put(edited, act.path, part)
    return edited


def faults_of(content: Mapping[str, Any]) -> Edited:
    """Return a rule set with every fault that schema and engine find, at the control where it is."""
    edited = Edited(dict(content))
    refused = schema_faults(content)
    faults = (
        [(tuple(fault.absolute_path), _in_chinese(fault)) for fault in refused]
        if refused
        else list(engine_faults(content))
    )
    fields = [] if refused and not _can_lay_out(content) else list(fields_in(rule_form(content)))
    for place, words in faults:
        control = _control_at(fields, place)
        if control is None:
            edited.general.append(f"{'.'.join(map(str, place))} {words}".strip())
        else:
            edited.errors.setdefault(control.name, words)
    return edited


def _can_lay_out(content: Mapping[str, Any]) -> bool:
    try:
        rule_form(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def _control_at(fields: Sequence[RuleField], place: Path) -> RuleField | None:
    """Return the control of a place: its own, or the first inside it, or inside what it is part of."""
    while place:
        for control in fields:
            if control.path[: len(place)] == place:
                return control
        place = place[:-1]
    return None


def _in_chinese(fault: ValidationError) -> str:
    limit = fault.validator_value
    words: dict[str, Callable[[], str]] = {
        "minLength": lambda: _("请填写。"),
        "enum": lambda: _("请从列表中选择。"),
        "pattern": lambda: _("格式不对。"),
        "minimum": lambda: _("不能小于 %(least)s。", least=limit),
        "maximum": lambda: _("不能大于 %(most)s。", most=limit),
        "minItems": lambda: _("至少要有 %(least)s 项。", least=limit),
        "maxItems": lambda: _("至多可以有 %(most)s 项。", most=limit),
        "uniqueItems": lambda: _("有重复的项。"),
        "type": lambda: _("取值的类型不对。"),
        "required": lambda: _("缺少必需的部分：%(parts)s。", parts="、".join(map(str, limit))),
        "oneOf": lambda: _("几种写法只能用一种：定额和比例不能同时填，也不能都不填。"),
    }
    return words.get(str(fault.validator), lambda: _("这里不合规则文件的格式。"))()


def put(content: Any, path: Path, value: Any) -> None:
    """Set a part of a rule file in place."""
    for step in path[:-1]:
        content = content[step]
    content[path[-1]] = value


def _drop(content: Any, path: Path) -> None:
    for step in path[:-1]:
        content = content[step]
    if path[-1] in content or isinstance(path[-1], int):
        content.pop(path[-1])


def _condition(**values: Any) -> dict[str, Any]:
    text = str(_("（请写明条件）"))
    return {
        "name": "condition",
        "text": text,
        "fact": "trade_amount",
        "test": "at_least",
        "value": 0,
        **values,
    }


def _case(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "rate", "when": [_condition(clause="rate")], "rate": {"flat": 0}, "clause": "rate"}


def _slab(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"from": 0, "from_included": True, "to": None, "to_included": False, "basis_points": 0}


TEMPLATES: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "applicant_condition": lambda content: _condition(
        fact="applicant.high_tech", test="is", value=True, clause="applicant"
    ),
    "condition": lambda content: _condition(clause="base"),
    "when": lambda content: _condition(),
    "when_list": lambda content: [_condition()],
    "case": _case,
    "add_on": lambda content: {
        "name": "add_on",
        "when": [_condition()],
        "basis_points": 0,
        "clause": "rate",
    },
    "cap_case": lambda content: {"year": {"amount": 0, "clause": "caps"}},
    "cap": lambda content: {"amount": 0, "clause": "caps"},
    "marginal": lambda content: {"to": None, "basis_points": 0},
    "slab": _slab,
    "band": lambda content: {"from": 0, "share": 0},
    "clause": lambda content: {"article": None, "summary": str(_("（请写摘要）"))},
    "window": lambda content: {"from": None, "to": 0},
    "summed": lambda content: {"by": "year"},
    "gate": lambda content: {
        "name": "gate",
        "test": "at_least",
        "value": 0,
        "clause": "base",
        "text": str(_("（请写明门槛）")),
    },
    "bound": lambda content: {"fact": "vat_paid", "clause": "caps"},
    "override": lambda content: {"fact": "field", "is": "biomedicine", "value": 0},
    "rate_given": lambda content: "given",
    "rate_flat": lambda content: {"flat": 0},
    "rate_marginal": lambda content: {"marginal": [{"to": None, "basis_points": 0}]},
    "rate_slab": lambda content: {"slab": [_slab(content)]},
    "rate_fixed": lambda content: {"fixed": 0, "above": 0, "basis_points": 0},
}
LISTED = frozenset(
    {"applicant_condition", "condition", "when", "case", "add_on", "cap_case", "marginal", "slab", "band"}
)
"""Templates that are appended to a list; the others are put at the path."""
