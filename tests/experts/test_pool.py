"""Who may be drawn, and with whom each expert has a conflict of interest."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from market.accounts.actors import load_actor
from market.accounts.models import Organisation, User
from market.experts import ties, units
from market.experts.models import AvoidedExpert, Expert, ExpertUnit
from market.experts.pool import PoolExpert, conflicts, conflicts_by_organisation, pool_experts
from market.experts.states import ExpertKind, ExpertStatus, ExpertTieKind, TieSource
from market.integrity.models import PartyTie, TieKind
from market.listings.rules import months_later
from market.records.by import By
from tests.experts.factories import TODAY, make_expert, make_tie, make_unit
from tests.factories import NOW, make_member, make_membership, make_organisation, make_user

FOUR_YEARS_AGO = date(2022, 2, 1)


async def reasons(
    expert: Expert, organisation: Organisation, *people: UUID, on: date = TODAY
) -> tuple[str, ...]:
    """Return why this expert has a conflict with the organisation or these people."""
    pool = [entry for entry in await pool_experts(on=on) if entry.id == expert.id]
    found = await conflicts(pool, organisations=frozenset({organisation.id}), people=frozenset(people), on=on)
    return found.get(expert.id, ())


async def test_the_pool_is_who_is_in_it_by_id_narrowed_by_kind_and_field() -> None:
    unit = await make_organisation(name="桂南检测院")
    technical = await make_expert(unit=unit, fields_of_work={"materials": 60, "energy": 40})
    financial = await make_expert(
        unit="桂南检测院", kind=ExpertKind.FINANCIAL, fields_of_work={"agriculture": 100}
    )
    nowhere = await make_expert(unit="（已退休）")
    await nowhere.units.all().update(ended_on=TODAY - timedelta(days=1))
    for status in set(ExpertStatus) - {ExpertStatus.IN_POOL}:
        await make_expert(status=status)
    await make_expert(await make_user(is_active=False))

    pool = await pool_experts(on=TODAY)

    assert [expert.id for expert in pool] == sorted([technical.id, financial.id, nowhere.id])
    by_id = {expert.id: expert for expert in pool}
    assert by_id[technical.id].unit == by_id[financial.id].unit == str(unit.id)
    assert by_id[nowhere.id].unit == str(nowhere.id)
    assert by_id[technical.id].fields == {"materials": 60, "energy": 40}
    assert [expert.id for expert in await pool_experts(on=TODAY, kinds=[ExpertKind.FINANCIAL])] == [
        financial.id
    ]
    assert [expert.id for expert in await pool_experts(on=TODAY, fields=["energy"])] == [technical.id]


async def test_a_unit_that_is_not_on_the_market_is_known_by_its_canonical_name() -> None:
    first = await make_expert(unit="南宁 第二 研究所")
    second = await make_expert(unit="南宁第二研究所")
    await make_unit(first, "去年的单位", date(2012, 1, 1), TODAY - timedelta(days=9))

    assert {expert.unit for expert in await pool_experts(on=TODAY) if expert.id in (first.id, second.id)} == {
        "南宁第二研究所"
    }


async def test_a_common_past_of_three_years_is_a_conflict_and_an_older_one_is_none() -> None:
    applicant = await make_organisation(name="青屿铝缆")
    member, former, employed, left = [await make_expert() for _ in range(4)]
    await make_membership(member.user_id, applicant, start=NOW - timedelta(days=30))
    await make_membership(
        former.user_id, applicant, start=NOW - timedelta(days=1500), end=NOW - timedelta(days=1200)
    )
    await make_unit(employed, " 青屿铝缆", FOUR_YEARS_AGO, date(2023, 3, 2))
    await make_unit(left, applicant, FOUR_YEARS_AGO, date(2023, 3, 1))

    assert await reasons(member, applicant) == ("2026-01-31 至今在青屿铝缆任单位管理员",)
    assert await reasons(former, applicant) == ()
    assert await reasons(employed, applicant) == ("2022-02-01 至 2023-03-02 在青屿铝缆任职",)
    assert await reasons(left, applicant) == ()


async def test_an_end_that_experts_enter_themselves_counts_from_the_day_they_enter_it() -> None:
    applicant = await make_organisation(name="青屿铝缆")
    expert = await make_expert(unit=applicant)
    tied = await make_expert()
    tie = await make_tie(tied, "青屿铝缆")
    current = await ExpertUnit.get(expert_id=expert.id, ended_on=None)
    user, other = [await User.get(id=entry.user_id) for entry in (expert, tied)]
    long_ago = current.began_on + timedelta(days=1)

    await units.end_unit(current.id, long_ago, by=By(await load_actor(user.id), NOW))
    await ties.end_tie(tie.id, long_ago, by=By(await load_actor(other.id), NOW))

    later = months_later(TODAY, 36)
    for entry in (expert, tied):
        assert await reasons(entry, applicant) != ()
        assert await reasons(entry, applicant, on=later) != ()
        assert await reasons(entry, applicant, on=later + timedelta(days=1)) == ()


async def test_a_declared_tie_counts_until_its_last_day_by_organisation_name_or_person() -> None:
    applicant, inventor = await make_organisation(name="青屿铝缆"), await make_user(name="莫志远")
    paid, ended, friend, objected = [await make_expert() for _ in range(4)]
    await make_tie(paid, applicant, valid_until=TODAY)
    await make_tie(ended, "青屿铝缆", valid_until=TODAY - timedelta(days=1))
    await make_tie(friend, "莫志远", is_person=True, kind=ExpertTieKind.CO_AUTHOR)
    await make_tie(objected, "青屿铝缆", kind=ExpertTieKind.DISPUTE, source=TieSource.OBJECTED)

    assert await reasons(paid, applicant) == ("与青屿铝缆有关联：领取顾问费或兼职报酬（本人申报）",)
    assert await reasons(ended, applicant) == ()
    assert await reasons(friend, applicant) == ()
    assert await reasons(friend, applicant, inventor.id) == (
        "与莫志远有关联：合作研究或论文合著（本人申报）",
    )
    assert await reasons(objected, applicant) == ("与青屿铝缆有关联：纠纷（他人提出）",)
    assert await reasons(paid, applicant, paid.user_id) == (
        "与青屿铝缆有关联：领取顾问费或兼职报酬（本人申报）",
        "本人是当事人",
    )


async def test_a_unit_that_holds_shares_or_shares_a_person_is_a_conflict() -> None:
    applicant, holder, sister, other = [await make_organisation() for _ in range(4)]
    owner, shared, free = (
        await make_expert(unit=holder),
        await make_expert(unit=sister),
        await make_expert(unit=other),
    )
    for kind, uscc, to in (
        (TieKind.SHAREHOLDING, applicant.uscc, holder.uscc),
        (TieKind.PERSON, applicant.uscc, "a" * 64),
        (TieKind.PERSON, sister.uscc, "a" * 64),
        (TieKind.PERSON, other.uscc, "b" * 64),
    ):
        await PartyTie.create(
            id=uuid4(), kind=kind, uscc=uscc, other=to, role="股东", source="公示系统", entered_at=NOW
        )

    assert await reasons(owner, applicant) == (f"任职单位{holder.name}与{applicant.name}有持股关系",)
    assert await reasons(shared, applicant) == (f"任职单位{sister.name}与{applicant.name}有共同任职人员",)
    assert await reasons(free, applicant) == ()


@pytest.mark.parametrize(
    ("name", "unit", "is_avoided"),
    [
        ("韦 国栋", "桂北大学", True),
        ("韦国栋", "", True),
        ("韦国栋", "早年的研究所", True),
        ("韦国栋", "另一所大学", False),
        ("韦国", "桂北大学", False),
    ],
)
async def test_whom_an_applicant_asks_to_avoid_is_known_by_name_and_unit(
    name: str, unit: str, is_avoided: bool
) -> None:
    applicant = await make_member()
    organisation = await Organisation.get(id=applicant.organisation_id)
    expert = await make_expert(await make_user(name="韦国栋", email="wei@guibei.test"), unit="桂北大学")
    await make_unit(expert, "早年的研究所", begin=date(2001, 7, 1), end=date(2009, 7, 1))
    avoided = await AvoidedExpert.create(
        id=uuid4(),
        organisation=organisation,
        place=1,
        name=name,
        unit_name=unit,
        reason="曾有合同纠纷",
        named_by_id=applicant.user_id,
        named_at=NOW,
    )

    assert await reasons(expert, organisation) == ((f"{organisation.name}申请其回避",) if is_avoided else ())
    await AvoidedExpert.filter(id=avoided.id).update(withdrawn_at=NOW)
    assert await reasons(expert, organisation) == ()


async def test_confirmed_mails_of_a_units_domain_and_equal_telephone_numbers_are_conflicts() -> None:
    applicant = await make_organisation(contact_email="info@qingyu.test", contact_phone="0771-5550171")
    quiet = await make_organisation(contact_email="boss@qq.com", contact_phone="")
    await make_member(quiet, email="li@lab.quiet.test")
    await make_member(quiet, email="bystander@unsure.test", email_confirmed_at=None)
    same, unconfirmed, public, colleague, unsure = (
        await make_expert(await make_user(email="wang@lab.qingyu.test"), phone="86 771 5550171"),
        await make_expert(await make_user(email="li@qingyu.test", email_confirmed_at=None)),
        await make_expert(await make_user(email="zhao@qq.com")),
        await make_expert(await make_user(email="chen@quiet.test")),
        await make_expert(await make_user(email="qin@unsure.test")),
    )

    assert await reasons(same, applicant) == (
        f"邮箱与{applicant.name}同属一个单位域名",
        f"联系电话与{applicant.name}相同",
    )
    assert await reasons(unconfirmed, applicant) == ()
    assert await reasons(public, quiet) == ()
    assert await reasons(colleague, quiet) == (f"邮箱与{quiet.name}同属一个单位域名",)
    assert await reasons(unsure, quiet) == ()


async def test_many_organisations_are_answered_at_once_each_for_itself() -> None:
    first, second, third = [await make_organisation() for _ in range(3)]
    expert, other = await make_expert(unit=first), await make_expert(unit=second)

    pool = await pool_experts(on=TODAY)
    answers = await conflicts_by_organisation(pool, [first.id, second.id, third.id], on=TODAY)

    assert {key: set(value) for key, value in answers.items()} == {
        first.id: {expert.id},
        second.id: {other.id},
    }
    assert await conflicts(pool, organisations=frozenset(), on=TODAY) == {}
    assert all(isinstance(entry, PoolExpert) for entry in pool)
