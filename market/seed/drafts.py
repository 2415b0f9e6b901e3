"""Unpublished listings of the demo: drafts, pending and returned ones."""

from __future__ import annotations

from typing import Any

from market.listings.rules import Points

OUTCOME_DRAFTS: tuple[dict[str, Any], ...] = (
    {
        "status": "draft",
        "author": "university3",
        "days_ago": 1,
        "values": {
            "title": "锰渣基微晶发泡保温板烧成技术",
            "highlight": "导热系数0.052 W/(m·K)，固废掺量72%",
            "field": "environment",
            "industries": ["high_performance_materials"],
            "trl": 5,
            "modes": ["development"],
            "problem": "电解锰渣堆存量大，现有制砖路线附加值低，外运半径超过一百公里即不经济。",
            "keywords": ["锰渣", "发泡陶瓷", "保温板"],
        },
    },
    {
        "status": "pending",
        "author": "university3",
        "days_ago": 1,
        "values": {
            "title": "铝合金熔体在线测氢与除气闭环控制",
            "highlight": "熔体氢含量稳定在0.10 mL/100g以下，除气剂用量减少三成",
            "field": "materials",
            "industries": ["aluminium"],
            "trl": 6,
            "modes": ["licence", "development"],
            "price_kind": "fixed",
            "price_wan": 95,
            "region": "450100",
            "problem": "铸造车间靠炉前取样测氢，结果出来时铸次已经过半，除气时间只能凭经验放长。",
            "solution": "用固体电解质氢传感器连续测量流槽熔体，控制器按测值实时调节转子转速和氩气流量；"
            "传感器自带标定气路，每班自动校准一次。",
            "comparison": [
                {
                    "indicator": "熔体氢含量",
                    "current": "0.13～0.18 mL/100g",
                    "ours": "不高于0.10 mL/100g",
                    "change": "下降约三成",
                    "evidence": "两台保温炉连续四十铸次",
                },
                {
                    "indicator": "测量间隔",
                    "current": "每铸次一次",
                    "ours": "每10秒一次",
                    "change": "由离散变连续",
                    "evidence": "现场记录",
                },
            ],
            "indicators": "测量范围0.03～0.50 mL/100g，误差不大于0.01；传感器寿命三百小时。",
            "applications": "铝板带、铸轧和线杆车间的流槽除气。含锂合金不适用。",
            "evidence": "在合作企业一条线杆流槽运行七个月。",
            "conditions": "普通许可，含两套传感器和现场调试；传感器耗材另购。",
            "team": [
                {"name": "莫长宁", "title": "副教授", "direction": "冶金过程检测"},
                {"name": "韦思诚", "title": "工程师", "direction": "仪表与控制"},
            ],
            "contact_name": "韦明哲",
            "contact_phone": "0771-5550101",
            "contact_email": "university@kezhuan.test",
            "keywords": ["铝熔体", "测氢", "除气", "在线检测"],
        },
    },
    {
        "status": "returned",
        "author": "university",
        "days_ago": 5,
        "points": Points(2, 2, 1, 3),
        "comment": "一、亮点写的是“国际领先”，没有可核对的数字，请换成与现有方案的对比数据。"
        "二、合作条件只写“面议”，请说明许可年限、地域和买方需要的设备。"
        "三、对比表只有一行，请补充能耗和合格率，并注明数据来自哪一级试验。",
        "values": {
            "title": "岩溶地区高盐废水低温蒸发结晶成套技术",
            "highlight": "国际领先的零排放技术",
            "field": "environment",
            "industries": ["environmental"],
            "trl": 6,
            "modes": ["licence", "development"],
            "region": "450100",
            "problem": "锰、锌湿法冶炼园区高盐废水电导率高，膜浓缩液无处可去。",
            "solution": "多效热泵低温蒸发与分质结晶，硫酸钠纯度可以达到一等品。",
            "comparison": [
                {
                    "indicator": "吨水电耗",
                    "current": "62 kWh",
                    "ours": "41 kWh",
                    "change": "-34%",
                    "evidence": "中试",
                }
            ],
            "conditions": "面议",
            "team": [{"name": "陆远舟", "title": "教授", "direction": "水处理"}],
            "contact_name": "韦明哲",
            "contact_phone": "0771-5550101",
            "keywords": ["高盐废水", "蒸发结晶", "零排放"],
        },
    },
)
NEED_DRAFTS: tuple[dict[str, Any], ...] = (
    {
        "status": "pending",
        "author": "enterprise",
        "days_ago": 1,
        "values": {
            "title": "铝杆连铸连轧乳化液在线再生",
            "is_masked": True,
            "field": "environment",
            "industries": ["aluminium"],
            "kind": "process",
            "background": "两条连铸连轧线共用三百立方米乳化液，半年更换一次，废液按危废处置。",
            "description": "在不停线的条件下连续除去乳化液中的浮油、铝粉和细菌，延长换液周期，减少危废量。",
            "targets": [
                {"indicator": "换液周期", "present": "6个月", "target": "不少于18个月"},
                {"indicator": "浮油含量", "present": "3.5%", "target": "不高于1.0%"},
                {"indicator": "年危废量", "present": "620 t", "target": "不高于220 t"},
            ],
            "constraints": "占地不超过四十平方米；不改变乳化液牌号；噪声不高于80 dB。",
            "attempts": "用过撇油带和纸带过滤，对分散油和细铝粉作用不大。",
            "expected_form": "成套装置加六个月陪护运行",
            "trl_min": 7,
            "modes": ["licence", "service"],
            "budget_min_wan": 60,
            "budget_max_wan": 110,
            "payment_terms": "验收后付六成，运行一年付四成",
            "keywords": ["乳化液", "连铸连轧", "废液减量"],
            "deadline_days": 85,
            "region": "450100",
            "contact_name": "莫志远",
            "contact_phone": "0771-5550171",
            "contact_email": "enterprise@kezhuan.test",
        },
    },
    {
        "status": "returned",
        "author": "enterprise",
        "days_ago": 4,
        "points": Points(2, 2, 2, 4),
        "comment": "“大幅提高”没有现在的数值和目标数值，高校无法判断能不能做。"
        "请在指标表里写明现在的断线率、目标断线率和试验条件，并说明预算的上限。",
        "values": {
            "title": "大幅提高铝合金细线拉制成品率",
            "field": "materials",
            "industries": ["aluminium"],
            "kind": "process",
            "background": "细线产品从零点五毫米向零点三毫米延伸，断线增多。",
            "description": "希望大幅提高细线拉制成品率，降低断线，提出模具、润滑和退火的改进方案。",
            "targets": [{"indicator": "成品率", "present": "偏低", "target": "大幅提高"}],
            "modes": ["service", "development"],
            "keywords": ["细线", "拉丝", "断线"],
            "deadline_days": 70,
            "region": "450100",
            "contact_name": "莫志远",
            "contact_phone": "0771-5550171",
        },
    },
)
