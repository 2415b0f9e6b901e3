"""The Excel template of listings, generated with drop-downs from the code lists; read by `sheet_rows`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import xlsxwriter

from market.codes import lists
from market.codes.labels import label, labels
from market.kit.i18n import Lazy, lazy
from market.listings.kinds import NEED, OUTCOME, Kind

MAX_ROWS = 5000
YES = lazy("是")


@dataclass(frozen=True)
class Column:
    """A column of the template: its head, whether it is required, and its allowed values."""

    name: str
    head: Lazy
    is_required: bool = False
    codes: str = ""
    """Kind of code offered in a drop-down."""
    hint: Lazy | None = None
    spellings: tuple[str, ...] = ()
    """Heads of other lists for the same thing."""
    is_offered: bool = True
    """Stands in our template; the others are read in lists of other people only."""
    is_remembered: bool = True
    """What a head of it is called may be remembered; not of a column that the next list has not."""

    @property
    def title(self) -> str:
        return f"{self.head}*" if self.is_required else str(self.head)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SEVERAL = lazy("可填多项，用；分隔")
OUTCOME_COLUMNS = (
    Column("title", lazy("成果名称"), True, spellings=_words("项目名称 技术名称 科技成果名称 成果名 名称")),
    Column("number", lazy("编号"), spellings=_words("成果编号"), is_offered=False),
    Column("reference", lazy("来源编号"), is_offered=False),
    Column("title_en", lazy("英文名称"), is_offered=False),
    Column("abstract_en", lazy("英文摘要"), is_offered=False),
    Column("highlight", lazy("一句话亮点"), True, spellings=_words("成果简介 亮点 成果亮点 创新点")),
    Column(
        "field",
        lazy("领域"),
        True,
        "field",
        spellings=_words("技术领域 所属领域 高新技术领域 高新领域 应用行业 社会经济目标"),
    ),
    Column("industries", lazy("产业"), codes="industry", hint=_SEVERAL, spellings=_words("产业领域")),
    Column(
        "trl", lazy("成熟度"), True, "trl", spellings=_words("成熟阶段 所处阶段 技术成熟度 成果阶段 成熟程度")
    ),
    Column(
        "modes",
        lazy("合作方式"),
        True,
        "mode",
        hint=_SEVERAL,
        spellings=_words("转化方式 拟转化方式 意向合作方式 转让方式"),
    ),
    Column("price_kind", lazy("价格方式"), True, "price_kind", spellings=_words("定价方式")),
    Column(
        "price_amount",
        lazy("价格（万元）"),
        spellings=_words("价格 转让价格 挂牌价 意向价格 拟转让价 转让价 许可价格 报价"),
    ),
    Column("problem", lazy("痛点"), True, spellings=_words("解决的问题 应用背景")),
    Column("solution", lazy("方案"), True, spellings=_words("成果介绍 技术方案 成果内容 成果详情 技术简介")),
    Column(
        "comparison",
        lazy("对比"),
        hint=lazy("指标|现有|本成果；指标|现有|本成果"),
        spellings=_words("技术指标 主要指标"),
    ),
    Column(
        "rights",
        lazy("知识产权"),
        hint=lazy("类型|号|状态；已声明开放许可的专利加“|开放许可”"),
        spellings=_words("知识产权情况 专利号 专利申请号 申请号 授权专利号 专利"),
    ),
    Column(
        "team", lazy("负责人"), True, spellings=_words("成果完成人 完成人 主要完成人 项目负责人 联系人员")
    ),
    Column(
        "owner",
        lazy("单位"),
        True,
        spellings=_words("完成单位 成果单位 单位名称 所属单位 第一完成单位 成果完成单位"),
    ),
    Column("region", lazy("所在地"), spellings=_words("所属地区 所在地区 地区 所在城市"), is_offered=False),
    Column("contact_name", lazy("联系窗口"), True, spellings=_words("联系人")),
    Column("contact_phone", lazy("联系电话"), spellings=_words("联系方式 电话 手机")),
    Column("keywords", lazy("关键词"), hint=_SEVERAL, spellings=_words("关键字")),
)
NEED_COLUMNS = (
    Column("title", lazy("需求名称"), True, spellings=_words("技术需求名称 需求标题 难题名称 名称")),
    Column("number", lazy("编号"), spellings=_words("需求编号"), is_offered=False),
    Column("reference", lazy("来源编号"), is_offered=False),
    Column("field", lazy("领域"), True, "field", spellings=_words("技术领域 所属领域 行业领域")),
    Column("industries", lazy("产业"), codes="industry", hint=_SEVERAL, spellings=_words("所属产业")),
    Column("kind", lazy("需求类型"), True, "need_kind", spellings=_words("需求类别")),
    Column("background", lazy("背景与现状"), spellings=_words("现有基础条件 现有基础 背景")),
    Column(
        "description", lazy("需求描述"), True, spellings=_words("需求详情 需求内容 技术需求描述 需求简介")
    ),
    Column(
        "targets",
        lazy("指标"),
        True,
        hint=lazy("指标|现有|目标；指标|现有|目标"),
        spellings=_words("技术指标 主要指标 考核指标"),
    ),
    Column("modes", lazy("合作方式"), codes="mode", hint=_SEVERAL, spellings=_words("意向合作方式")),
    Column("budget_min_amount", lazy("预算下限（万元）"), spellings=_words("最低预算")),
    Column(
        "budget_max_amount",
        lazy("预算上限（万元）"),
        spellings=_words("预算金额 预算 拟投入金额 意向价格 投入预算"),
    ),
    Column(
        "deadline_on",
        lazy("截止日期"),
        True,
        hint=lazy("如 2026-09-01"),
        spellings=_words("有效期 截止时间 需求有效期"),
    ),
    Column("difficulty", lazy("拟解决的技术难题"), spellings=_words("技术难题 难点"), is_offered=False),
    Column("is_masked", lazy("不公开单位名称"), codes="yes"),
    Column(
        "owner",
        lazy("单位"),
        True,
        spellings=_words("所属单位或公司名称 企业名称 单位名称 所属单位 需求单位"),
    ),
    Column("region", lazy("所在地"), spellings=_words("所属地区 所在地区 地区 所在城市"), is_offered=False),
    Column("contact_name", lazy("联系窗口"), True, spellings=_words("联系人")),
    Column("contact_phone", lazy("联系电话"), spellings=_words("联系方式 电话 手机")),
    Column("keywords", lazy("关键词"), hint=_SEVERAL, spellings=_words("关键字")),
)


@dataclass(frozen=True)
class ListForm:
    """What a list is read as: the kind of listing that a row describes, and the columns of ours."""

    kind: Kind
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return one column by its name."""
        return next(column for column in self.columns if column.name == name)

    def has(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)


OUTCOME_LIST = ListForm(OUTCOME, OUTCOME_COLUMNS)
NEED_LIST = ListForm(NEED, NEED_COLUMNS)


def list_of(kind: Kind) -> ListForm:
    """Return the form of lists of one kind of listing."""
    return OUTCOME_LIST if kind is OUTCOME else NEED_LIST


def template(form: ListForm) -> bytes:
    """Return the empty template as bytes of an .xlsx file, one row per record."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet, codes = book.add_worksheet(str(form.kind.words)), book.add_worksheet("codes")
    codes.hide()
    bold = book.add_format({"bold": True, "bg_color": "#e6f2ee", "border": 1})
    grey = book.add_format({"font_color": "#5f716f", "text_wrap": True})
    for place, column in enumerate(column for column in form.columns if column.is_offered):
        sheet.write_string(0, place, column.title, bold)
        sheet.write_string(1, place, str(column.hint or ""), grey)
        sheet.set_column(place, place, 18)
        if column.codes:
            names = list(names_of(column.codes))
            codes.write_column(0, place, names)
            letter = xlsxwriter.utility.xl_col_to_name(place)
            source = f"=codes!${letter}$1:${letter}${len(names)}"
            # Where several are allowed, the list only offers: what is typed besides is not refused.
            rule = {"validate": "list", "source": source, "show_error": column.hint is not _SEVERAL}
            sheet.data_validation(2, place, MAX_ROWS, place, rule)
    sheet.freeze_panes(2, 1)
    book.close()
    return content.getvalue()


def names_of(kind: str) -> Mapping[str, str]:
    """Return the keys of a drop-down by their labels."""
    if kind == "trl":
        return {f"{level} {name}": str(level) for level, name in lists.TRL.items()}
    if kind == "yes":
        return {str(YES): "yes"}
    return {label(kind, key): key for key in labels(kind)}
