"""Code lists: the stored key of each value and its label."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from market.kit.i18n import Lazy, lazy

K = TypeVar("K", int, str)


def frozen(table: dict[K, Lazy]) -> Mapping[K, Lazy]:
    """Return a read-only view of a code list."""
    return MappingProxyType(table)


FIELDS = frozen(
    {
        "electronics": lazy("电子信息"),
        "aerospace": lazy("航空航天"),
        "manufacturing": lazy("先进制造"),
        "biomedicine": lazy("生物、医药和医疗器械"),
        "materials": lazy("新材料及其应用"),
        "energy": lazy("新能源与高效节能"),
        "environment": lazy("环境保护与资源综合利用"),
        "nuclear": lazy("核应用技术"),
        "agriculture": lazy("农业"),
        "transport": lazy("现代交通"),
        "urban": lazy("城市建设与社会发展"),
    }
)
"""技术领域: the eleven fields of the national registration form of technology contracts."""

UNCLASSIFIED = lazy("未分类")
"""Label of an empty field."""

INDUSTRIES = frozen(
    {
        "aluminium": lazy("高端铝"),
        "automotive": lazy("汽车"),
        "machinery": lazy("机械"),
        "high_performance_materials": lazy("高性能材料"),
        "electronics": lazy("电子信息"),
        "environmental": lazy("节能环保"),
        "health": lazy("大健康"),
        "sugar": lazy("糖业"),
        "agriculture": lazy("特色农业"),
        "marine": lazy("海洋"),
        "chemicals": lazy("石化化工"),
        "food": lazy("食品"),
        "construction": lazy("建材与建筑"),
        "logistics": lazy("交通物流"),
    }
)
"""广西重点产业: the industries that the region's 2019 innovation plan names, and those close to them.

Not the national classification of industries, which is `market.codes.industries`.
"""

MODES = frozen(
    {
        "assignment": lazy("转让"),
        "licence": lazy("普通许可"),
        "exclusive_licence": lazy("独占许可"),
        "development": lazy("合作开发"),
        "equity": lazy("作价入股"),
        "service": lazy("技术服务"),
        "consulting": lazy("技术咨询"),
    }
)
"""合作方式: the ways of 促进科技成果转化法 art. 16, and the services sold beside them."""

NEED_KINDS = frozen(
    {
        "breakthrough": lazy("技术攻关"),
        "adoption": lazy("成果引进"),
        "process": lazy("工艺改进"),
        "upgrade": lazy("产品升级"),
        "testing": lazy("检测"),
        "talent": lazy("人才"),
    }
)
"""需求类型. Our own list, after the call forms that enterprises know."""

TRL = frozen(
    {
        1: lazy("报告级"),
        2: lazy("方案级"),
        3: lazy("功能级"),
        4: lazy("仿真级"),
        5: lazy("初样级"),
        6: lazy("正样级"),
        7: lazy("环境级"),
        8: lazy("产品级"),
        9: lazy("系统级"),
    }
)
"""技术就绪水平: the nine levels of GB/T 22900-2022."""

STAGES = frozen(
    {
        "laboratory": lazy("实验室"),
        "bench": lazy("小试"),
        "pilot": lazy("中试"),
        "industrial": lazy("产业化"),
    }
)
"""成熟阶段: the nine readiness levels in four stages."""

STAGE_LEVELS: Mapping[str, range] = MappingProxyType(
    {
        "laboratory": range(1, 4),
        "bench": range(4, 6),
        "pilot": range(6, 8),
        "industrial": range(8, 10),
    }
)
"""The levels of readiness that each stage covers."""


def stage(trl: int) -> Lazy:
    """Return the label of a readiness level's stage: 实验室, 小试, 中试 or 产业化.

    Raises:
        ValueError: there is no such level.
    """
    for key, levels in STAGE_LEVELS.items():
        if trl in levels:
            return STAGES[key]
    raise ValueError(f"no readiness level {trl}")


RIGHT_KINDS = frozen(
    {
        "invention": lazy("发明专利"),
        "utility_model": lazy("实用新型"),
        "design": lazy("外观设计"),
        "software": lazy("软件著作权"),
        "plant_variety": lazy("植物新品种"),
        "layout_design": lazy("集成电路布图设计"),
        "trade_secret": lazy("技术秘密"),
    }
)
"""知识产权类型: those of the national registration form, in its words."""

PATENT_KINDS = frozenset({"invention", "utility_model", "design"})
"""Kinds of right whose number is a patent number with a check digit."""

RIGHT_STATES = frozen(
    {
        "applied": lazy("申请中"),
        "published": lazy("已公开"),
        "granted": lazy("已授权"),
        "registered": lazy("已登记"),
        "secret": lazy("保密中"),
        "lapsed": lazy("已失效"),
    }
)
"""知识产权状态. Moves with time (annual fees): what the owner stated on the day of the listing."""

NATURES = frozen(
    {
        "010": lazy("机关法人"),
        "020": lazy("事业法人"),
        "021": lazy("科研机构"),
        "022": lazy("高等院校"),
        "023": lazy("医疗、卫生"),
        "024": lazy("其他事业法人"),
        "030": lazy("社团法人"),
        "110": lazy("国有企业"),
        "120": lazy("集体企业"),
        "130": lazy("股份合作企业"),
        "140": lazy("联营企业"),
        "150": lazy("有限责任公司"),
        "160": lazy("股份有限公司"),
        "170": lazy("私营企业"),
        "180": lazy("其他企业"),
        "210": lazy("合资经营企业（港澳台）"),
        "220": lazy("合作经营企业（港澳台）"),
        "230": lazy("独资经营企业（港澳台）"),
        "240": lazy("港澳台商投资股份有限公司"),
        "310": lazy("中外合资经营企业"),
        "320": lazy("中外合作经营企业"),
        "340": lazy("外商投资股份有限公司"),
    }
)
"""机构性质: three digits of the national registration form JJ-001, as its notes give them."""

ORGANISATION_KINDS = frozen(
    {
        "university": lazy("高等院校"),
        "institute": lazy("科研院所"),
        "enterprise": lazy("企业"),
        "farmers_coop": lazy("农民合作社"),
        "agency": lazy("技术转移机构"),
        "registry": lazy("技术合同登记机构"),
        "authority": lazy("主管部门"),
        "source": lazy("外部数据来源"),
    }
)
"""单位类型. Our own list; the market's rules ask for it, not for the nature code."""

STAFF_ROLES = frozen(
    {
        "operator": lazy("平台管理员"),
        "officer": lazy("核算人"),
        "rechecker": lazy("复核人"),
        "approver": lazy("批准人"),
        "auditor": lazy("监督审计"),
    }
)
"""Whom the authority's people work as."""

MEMBER_ROLES = frozen(
    {
        "admin": lazy("单位管理员"),
        "agent": lazy("经办人"),
        "finance": lazy("财务"),
    }
)
"""Whom a person is in an organisation."""

CERTIFICATE_LEVELS = frozen(
    {
        "junior": lazy("初级"),
        "middle": lazy("中级"),
        "senior": lazy("高级"),
    }
)
"""技术经纪人证书等级."""

DROP_REASONS = frozen(
    {
        "field": lazy("领域不符"),
        "indicators": lazy("指标达不到"),
        "price": lazy("价格不合适"),
        "maturity": lazy("成熟度不够"),
        "region": lazy("地域不合适"),
        "known": lazy("已了解或已接触"),
        "other": lazy("其他"),
    }
)
"""Reasons for dismissing a match (不感兴趣). Our own list."""

END_REASONS = frozen(
    {
        "price": lazy("价格"),
        "maturity": lazy("成熟度不足"),
        "rights": lazy("知识产权"),
        "funds": lazy("资金"),
        "timing": lazy("时机"),
        "alternative": lazy("找到替代"),
        "lost_contact": lazy("失联"),
        "other": lazy("其他"),
    }
)
"""Why a deal ended without a contract (终止原因). Our own list."""

EVIDENCE_KINDS = frozen(
    {
        "business_licence": lazy("营业执照（双方）"),
        "application_form": lazy("申请表"),
        "outcome_proof": lazy("成果持有证明"),
        "contract": lazy("技术合同"),
        "registration_certificate": lazy("技术合同认定登记证明"),
        "payment_voucher": lazy("银行付款凭证"),
        "invoice": lazy("正式发票"),
        "equity_change": lazy("股权变更文件"),
        "patent_change": lazy("专利著录项目变更证明"),
        "licence_filing": lazy("专利实施许可合同备案证明"),
        "tax_certificate": lazy("纳税证明"),
        "financial_statements": lazy("财务报表"),
        "conversion_report": lazy("年度成果转化专项报告"),
        "other": lazy("其他材料"),
    }
)
"""佐证材料: evidence of a claim, after 南科规〔2025〕3号."""
