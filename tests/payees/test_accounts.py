"""The account an organisation is paid to, and the two persons behind each version of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from tortoise.exceptions import BaseORMException

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, Organisation, StaffRole
from market.audit.models import AuditEvent
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.models import OutgoingMail
from market.ledger.checks import run_checks
from market.payees.accounts import confirm_account, propose_account, reject_account
from market.payees.comparisons import (
    compare_proof,
    confirm_comparison,
    count_to_compare,
    list_to_compare,
    reject_comparison,
)
from market.payees.fingerprints import fingerprint, mask
from market.payees.models import PayeeAccount
from market.payees.queries import account_in_force, known_account
from market.records.by import By
from market.records.decisions import AlreadyDecided, SamePerson, Verdict
from tests.factories import NOW, make_member, make_organisation, make_staff
from tests.invariants import broken
from tests.payees.factories import PROOF_BLOB, SECRET

FIRST, SECOND = "6222000011112222", "6222000033334444"


async def propose(actor: Actor, number: str = FIRST) -> PayeeAccount:
    return await propose_account("城南支行", number, PROOF_BLOB, secret=SECRET, by=By(actor, NOW))


async def make_two() -> tuple[Organisation, Actor, Actor]:
    organisation = await make_organisation()
    owner = await make_member(organisation)
    return organisation, owner, await make_member(organisation, MemberRole.FINANCE)


async def number_in_force(organisation_id: UUID | None) -> str:
    assert organisation_id
    account = await account_in_force(organisation_id)
    return account.number if account else ""


async def test_an_account_takes_effect_when_a_second_person_of_the_organisation_confirms_it() -> None:
    organisation, owner, colleague = await make_two()
    account = await propose(owner)
    assert await number_in_force(organisation.id) == ""

    with pytest.raises(SamePerson):
        await confirm_account(account.id, by=By(owner, NOW))
    with pytest.raises(NotFound):
        await confirm_account(account.id, by=By(await make_member(), NOW))
    await confirm_account(account.id, by=By(colleague, NOW))
    with pytest.raises(AlreadyDecided):
        await confirm_account(account.id, by=By(colleague, NOW))

    assert await number_in_force(organisation.id) == FIRST


async def test_a_changed_account_leaves_the_old_one_in_force_until_it_is_confirmed() -> None:
    organisation, owner, colleague = await make_two()
    await confirm_account((await propose(owner)).id, by=By(colleague, NOW))
    with pytest.raises(Invalid) as same:
        await propose(owner)

    change = await propose(owner, SECOND)
    assert await number_in_force(organisation.id) == FIRST
    with pytest.raises(Invalid) as unexplained:
        await reject_account(change.id, reason="", by=By(colleague, NOW))
    await reject_account(change.id, reason="不是本单位的账户", by=By(colleague, NOW))
    assert await number_in_force(organisation.id) == FIRST

    await confirm_account((await propose(owner, SECOND)).id, by=By(colleague, NOW))
    assert await number_in_force(organisation.id) == SECOND
    assert (same.value.field, unexplained.value.field) == ("number", "reason")


async def test_only_the_latest_version_is_confirmed() -> None:
    organisation, owner, colleague = await make_two()
    wrong = await propose(owner)
    right = await propose(owner, SECOND)

    with pytest.raises(Conflict, match="更新的收款账户"):
        await confirm_account(wrong.id, by=By(colleague, NOW))
    await confirm_account(right.id, by=By(colleague, NOW))

    assert await number_in_force(organisation.id) == SECOND


async def test_every_change_is_mailed_to_all_administrators() -> None:
    organisation, owner, colleague = await make_two()
    other_admin, agent = await make_member(organisation), await make_member(organisation, MemberRole.AGENT)

    account = await propose(owner)
    await confirm_account(account.id, by=By(colleague, NOW))

    for person, count in ((owner, 2), (other_admin, 2), (agent, 0)):
        assert (
            await Message.filter(user_id=person.user_id, text__contains="6222********2222").count() == count
        )
        assert (
            await OutgoingMail.filter(recipient=person.email, subject__contains="收款账户").count() == count
        )
    assert not await Message.filter(text__contains=FIRST).exists()


async def test_the_log_has_old_and_new_account_masked_and_as_keyed_hash_and_no_number() -> None:
    organisation, owner, colleague = await make_two()
    await confirm_account((await propose(owner)).id, by=By(colleague, NOW))
    await confirm_account((await propose(owner, SECOND)).id, by=By(colleague, NOW))

    events = await AuditEvent.filter(subject_kind="organisation", subject_id=organisation.id).order_by(
        "sequence"
    )
    last = events[-1].data
    assert [event.action for event in events] == ["propose_account", "confirm_account"] * 2
    assert (last["old_account"], last["account"]) == (mask(FIRST), mask(SECOND))
    assert (last["old_hash"], last["account_hash"]) == (
        fingerprint(FIRST, SECRET),
        fingerprint(SECOND, SECRET),
    )
    assert events[0].data["proof"] == PROOF_BLOB.sha256
    assert not [event for event in events if FIRST in str(event.data) or SECOND in str(event.data)]


def test_a_fingerprint_needs_the_secret_and_a_mask_shows_the_ends_alone() -> None:
    assert fingerprint(FIRST, SECRET) == fingerprint(FIRST, SECRET) != fingerprint(FIRST, SECRET + "x")
    assert fingerprint(FIRST, SECRET) != fingerprint(SECOND, SECRET)
    assert (mask(FIRST), mask("12345678"), mask("123456789")) == ("6222********2222", "********", "1234*6789")


async def test_the_desk_stands_in_for_the_second_person_of_an_organisation_of_one() -> None:
    owner = await make_member()
    officer, rechecker = await make_staff(StaffRole.OFFICER), await make_staff(StaffRole.RECHECKER)
    account = await propose(owner)
    assert [waiting.id for waiting in await list_to_compare()] == [account.id]

    with pytest.raises(NotFound):
        await confirm_comparison(account.id, by=By(rechecker, NOW))
    await compare_proof(account.id, note="一致", by=By(officer, NOW))
    with pytest.raises(Conflict):
        await compare_proof(account.id, by=By(officer, NOW))
    assert (await count_to_compare(is_compared=False), await count_to_compare(is_compared=True)) == (0, 1)
    await confirm_comparison(account.id, by=By(rechecker, NOW))

    assert await number_in_force(owner.organisation_id) == FIRST
    assert not await list_to_compare()
    assert [each.findings for each in await run_checks(SECRET) if not each.is_well] == []


async def test_an_account_that_its_proof_does_not_bear_out_is_returned_with_the_reason() -> None:
    owner = await make_member()
    officer, rechecker = await make_staff(StaffRole.OFFICER), await make_staff(StaffRole.RECHECKER)
    account = await propose(owner)
    await compare_proof(account.id, by=By(officer, NOW))

    await reject_comparison(account.id, reason="户名不符", by=By(rechecker, NOW))

    assert (await PayeeAccount.get(id=account.id)).verdict is Verdict.REJECTED
    assert await Message.filter(user_id=owner.user_id, text__contains="户名不符").exists()
    assert owner.organisation_id
    assert await known_account(owner.organisation_id) is None
    await propose(owner)


async def test_the_desk_does_not_stand_in_where_there_is_a_second_person() -> None:
    _organisation, owner, _colleague = await make_two()
    account = await propose(owner)

    with pytest.raises(Conflict, match="有第二人"):
        await compare_proof(account.id, by=By(await make_staff(StaffRole.OFFICER), NOW))

    assert not await list_to_compare()


@pytest.mark.owner
async def test_the_database_refuses_to_edit_or_delete_an_account() -> None:
    _organisation, owner, colleague = await make_two()
    account = await propose(owner)
    await confirm_account(account.id, by=By(colleague, NOW))

    for statement in (
        "UPDATE payee_accounts SET number = '6222029999999999999'",
        "UPDATE payee_accounts SET verdict = 'rejected', reason = 'x'",
        "DELETE FROM payee_accounts",
    ):
        with pytest.raises(BaseORMException, match="append-only"):
            async with in_transaction():
                await connection().execute_query(statement)


@asynccontextmanager
async def guards_off() -> AsyncIterator[None]:
    """Act as an intruder who may switch the database's guards off."""
    await connection().execute_query("SET session_replication_role = replica")
    yield
    await connection().execute_query("SET session_replication_role = DEFAULT")


@pytest.mark.owner
@pytest.mark.parametrize(
    ("statement", "check"),
    [
        (
            "UPDATE payee_accounts SET number = '6222009911112222'",
            "payees: account numbers have their keyed hash",
        ),
        (
            "UPDATE payee_accounts SET number = '6222000033334444', fingerprint = '{forged}'",
            "payees: accounts are as they were proposed",
        ),
        (
            "UPDATE payee_accounts SET decided_by_id = proposed_by_id",
            "payees: accounts are confirmed by a second person",
        ),
    ],
)
async def test_an_account_changed_behind_the_log_is_found_by_the_check(statement: str, check: str) -> None:
    _organisation, owner, colleague = await make_two()
    await confirm_account((await propose(owner)).id, by=By(colleague, NOW))
    assert await broken(check, secret=SECRET) == {}

    async with guards_off():
        await connection().execute_script(
            "ALTER TABLE payee_accounts DROP CONSTRAINT payee_accounts_second_person;"
            + statement.format(forged=fingerprint(SECOND, SECRET))
        )

    assert await broken(check, secret=SECRET)
