"""The demo's organisations, their people, brokers and the authority's staff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from market.accounts import brokers, memberships, organisations
from market.accounts.actors import Actor, actor_without_roles, load_actor
from market.accounts.demo_logins import PASSWORD
from market.accounts.messages import notify_staff
from market.accounts.models import (
    BrokerProfile,
    MemberRole,
    Membership,
    Organisation,
    OrganisationKind,
    OrganisationVerb,
    StaffRole,
    User,
    UserVerb,
)
from market.accounts.passwords import hash_password
from market.audit.log import record
from market.codes.uscc import check_digit
from market.records.by import By
from market.seed.content import id_of, load
from market.seed.timeline import Calendar, Story, at

NEWCOMERS: tuple[dict[str, Any], ...] = (
    {
        "key": "lanting",
        "name": "防城港蓝汀香料有限公司",
        "body": "91450600MAD3K5XQ7",
        "region": "450600",
        "industry": "C26",
        "nature_code": "170",
        "established_on": "2023-08-14",
        "introduction": "八角、肉桂精油加工企业，年处理枝叶四千吨，正在寻找提纯和稳定化技术。",
        "person": ("huang_manqing", "黄曼青"),
        "phone": "0770-5550193",
        "days_ago": 2,
    },
    {
        "key": "yuntian",
        "name": "贺州云田石材科技有限公司",
        "body": "91451100MAC8R2TN4",
        "region": "451100",
        "industry": "C30",
        "nature_code": "170",
        "established_on": "2022-11-03",
        "introduction": "碳酸钙和人造石生产企业，关注石粉高值化和粉尘治理。",
        "person": ("deng_kaiwen", "邓凯文"),
        "phone": "0774-5550196",
        "days_ago": 1,
    },
    {
        "key": "hefeng",
        "name": "玉林禾沣农机经营部",
        "body": "92450900MA7G41PL6",
        "region": "450900",
        "industry": "F51",
        "nature_code": "180",
        "established_on": "2021-04-22",
        "introduction": "甘蔗、木薯农机销售与租赁。",
        "person": ("pang_zhongli", "庞仲礼"),
        "phone": "0775-5550198",
        "days_ago": 6,
        "returned": "这个代码是个体工商户的。请以企业或农民专业合作社登记，或改为加入已有单位。",
    },
)
"""Who came last and still has to be verified, for the operator's queue."""


class Cast:
    """The actors of the demo by their keys, loaded once."""

    def __init__(self) -> None:
        self._actors: dict[str, Actor] = {}

    async def actor(self, key: str) -> Actor:
        """Return the actor of a person."""
        if key not in self._actors:
            self._actors[key] = await load_actor(id_of("user", key))
        return self._actors[key]


async def establish_everybody(calendar: Calendar) -> None:
    """Create those who are established: staff, then each organisation with its people, then brokers."""
    begin = date(calendar.round_year - 1, 10, 8)
    password_hash = await hash_password(PASSWORD)
    people = load("people")
    for key, person in people.items():
        if person["staff_role"]:
            await add_person(key, person, password_hash, at(begin, 9))
    operator = await load_actor(id_of("user", "operator"))
    for place, (key, entry) in enumerate(load("organisations").items()):
        moment = at(begin + timedelta(days=2 * place + 1), 9 + place % 8, place * 7 % 60)
        own = {k: p for k, p in people.items() if p["organisation"] == key}
        await _add_organisation(key, entry, own, password_hash, operator, moment)
    first_broker = 2 * len(load("organisations")) + 2
    established = [(key, person) for key, person in people.items() if person["organisation"]]
    for place, (key, person) in enumerate(entry for entry in established if entry[1]["broker"]):
        moment = at(begin + timedelta(days=first_broker + place), 10)
        await _add_broker(key, person["broker"], moment)
        await brokers.verify_broker(
            id_of("broker", key), revision=1, by=By(operator, moment + timedelta(days=1))
        )


def latecomers(cast: Cast, calendar: Calendar) -> Iterator[Story]:
    """Yield the stories of those who wait for verification: organisations, a broker, a colleague."""
    for entry in NEWCOMERS:
        yield _arrive(entry, cast, calendar)
    for key, person in load("people").items():
        if person["broker"] and not person["broker"]["is_verified"]:
            yield _apply(key, person, calendar)
    yield _ask_to_join(calendar)


async def add_person(key: str, person: dict[str, Any], password_hash: str, now: datetime) -> User:
    user = await User.create(
        id=id_of("user", key),
        email=person["email"],
        name=person["name"],
        password_hash=password_hash,
        staff_role=StaffRole(person["staff_role"]) if person.get("staff_role") else None,
        email_confirmed_at=now,
        created_at=now,
    )
    await record("user", user.id, UserVerb.REGISTER, by=By(actor_without_roles(user.id), now))
    await record("user", user.id, UserVerb.CONFIRM_EMAIL, by=By(actor_without_roles(user.id), now))
    return user


async def _add_organisation(
    key: str,
    entry: dict[str, Any],
    people: dict[str, dict[str, Any]],
    password_hash: str,
    operator: Actor,
    now: datetime,
) -> None:
    """Register an organisation, verify it the next morning, and let its other people join."""
    users = [
        await add_person(person, own, password_hash, now)
        for person, own in sorted(people.items(), key=lambda item: item[1]["member_role"] != "admin")
    ]
    organisation = await register_organisation(key, entry, users[:1], now)
    later = now + timedelta(days=1)
    await organisations.verify_organisation(organisation.id, revision=1, by=By(operator, later))
    if not users:
        return
    admin = await load_actor(users[0].id)
    for user in users[1:]:
        role = next(MemberRole(p["member_role"]) for p in people.values() if p["email"] == user.email)
        joined = await memberships.apply_to_join(
            entry["uscc"], role, by=By(actor_without_roles(user.id), later)
        )
        await memberships.approve_member(joined.id, role, by=By(admin, later + timedelta(hours=2)))


async def register_organisation(
    key: str, entry: dict[str, Any], founders: Iterable[User], now: datetime
) -> Organisation:
    """Register an organisation with those who founded it."""
    columns = {
        **{name: value for name, value in entry.items() if name not in ("bank_name", "bank_account")},
        "kind": OrganisationKind(entry["kind"]),
        "established_on": date.fromisoformat(entry["established_on"]),
    }
    organisation = await Organisation.create(id=id_of("organisation", key), created_at=now, **columns)
    founder = None
    for user in founders:
        founder = actor_without_roles(user.id)
        await Membership.create(
            id=id_of("membership", key),
            user=user,
            organisation=organisation,
            role=MemberRole.ADMIN,
            applied_at=now,
            started_at=now,
        )
    await record("organisation", organisation.id, OrganisationVerb.REGISTER, by=By(founder, now))
    return organisation


async def _add_broker(key: str, entry: dict[str, Any], now: datetime) -> BrokerProfile:
    user_id = id_of("user", key)
    profile = await BrokerProfile.create(
        id=id_of("broker", key),
        user_id=user_id,
        created_at=now,
        **{k: v for k, v in entry.items() if k != "is_verified"},
    )
    await record("user", user_id, UserVerb.APPLY_AS_BROKER, by=By(actor_without_roles(user_id), now))
    return profile


async def _apply(key: str, person: dict[str, Any], calendar: Calendar) -> Story:
    """Register a broker whose certificate the operator has to verify."""
    now = yield calendar.ago(3, 15)
    await add_person(key, person, await common_hash(), now)
    profile = await _add_broker(key, person["broker"], now)
    await notify_staff(
        StaffRole.OPERATOR,
        f"技术经纪人等待认证：{person['name']}",
        address=f"/backoffice/brokers/{profile.id}",
        now=now,
    )


async def _arrive(entry: dict[str, Any], cast: Cast, calendar: Calendar) -> Story:
    """Register an organisation that is not verified yet; one was returned the same day."""
    now = yield calendar.ago(entry["days_ago"], 11, 20)
    key, name = entry["person"]
    person = {"email": f"{key.replace('_', '.')}@demo.kezhuan.test", "name": name}
    user = await add_person(key, person, await common_hash(), now)
    details = {
        "name": entry["name"],
        "uscc": entry["body"] + check_digit(entry["body"]),
        "kind": "enterprise",
        "region": entry["region"],
        "industry": entry["industry"],
        "nature_code": entry["nature_code"],
        "established_on": entry["established_on"],
        "is_manufacturer": entry["industry"].startswith("C"),
        "is_sme": True,
        "introduction": entry["introduction"],
        "contact_name": name,
        "contact_phone": entry["phone"],
        "contact_email": person["email"],
    }
    organisation = await register_organisation(entry["key"], details, [user], now)
    await notify_staff(
        StaffRole.OPERATOR,
        f"新单位等待认证：{organisation.name}",
        address=f"/backoffice/organisations/{organisation.id}",
        now=now,
    )
    if reason := entry.get("returned"):
        now = yield now + timedelta(hours=5)
        operator = await cast.actor("operator")
        await organisations.return_organisation(organisation.id, reason, revision=1, by=By(operator, now))


async def _ask_to_join(calendar: Calendar) -> Story:
    """Apply for a membership that the enterprise's administrator has to approve."""
    now = yield calendar.ago(1, 16)
    person = {"email": "su.wanting@demo.kezhuan.test", "name": "苏婉婷"}
    user = await add_person("su_wanting", person, await common_hash(), now)
    organisation = await Organisation.get(id=id_of("organisation", "enterprise"))
    await memberships.apply_to_join(
        str(organisation.uscc), MemberRole.AGENT, by=By(actor_without_roles(user.id), now)
    )
    await memberships.notify_admins_of_application(organisation, user.id, now=now)


async def common_hash() -> str:
    """Return the hash of the one password that all people of the demo have."""
    return (await User.get(id=id_of("user", "operator"))).password_hash
