"""Scripts of present deals with a contract: one in each state from confirmation to the last receipt."""

from __future__ import annotations

from market.deals.models import ContractKind, Side
from market.seed.bargains import HALVES, Bargain
from market.seed.deal_acts import (
    accept,
    agree,
    both_agree,
    confirm,
    enter,
    interest,
    introduce,
    offer,
    pay,
    publish,
    receive,
    register,
    remit,
    respond,
    skip,
    take_up,
    upload,
)
from market.seed.deal_scripts import Script, after_publicity

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

CONTRACTED = (
    COMPLETED,
    PAYING_IN_PART,
    PAID_ONLINE,
    TO_PAY_ONLINE,
    REGISTERED,
    SIGNED,
    TO_REGISTER,
    TO_CONFIRM,
)
