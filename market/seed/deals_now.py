"""Scripts of the deals that run at present or ended lately, one in each state; need-conductor stays free."""

from __future__ import annotations

from market.deals.models import ContractKind, Side
from market.seed.bargains import HALVES, ONCE, Bargain
from market.seed.deal_acts import (
    accept,
    agree,
    both_agree,
    certify,
    enter,
    introduce,
    object_to,
    offer,
    publish,
    respond,
    skip,
    take_up,
    terminate,
)
from market.seed.deal_scripts import Script, after_publicity
from market.seed.deals_contracted import CONTRACTED

ASSIGNMENT, DEVELOPMENT = ContractKind.ASSIGNMENT, ContractKind.DEVELOPMENT
LICENCE, SERVICE = ContractKind.LICENCE, ContractKind.SERVICE
SELLER, BUYER = Side.SELLER, Side.BUYER

TO_SIGN_ENTERED = Script(
    Bargain(
        "microwave-ceramic",
        "yanlan",
        LICENCE,
        162,
        need="need-filter-ceramic",
        note="粉体温漂可做到零上下三个ppm，可先供二十公斤试压。",
        is_exclusive=True,
        years=6,
    ),
    40,
    (
        (0, respond),
        (1, agree(BUYER)),
        (3, offer(SELLER, 175)),
        (6, offer(BUYER, 150)),
        (8, offer(SELLER, 162)),
        (10, accept(BUYER)),
        (12, publish("参考评估报告（漓评字第2207号），经双方协商确定。")),
        *after_publicity((2, enter)),
    ),
)
TO_SIGN = Script(
    Bargain(
        "weld-vision",
        "lichuan",
        SERVICE,
        118,
        need="need-weld",
        broker="broker2",
        note="研究院已在两家结构件厂装过六套，可带机器人来厂打样。",
        plan=HALVES,
    ),
    8,
    (
        (0, take_up),
        (1, introduce(200)),
        (2, both_agree),
        (3, offer(SELLER, 125)),
        (4, offer(BUYER, 118)),
        (5, accept(SELLER)),
        (6, skip),
    ),
)
SUSPENDED = Script(
    Bargain(
        "hpdc-alloy",
        "muche",
        LICENCE,
        305,
        need="need-hpdc",
        broker="broker",
        note="减震塔试模已开，企业要在区内独占，学校可以接受八年期。",
        is_exclusive=True,
        years=8,
    ),
    17,
    (
        (0, take_up),
        (1, introduce(250)),
        (2, both_agree),
        (3, offer(SELLER, 320)),
        (5, offer(BUYER, 285)),
        (6, offer(SELLER, 305)),
        (7, accept(BUYER)),
        (8, publish("参考评估报告（邕评字第1043号）的评估值298万元，经校长办公会审议确定。")),
        (
            13,
            object_to(
                "yang_chunhui",
                "公示的权利人只写了桂南理工大学。其中“免热处理压铸铝合金”一件专利是两校2021年联合课题的成果，"
                "我校参与人员列为发明人，收益分配尚无书面约定。请说明权属依据后再继续。",
            ),
        ),
    ),
)
PUBLICITY = Script(
    Bargain(
        "wire-eddy-inspection",
        "enterprise",
        LICENCE,
        48,
        need="need-wire-inspect",
        note="检测线速度可到二十五米每秒，贵公司拉丝机改一段导轮即可安装。",
        plan=HALVES,
    ),
    14,
    (
        (0, respond),
        (1, agree(BUYER)),
        (2, offer(SELLER, 48)),
        (4, accept(BUYER)),
        (5, publish("按研发投入成本加合理收益测算，与受让方协商确定。")),
    ),
)
PRICED = Script(
    Bargain(
        "shrimp-ehp",
        "chaoyu",
        ASSIGNMENT,
        49,
        need="need-ehp",
        broker="broker3",
        note="苗场要在出苗前半小时出结果，研究所的试剂做过盲样比对。",
        plan=ONCE,
    ),
    9,
    (
        (0, take_up),
        (1, introduce(300)),
        (2, both_agree),
        (3, offer(SELLER, 52)),
        (4, offer(BUYER, 46)),
        (5, offer(SELLER, 49)),
        (6, accept(BUYER)),
        (7, certify("桂科技术产权交易所", "GK-JY-0049")),
    ),
)
TO_PUBLISH = Script(
    Bargain(
        "ti-waste-acid",
        "gangze",
        LICENCE,
        172,
        need="need-waste-acid",
        note="膜浓缩段已在四十吨每天规模运行，蒸汽消耗可以按贵公司条件重新核算。",
        years=6,
    ),
    30,
    (
        (0, respond),
        (3, agree(BUYER)),
        (5, offer(SELLER, 190)),
        (9, offer(BUYER, 160)),
        (12, offer(SELLER, 172)),
        (15, accept(BUYER)),
    ),
)
NEGOTIATING = Script(
    Bargain(
        "liubao-fermentation",
        "tengxu",
        LICENCE,
        86,
        need="need-liubao",
        broker="broker3",
        note="茶企每年渥堆烧心损失近百万，学校的控菌工艺在两家茶厂用过。",
        years=5,
    ),
    18,
    (
        (0, take_up),
        (1, introduce(300)),
        (2, both_agree),
        (4, offer(SELLER, 98)),
        (6, offer(BUYER, 72)),
        (8, offer(SELLER, 90)),
        (11, offer(BUYER, 80)),
        (14, offer(SELLER, 86)),
    ),
)
TO_ANSWER_BY_BUYER = Script(
    Bargain(
        "al-busbar-joint",
        "enterprise",
        LICENCE,
        58,
        need="need-busbar",
        note="局部镀锡配方不含氰，接触电阻千次循环增长不超过15%，可用贵公司铝排打样。",
        plan=HALVES,
        years=5,
    ),
    17,
    (
        (0, respond),
        (1, agree(BUYER)),
        (3, offer(SELLER, 65)),
        (7, offer(BUYER, 48)),
        (11, offer(SELLER, 58)),
    ),
)
TO_ANSWER_BY_SELLER = Script(
    Bargain(
        "formaldehyde-free",
        "hezhu",
        LICENCE,
        118,
        need="need-glue",
        broker="broker",
        note="企业要拿无醛认证投标，学校的胶已在一家板厂连续用了五个月。",
        years=5,
    ),
    11,
    (
        (0, take_up),
        (1, introduce(300)),
        (2, both_agree),
        (3, offer(SELLER, 145)),
        (5, offer(BUYER, 118)),
    ),
)
INTENT = Script(
    Bargain(
        "cane-membrane",
        "zheyuan",
        LICENCE,
        230,
        need="need-membrane",
        broker="broker3",
        note="糖厂明年榨季前要拿出无硫方案，研究所的膜组件在一家糖厂跑过整个榨季。",
    ),
    8,
    ((0, take_up), (3, introduce(200))),
)
TO_AGREE = Script(
    Bargain(
        "recycled-al-iron",
        "tianling",
        LICENCE,
        150,
        need="need-recycled-al",
        broker="broker",
        note="电解厂想把再生铝直供压铸，铁含量是唯一障碍；学校已有一份许可在履行，可以看现场。",
    ),
    7,
    ((0, take_up), (2, introduce(300)), (4, agree(BUYER))),
)
TERMINATED = Script(
    Bargain(
        "jasmine-fresh",
        "moxiang",
        SERVICE,
        39,
        need="need-jasmine",
        broker="broker3",
        note="合作社花期短，先谈一条摊养线的服务。",
        plan=HALVES,
    ),
    7,
    (
        (0, take_up),
        (1, introduce(200)),
        (2, both_agree),
        (3, offer(SELLER, 39)),
        (4, offer(BUYER, 22)),
        (5, terminate(BUYER, "funds", "合作社今年改造预算只有二十二万元，明年申请到设备补贴后再谈。")),
    ),
)

DEALS_NOW = (
    *CONTRACTED,
    TO_SIGN_ENTERED,
    TO_SIGN,
    SUSPENDED,
    PUBLICITY,
    PRICED,
    TO_PUBLISH,
    NEGOTIATING,
    TO_ANSWER_BY_BUYER,
    TO_ANSWER_BY_SELLER,
    INTENT,
    TO_AGREE,
    TERMINATED,
)
TAKEN_UP = (
    ("broker", "need-red-mud-sc", "red-mud-sc", 5),
    ("broker", "need-msand", "msand-hpc", 3),
    ("broker2", "need-edrive", "edrive-nvh", 6),
    ("broker3", "need-molasses", "molasses-waste", 4),
)
"""Matches that a broker follows and has not introduced yet: broker, need, outcome, days ago."""
