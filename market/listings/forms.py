"""Forms to write and review listings. A draft may be incomplete, a submission may not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from wtforms.validators import ValidationError

from market.codes import lists, regions
from market.codes.labels import choices
from market.kit.amount_fields import MoneyField
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    ChoicesField,
    DayField,
    LongTextField,
    MaxLength,
    NumberField,
    NumberRange,
    Required,
    TextField,
)
from market.kit.form_widgets import HiddenInput
from market.kit.forms import BaseForm, RowsField
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.listings import rules
from market.listings.models import Need, Outcome, PriceKind
from market.listings.right_rows import kind_of_number
from market.listings.rights import InvalidNumber, is_almost_patent, patent_number_of


def trl_choices() -> list[tuple[str, str]]:
    """Return the nine readiness levels with their labels."""
    return [(str(n), f"TRL {n} · {lists.stage(n)}（{name}）") for n, name in lists.TRL.items()]


def region_choices() -> dict[str, Sequence[tuple[str, Any]]]:
    """Return the regions to choose from: provinces, cities, and the counties of Guangxi."""
    return dict(regions.choices(("province", "city", "county")))


def pledge_choices() -> list[tuple[str, str]]:
    return [("no", _("未质押")), ("yes", _("已质押"))]


def open_licence_choices() -> list[tuple[str, str]]:
    return [("yes", _("已声明")), ("no", _("未声明"))]


def must_choices() -> list[tuple[str, str]]:
    return [("yes", _("必达"))]


class ComparisonRow(BaseForm):
    indicator = TextField(lazy("指标"), max_length=80)
    current = TextField(lazy("现有"), max_length=80)
    ours = TextField(lazy("本成果"), max_length=80)
    change = TextField(lazy("变化"), max_length=80)
    evidence = TextField(lazy("依据"), max_length=200)


class RightRow(BaseForm):
    kind = ChoiceField(lazy("类型"), choices=lambda: choices("right_kind"), blank=lazy("请选择"))
    number = TextField(lazy("专利号或登记号"), max_length=60)
    name = TextField(lazy("名称"), max_length=200)
    status = ChoiceField(lazy("状态"), choices=lambda: choices("right_state"), blank=lazy("请选择"))
    holder = TextField(lazy("权利人"), max_length=120)
    expires_on = DayField(lazy("到期日"))
    pledged = ChoiceField(lazy("质押"), choices=pledge_choices, blank="—")
    open_licence = ChoiceField(lazy("开放许可"), choices=open_licence_choices, blank="—")

    def validate_number(self, field: Any) -> None:
        if field.data and not self.kind.data:
            # A patent number typed alone tells what it protects.
            self.kind.data = kind_of_number(field.data)
        is_patent = self.kind.data in lists.PATENT_KINDS or (
            not self.kind.data and is_almost_patent(field.data)
        )
        if not field.data or not is_patent:
            return
        try:
            field.data = patent_number_of(field.data)
        except InvalidNumber as error:
            raise ValidationError(str(error)) from error

    def validate_open_licence(self, field: Any) -> None:
        if field.data == "yes" and not rules.may_have_open_licence(
            {"kind": self.kind.data, "status": self.status.data}
        ):
            raise ValidationError(_("只有已授权的专利才能声明开放许可。"))


class TeamRow(BaseForm):
    name = TextField(lazy("姓名"), max_length=60)
    title = TextField(lazy("职称"), max_length=60)
    direction = TextField(lazy("研究方向"), max_length=200)


class TargetRow(BaseForm):
    indicator = TextField(lazy("指标"), max_length=80)
    present = TextField(lazy("现有"), max_length=80)
    target = TextField(lazy("目标"), max_length=80)
    must = ChoiceField(lazy("必达"), choices=must_choices, blank="—")
    """Whether an outcome that falls short is none; see `market.matching.fits`."""


class ListingForm(BaseForm):
    """Fields shared by outcomes and needs."""

    ORDER: ClassVar[tuple[str, ...]] = ()
    """Fields in the order of the page."""

    revision = NumberField(widget=HiddenInput())
    keywords = TextField(lazy("关键词"), max_length=1300)
    industries = ChoicesField(lazy("广西重点产业"), choices=lambda: choices("industry"))
    modes = ChoicesField(lazy("合作方式"), choices=lambda: choices("mode"))
    field = ChoiceField(lazy("技术领域"), choices=lambda: choices("field"), blank=lazy("请选择"))
    region = ChoiceField(
        lazy("所在地"), choices=region_choices, also=regions.known_name, blank=lazy("请选择")
    )
    contact_name = TextField(lazy("联系人或联系窗口"), max_length=60)
    contact_phone = TextField(lazy("联系电话"), max_length=40)
    contact_email = TextField(lazy("联系邮箱"), max_length=254)

    NEEDED: ClassVar[Collection[str]] = ()
    """Fields that a submission must have; a draft may leave them blank."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in self.NEEDED:
            self._fields[name].flags.needed = True

    def __iter__(self) -> Iterator[Any]:
        """Iterate the fields in the order of the page, for the error summary."""
        order = {name: place for place, name in enumerate(self.ORDER)}
        return iter(sorted(self._fields.values(), key=lambda field: order.get(field.short_name, -1)))

    def values(self) -> dict[str, Any]:
        """Return the form's content as columns of the model."""
        values = {name: field.data for name, field in self._fields.items() if name != "revision"}
        values["keywords"] = rules.keywords_of(self.keywords.data or "")
        for name, field in self._fields.items():
            if isinstance(field, RowsField):
                values[name] = [_texts(row) for row in field.filled_rows]
        return values

    def validate_keywords(self, field: Any) -> None:
        words = rules.split_keywords(field.data or "")
        if len(words) > rules.MAX_KEYWORDS:
            raise ValidationError(
                _("最多 %(most)s 个关键词，现在有 %(now)s 个。", most=rules.MAX_KEYWORDS, now=len(words))
            )
        if long := next((word for word in words if len(word) > rules.MAX_KEYWORD_LENGTH), ""):
            raise ValidationError(
                _(
                    "关键词“%(word)s…”超过 %(most)s 个字，请用分号隔开。",
                    word=long[:10],
                    most=rules.MAX_KEYWORD_LENGTH,
                )
            )

    def append_blank_rows(self) -> None:
        """Append blank rows below the filled ones, for browsers without scripts."""
        for field in self._fields.values():
            if isinstance(field, RowsField):
                field.append_blank_rows()

    def show_remarks(self, remarks: Mapping[str, str]) -> None:
        """Show what the operator asks to mend at its fields."""
        for name, text in remarks.items():
            if name in self._fields:
                self._fields[name].description = text

    def add_errors(self, faults: list[tuple[str, str]]) -> None:
        """Attach the faults that prevent submission to their fields."""
        for name, sentence in faults:
            field = self._fields.get(name)
            if isinstance(field, RowsField):
                field[0].form._fields[next(iter(field[0].form._fields))].errors = [sentence]
                field.errors = [{"": [sentence]}]
            else:
                self.add_error(name, sentence)


class OutcomeForm(ListingForm):
    NEEDED = tuple(rules.OUTCOME_REQUIRED)
    ORDER = (
        *("title", "highlight", "field", "trl", "region", "keywords", "industries"),
        *("problem", "solution", "comparison", "indicators", "applications", "economics", "evidence"),
        *("rights", "modes", "is_exclusive_possible", "price_kind", "price_amount", "conditions"),
        *("team", "contact_name", "contact_phone", "contact_email", "references", "is_publicly_funded"),
        *("title_en", "abstract_en"),
    )

    title = TextField(lazy("成果名称"), max_length=80)
    highlight = TextField(lazy("一句话亮点"), max_length=60)
    trl = ChoiceField(lazy("成熟度"), choices=trl_choices, blank=lazy("请选择"))
    price_kind = ChoiceField(
        lazy("价格方式"), choices=lambda: choices("price_kind"), blank=lazy("按是否填价格")
    )
    price_amount = MoneyField(lazy("挂牌价"))
    problem = LongTextField(lazy("要解决的问题"))
    solution = LongTextField(lazy("技术方案与创新点"), max_length=10_000)
    comparison = RowsField(ComparisonRow, lazy("与现有方案对比"))
    indicators = LongTextField(lazy("主要技术指标"))
    applications = LongTextField(lazy("应用场景与已有案例"))
    economics = LongTextField(lazy("经济性测算"))
    evidence = LongTextField(lazy("成熟度证据"))
    rights = RowsField(RightRow, lazy("知识产权"), blank_rows=2)
    conditions = LongTextField(lazy("合作条件"))
    is_exclusive_possible = BooleanField(lazy("可以谈独占"))
    team = RowsField(TeamRow, lazy("团队"), blank_rows=2)
    references = LongTextField(lazy("论文、奖励、项目来源"))
    is_publicly_funded = BooleanField(lazy("由财政资金资助形成"))
    title_en = TextField(lazy("英文名称"), max_length=400)
    abstract_en = LongTextField(lazy("英文摘要"))

    def validate_price_amount(self, field: Any) -> None:
        if self.price_kind.data == PriceKind.FIXED and field.data is None and not field.errors:
            raise ValidationError(_("请填挂牌价，或改选面议。"))
        if self.price_kind.data == PriceKind.NEGOTIABLE and field.data is not None:
            raise ValidationError(_("选了面议，又填了价格：请改选挂牌价，或删去价格。"))

    def values(self) -> dict[str, Any]:
        values = super().values()
        is_fixed = values["price_amount"] is not None and values["price_kind"] != PriceKind.NEGOTIABLE
        return values | {
            "trl": _level(values["trl"]),
            "price_kind": PriceKind.FIXED if is_fixed else PriceKind.NEGOTIABLE,
            "price_amount": values["price_amount"] if is_fixed else None,
        }


class NeedForm(ListingForm):
    NEEDED = tuple(rules.NEED_REQUIRED)
    ORDER = (
        *("title", "is_masked", "field", "kind", "region", "keywords", "industries"),
        *("background", "description", "targets", "constraints", "attempts"),
        *("expected_form", "trl_min", "modes", "rights_intent", "requirements"),
        *("budget_min_amount", "budget_max_amount", "deadline_on", "payment_terms"),
        *("contact_name", "contact_phone", "contact_email"),
    )

    title = TextField(lazy("需求名称"), max_length=80)
    is_masked = BooleanField(lazy("不公开单位名称，页面上显示为“某企业”"))
    kind = ChoiceField(lazy("需求类型"), choices=lambda: choices("need_kind"), blank=lazy("请选择"))
    background = LongTextField(lazy("背景与现状"))
    description = LongTextField(lazy("需求描述"), max_length=10_000)
    targets = RowsField(TargetRow, lazy("现有指标与目标指标"))
    constraints = LongTextField(lazy("约束条件"))
    attempts = LongTextField(lazy("已尝试的办法与不足"))
    expected_form = TextField(lazy("期望成果形式"), max_length=200)
    trl_min = ChoiceField(lazy("成熟度下限"), choices=trl_choices, blank=lazy("不限"))
    rights_intent = TextField(lazy("知识产权归属意向"), max_length=200)
    budget_min_amount = MoneyField(lazy("预算下限"))
    budget_max_amount = MoneyField(lazy("预算上限"))
    payment_terms = TextField(lazy("付款方式与周期"), max_length=200)
    deadline_on = DayField(lazy("截止日期"))
    requirements = LongTextField(lazy("对解决方的要求"))

    def validate_budget_max_amount(self, field: Any) -> None:
        low = self.budget_min_amount.data
        if low is not None and field.data is not None and field.data < low:
            raise ValidationError(_("预算上限不应小于下限。"))

    def validate_budget_min_amount(self, field: Any) -> None:
        upper = self.budget_max_amount
        if field.data is not None and upper.data is None and not upper.process_errors:
            raise ValidationError(_("只填了下限。请把上限也填上，或都不填，表示面议。"))

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"trl_min": _level(values["trl_min"])}


class ReviewForm(BaseForm):
    """Review by the rubric: four headings, 0-5 points each, a decision and its reason."""

    advantage = NumberField(
        rules.HEADINGS["advantage"][0],
        validators=[Required(lazy("请打分。")), NumberRange(0, rules.MAX_POINTS)],
    )
    clarity = NumberField(
        rules.HEADINGS["clarity"][0],
        validators=[Required(lazy("请打分。")), NumberRange(0, rules.MAX_POINTS)],
    )
    cooperation = NumberField(
        rules.HEADINGS["cooperation"][0],
        validators=[Required(lazy("请打分。")), NumberRange(0, rules.MAX_POINTS)],
    )
    language = NumberField(
        rules.HEADINGS["language"][0],
        validators=[Required(lazy("请打分。")), NumberRange(0, rules.MAX_POINTS)],
    )
    comment = LongTextField(
        lazy("意见"), validators=[MaxLength(rules.MAX_COMMENT_LENGTH)], max_length=rules.MAX_COMMENT_LENGTH
    )
    decision = ChoiceField(
        lazy("决定"),
        validators=[Required(lazy("请选择发布或退回。"))],
        choices=lambda: choices("review"),
    )

    @property
    def points(self) -> rules.Points:
        return rules.Points(**{heading: getattr(self, heading).data for heading in rules.HEADINGS})

    @property
    def remark_texts(self) -> dict[str, str]:
        """The remarks by field; several at one field become one."""
        texts: dict[str, str] = {}
        for row in self._fields["remarks"].filled_rows:  # type: ignore[attr-defined]  # of the subclass
            texts[row["field"]] = "；".join(filter(None, [texts.get(row["field"]), row["text"]]))
        return texts


@cache
def _field_choices(form: type[ListingForm]) -> tuple[tuple[str, Lazy], ...]:
    """Return name and label of each field, read once: every row for a remark asks for them."""
    return tuple((field.short_name, field.label.text) for field in form() if field.short_name != "revision")


class OutcomeRemarkRow(BaseForm):
    field = ChoiceField(lazy("栏目"), choices=lambda: _field_choices(OutcomeForm), blank=lazy("请选择"))
    text = TextField(lazy("要怎样改"), max_length=500)

    def validate_text(self, text: Any) -> None:
        _require_both(self.field, text)


class NeedRemarkRow(BaseForm):
    field = ChoiceField(lazy("栏目"), choices=lambda: _field_choices(NeedForm), blank=lazy("请选择"))
    text = TextField(lazy("要怎样改"), max_length=500)

    def validate_text(self, text: Any) -> None:
        _require_both(self.field, text)


def _require_both(field: Any, text: Any) -> None:
    if bool(field.data) != bool(text.data):
        raise ValidationError(_("请选栏目，并写明要怎样改。"))


class OutcomeReviewForm(ReviewForm):
    remarks = RowsField(OutcomeRemarkRow, lazy("指出要改的栏目"), blank_rows=2)


class NeedReviewForm(ReviewForm):
    remarks = RowsField(NeedRemarkRow, lazy("指出要改的栏目"), blank_rows=2)


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return the form data of an outcome."""
    return _data(outcome, OutcomeForm) | {"trl": str(outcome.trl or "")}


def need_data(need: Need) -> dict[str, Any]:
    """Return the form data of a need."""
    return _data(need, NeedForm) | {"trl_min": str(need.trl_min or "")}


def _data(listing: Any, form: type[ListingForm]) -> dict[str, Any]:
    data = {name: getattr(listing, name) for name in form()._fields if hasattr(listing, name)}
    return data | {"keywords": "；".join(listing.keywords)}


def _level(text: str | None) -> int | None:
    return int(text) if text in {str(level) for level in lists.TRL} else None


def _texts(row: dict[str, Any]) -> dict[str, str]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else str(value or "")
        for name, value in row.items()
    }
