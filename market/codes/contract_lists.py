"""Code lists of offers and contracts, after the national registration form and the Civil Code."""

from collections.abc import Mapping
from types import MappingProxyType

from market.codes.lists import frozen
from market.kit.i18n import Lazy, lazy

CONTRACT_KINDS = frozen(
    {
        "development": lazy("技术开发"),
        "assignment": lazy("技术转让"),
        "licence": lazy("技术许可"),
        "consulting": lazy("技术咨询"),
        "service": lazy("技术服务"),
        "equity": lazy("作价入股"),
    }
)
"""合同类别: the five kinds of the Civil Code art. 843-887, and contribution of technology to capital."""

PAYMENT_WAYS = frozen(
    {
        "lump_sum": lazy("一次总算、一次总付"),
        "instalments": lazy("一次总算、分期支付"),
        "royalty": lazy("提成支付"),
        "entry_royalty": lazy("提成支付附加预付入门费"),
    }
)
"""价款支付方式: the ways of the Civil Code art. 846."""

COST_ITEMS = frozen(
    {
        "registration": lazy("合同认定登记和备案"),
        "rights_change": lazy("权利变更登记"),
        "annual_fees": lazy("专利年费"),
        "taxes": lazy("税费"),
        "training": lazy("技术指导和培训"),
        "trial": lazy("试制和验证"),
        "travel": lazy("差旅"),
        "appraisal": lazy("资产评估"),
        "other": lazy("其他费用"),
    }
)
"""Cost items whose bearer an offer names. Our own list."""

BEARERS = frozen({"seller": lazy("转让方"), "buyer": lazy("受让方"), "both": lazy("双方各半")})
"""Bearers of a cost."""

FOLLOW_UP_WAYS = frozen(
    {
        "phone": lazy("电话"),
        "message": lazy("信息、邮件"),
        "meeting": lazy("会面"),
        "visit": lazy("现场考察"),
        "other": lazy("其他"),
    }
)
"""Channels of a broker's follow-up. Our own list."""

CONTRACT_SUB_KINDS: Mapping[str, Mapping[str, Lazy]] = MappingProxyType(
    {
        "development": frozen({"commissioned": lazy("委托开发"), "cooperative": lazy("合作开发")}),
        "assignment": frozen(
            {
                "patent": lazy("专利权转让"),
                "patent_application": lazy("专利申请权转让"),
                "secret": lazy("技术秘密转让"),
                "software": lazy("计算机软件著作权转让"),
                "layout_design": lazy("集成电路布图设计专有权转让"),
                "plant_variety": lazy("植物新品种权转让"),
            }
        ),
        "licence": frozen(
            {
                "patent": lazy("专利实施许可"),
                "secret": lazy("技术秘密使用许可"),
                "software": lazy("计算机软件著作权许可"),
                "layout_design": lazy("集成电路布图设计专有权许可"),
                "plant_variety": lazy("植物新品种权许可"),
            }
        ),
        "consulting": frozen({"consulting": lazy("技术咨询")}),
        "service": frozen(
            {
                "service": lazy("一般性技术服务"),
                "training": lazy("技术培训"),
                "intermediary": lazy("技术中介"),
            }
        ),
        "equity": frozen({"equity": lazy("以技术作价出资")}),
    }
)
"""The kinds within each kind of technology contract, as its registration asks for them."""

ECONOMIC_GOALS = frozen(
    {
        "01": lazy("环境保护、生态建设及污染防治"),
        "02": lazy("能源生产、分配和合理利用"),
        "03": lazy("卫生事业发展"),
        "04": lazy("教育事业发展"),
        "05": lazy("基础设施以及城市和农村规划"),
        "06": lazy("社会发展和社会服务"),
        "07": lazy("地球和大气层的探索与利用"),
        "08": lazy("民用空间探测及开发"),
        "09": lazy("农林牧渔业发展"),
        "10": lazy("工商业发展"),
        "11": lazy("非定向研究"),
        "12": lazy("其他民用目标"),
        "13": lazy("国防"),
    }
)
"""社会经济目标, the thirteen of the national classification that the registration form asks for."""

CHINA = "156"
COUNTRIES = frozen(
    {
        "156": lazy("中国"),
        "344": lazy("中国香港"),
        "446": lazy("中国澳门"),
        "158": lazy("中国台湾"),
        "704": lazy("越南"),
        "764": lazy("泰国"),
        "458": lazy("马来西亚"),
        "702": lazy("新加坡"),
        "360": lazy("印度尼西亚"),
        "608": lazy("菲律宾"),
        "104": lazy("缅甸"),
        "116": lazy("柬埔寨"),
        "418": lazy("老挝"),
        "096": lazy("文莱"),
        "626": lazy("东帝汶"),
        "392": lazy("日本"),
        "410": lazy("韩国"),
        "356": lazy("印度"),
        "840": lazy("美国"),
        "124": lazy("加拿大"),
        "826": lazy("英国"),
        "276": lazy("德国"),
        "250": lazy("法国"),
        "380": lazy("意大利"),
        "528": lazy("荷兰"),
        "756": lazy("瑞士"),
        "643": lazy("俄罗斯"),
        "036": lazy("澳大利亚"),
        "554": lazy("新西兰"),
        "376": lazy("以色列"),
        "076": lazy("巴西"),
    }
)
"""国别代码: ISO 3166-1 numeric, of the countries that trade technology here."""

CURRENCIES = frozen(
    {
        "USD": lazy("美元"),
        "EUR": lazy("欧元"),
        "GBP": lazy("英镑"),
        "JPY": lazy("日元"),
        "HKD": lazy("港元"),
        "SGD": lazy("新加坡元"),
        "THB": lazy("泰铢"),
        "VND": lazy("越南盾"),
        "MYR": lazy("马来西亚林吉特"),
    }
)
"""Currencies in which a contract with a foreign party may be written."""

DEDUCTION_KINDS = frozen(
    {
        "taxes": lazy("税金"),
        "brokerage": lazy("经纪佣金"),
        "appraisal": lazy("评估费"),
        "patent_fees": lazy("知识产权申请、维护和变更费用"),
        "registration": lazy("登记、公证和鉴定费用"),
        "other": lazy("其他直接费用"),
    }
)
"""Deductions from income before it is shared: 净收入 is income less direct costs."""

EXCLUSION_KINDS = frozen(
    {
        "equipment": lazy("设备"),
        "instruments": lazy("仪器"),
        "parts": lazy("零部件"),
        "raw_materials": lazy("原材料"),
        "facilities": lazy("设施"),
        "software": lazy("软件"),
        "other": lazy("其他非技术性费用"),
    }
)
"""Non-technology parts of a contract's price: 成交额 less these is 技术交易额."""
