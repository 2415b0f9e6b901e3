"""The deals that run at present or ended lately, one in every state; need-conductor stays untouched."""

from __future__ import annotations

from market.deals.models import ContractKind, Side
from market.seed.rooms import (
    HALVES,
    ONCE,
    Bargain,
    accept,
    agree,
    both_agree,
    confirm,
    enter,
    interest,
    introduce,
    object_to,
    offer,
    pay,
    publish,
    receive,
    register,
    remit,
    respond,
    skip,
    take_up,
    terminate,
    upload,
)
from market.seed.scripts import Script, after_publicity

ASSIGNMENT, DEVELOPMENT = ContractKind.ASSIGNMENT, ContractKind.DEVELOPMENT
LICENCE, SERVICE = ContractKind.LICENCE, ContractKind.SERVICE
SELLER, BUYER = Side.SELLER, Side.BUYER

COMPLETED = Script(
    Bargain(
        "oyster-peptide",
        "chaoyu",
        ASSIGNMENT,
        122,
        need="need-oyster-peptide",
        broker="broker3",
        note="企业的牡蛎肽苦味和镉超标，研究所的定向酶解配方做过三批中试，愿意整体转让。",
        plan=HALVES,
    ),
    72,
    (
        (0, take_up),
        (1, introduce(300)),
        (3, both_agree),
        (5, offer(SELLER, 130)),
        (8, offer(BUYER, 112)),
        (11, offer(SELLER, 122)),
        (13, accept(BUYER)),
        (14, publish("参考评估报告（北联评字第0612号）的评估值118万元，经双方协商确定。")),
        *after_publicity((2, enter), (4, confirm), (8, register), (10, receive(1)), (20, receive(2))),
    ),
)
PAYING_IN_PART = Script(
    Bargain(
        "mn-slag-brick",
        "mengyang",
        ASSIGNMENT,
        112,
        need="need-mn-slag",
        broker="broker",
        note="锰渣库快满了，学校的脱氨固锰工艺在同类渣上做过中试，先看砖样再谈。",
        plan=HALVES,
    ),
    44,
    (
        (0, take_up),
        (1, introduce(300)),
        (2, both_agree),
        (3, offer(SELLER, 120)),
        (5, offer(BUYER, 104)),
        (6, upload(BUYER, "锰渣成分检测.pdf")),
        (7, offer(SELLER, 112)),
        (9, accept(BUYER)),
        (10, publish("参考同类固废处置技术近两年的转让价格，经双方协商确定。")),
        *after_publicity((1, enter), (2, confirm), (4, register), (6, receive(1)), (8, remit(2))),
    ),
)
PAID_ONLINE = Script(
    Bargain(
        "zinc-residue-in",
        "jinxun",
        LICENCE,
        150,
        need="need-zinc-in",
        note="我校在两种浸出渣上做过低温还原试验，铟回收率稳定在86%以上，可先用贵公司渣样复核。",
    ),
    52,
    (
        (0, respond),
        (1, agree(BUYER)),
        (3, offer(SELLER, 160)),
        (8, offer(BUYER, 138)),
        (12, offer(SELLER, 150)),
        (15, accept(BUYER)),
        (17, publish("按可比专利许可费率3.5%和预计产量测算，经双方协商确定。")),
        *after_publicity((2, enter), (3, confirm), (5, register), (8, pay(1))),
    ),
)
TO_PAY_ONLINE = Script(
    Bargain(
        "recycled-al-iron",
        "enterprise",
        LICENCE,
        142,
        note="公司准备用三成再生铝配料生产电工圆杆，想了解电磁除铁对导电率的影响和设备改造量。",
        terms_note="设备改造费用由受让方承担，让与方派两人驻厂调试不少于三周。",
    ),
    95,
    (
        (0, interest),
        (1, agree(SELLER)),
        (4, offer(SELLER, 150)),
        (9, offer(BUYER, 130)),
        (13, offer(SELLER, 142)),
        (16, accept(BUYER)),
        (18, publish("参考本校同类许可合同，经技术转移中心集体决策，与受让方协商确定。")),
        *after_publicity((3, enter), (4, confirm), (8, register), (12, receive(1))),
    ),
)
REGISTERED = Script(
    Bargain(
        "methanol-cold",
        "hengqin",
        DEVELOPMENT,
        260,
        need="need-methanol",
        broker="broker2",
        note="零下冷启动是甲醇重卡进西北的门槛，大学的台架数据对得上，建议按样机分段付款。",
        parts=(("equipment", "电加热器与控制器样件两套", 30),),
    ),
    34,
    (
        (0, take_up),
        (1, introduce(250)),
        (2, both_agree),
        (4, offer(SELLER, 280)),
        (7, offer(BUYER, 240)),
        (10, offer(SELLER, 260)),
        (12, accept(BUYER)),
        (13, skip),
        (18, enter),
        (20, confirm),
        (26, register),
    ),
)
SIGNED = Script(
    Bargain(
        "boom-energy",
        "lichuan",
        DEVELOPMENT,
        218,
        need="need-boom",
        broker="broker2",
        note="二十二吨机型已有样机数据，企业要移植到三十六吨机型，适合做委托开发。",
    ),
    37,
    (
        (0, take_up),
        (1, introduce(200)),
        (3, both_agree),
        (5, offer(SELLER, 230)),
        (9, offer(BUYER, 205)),
        (13, offer(SELLER, 218)),
        (16, accept(BUYER)),
        (17, skip),
        (22, enter),
        (25, confirm),
    ),
)
TO_REGISTER = Script(
    Bargain(
        "red-mud-road",
        "tianling",
        SERVICE,
        86,
        need="need-red-mud-road",
        broker="broker",
        note="厂区到国道的六公里进场路正好做试验段，学校出配方和现场指导。",
        plan=HALVES,
    ),
    13,
    (
        (0, take_up),
        (1, introduce(300)),
        (2, both_agree),
        (3, offer(SELLER, 90)),
        (4, offer(BUYER, 80)),
        (5, offer(SELLER, 86)),
        (6, accept(BUYER)),
        (7, skip),
        (9, enter),
        (11, confirm),
    ),
)
TO_CONFIRM = Script(
    Bargain(
        "al-dross-denitride",
        "enterprise",
        DEVELOPMENT,
        180,
        need="need-al-dross",
        note="贵公司铝灰氮化铝含量与我们中试用料接近，可以共同开发一套两吨每班的厂内装置。",
        parts=(("equipment", "中试反应釜一台", 22),),
    ),
    35,
    (
        (0, respond),
        (2, agree(BUYER)),
        (4, offer(SELLER, 220)),
        (8, offer(BUYER, 165)),
        (12, offer(SELLER, 180)),
        (15, accept(BUYER)),
        (16, skip),
        (22, upload(SELLER, "合作开发任务书.pdf", "draft")),
        (30, enter),
    ),
)
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
    COMPLETED,
    PAYING_IN_PART,
    PAID_ONLINE,
    TO_PAY_ONLINE,
    REGISTERED,
    SIGNED,
    TO_REGISTER,
    TO_CONFIRM,
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
