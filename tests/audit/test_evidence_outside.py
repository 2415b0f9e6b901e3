"""Evidence out of the operator's reach: who acted, signed roots, a copy outside, signed exports."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from asyncpg import RestrictViolationError  # type: ignore[import-untyped]
from tortoise.exceptions import BaseORMException

from market.accounts.jobs import delete_unconfirmed
from market.accounts.models import StaffRole, User
from market.accounts.personal_data import erase_person
from market.accounts.root_mails import mail_root_of_day
from market.audit import commands
from market.audit.log import record
from market.audit.models import AuditEvent, HourlyRoot, Pseudonym
from market.audit.persons import commitment, pseudonym_of
from market.audit.queries import export_lines
from market.audit.roots import COPY, make_hourly_root, publish_roots
from market.audit.verify import read_copy, verify_database, verify_file
from market.deps import Deps
from market.kit.models import OutgoingMail
from market.kit.signing import Signer, is_signed
from market.records.by import By
from tests.accounts.registration_data import password_hash
from tests.databases import past_guards, run_as_owner
from tests.factories import PASSWORD, make_member, make_staff, make_user
from tests.fixtures import NOW

SIGNER, OTHER = Signer("a key that lies outside the database"), Signer("another key of somebody else, long")
LATER = NOW + timedelta(hours=2)


async def acts(count: int = 2) -> list[User]:
    """Let so many people act on records of their own, and return them."""
    people = []
    for _number in range(count):
        actor = await make_member()
        await record("deal", uuid4(), "offer", by=By(actor, NOW))
        people.append(await User.get(id=actor.user_id))
    return people


async def faults(**options: object) -> list[tuple[str, str]]:
    findings, _verifier = await verify_database(trusted=SIGNER.public_key, **options)  # type: ignore[arg-type]
    return [(finding.kind, finding.fault) for finding in findings]


async def test_a_pseudonym_commits_to_its_person() -> None:
    (person,) = await acts(1)
    row = await Pseudonym.get(user_id=person.id)
    event = await AuditEvent.get(action="offer")

    assert row.salt is not None
    assert event.actor == row.id == commitment(person.id, bytes(row.salt))
    assert await pseudonym_of(person.id) == row.id
    assert await faults() == []


async def test_two_people_who_are_exchanged_in_the_table_are_found() -> None:
    first, second = await acts()

    await past_guards(
        "UPDATE pseudonyms p SET user_id = o.user_id FROM pseudonyms o "
        "WHERE o.id <> p.id AND o.user_id = ANY($1) AND p.user_id = ANY($1)",
        [first.id, second.id],
    )
    assert await faults() == [("person", "swapped"), ("person", "swapped")]
    # With their salts exchanged too, and however else: the chain holds the pseudonym.
    await past_guards(
        "UPDATE pseudonyms p SET salt = o.salt FROM pseudonyms o "
        "WHERE o.id <> p.id AND o.user_id = ANY($1) AND p.user_id = ANY($1)",
        [first.id, second.id],
    )
    assert await faults() == [("person", "swapped"), ("person", "swapped")]


async def test_a_person_who_is_taken_out_without_being_erased_is_found() -> None:
    first, second = await acts()
    await past_guards("UPDATE pseudonyms SET user_id = NULL, salt = NULL WHERE user_id = $1", first.id)
    await past_guards("DELETE FROM pseudonyms WHERE user_id = $1", second.id)

    assert sorted(await faults()) == [("person", "unknown"), ("person", "unresolved")]


async def test_the_database_refuses_to_change_who_is_behind_a_pseudonym() -> None:
    (person,) = await acts(1)

    for statement in (
        "UPDATE pseudonyms SET user_id = $1",
        "UPDATE pseudonyms SET salt = '\\x00' WHERE user_id = $1",
        "DELETE FROM pseudonyms WHERE user_id = $1",
    ):
        with pytest.raises((RestrictViolationError, BaseORMException), match="immutable"):
            await run_as_owner(statement, person.id)


async def test_who_is_erased_cannot_be_told_any_more_and_the_log_holds() -> None:
    user = await make_user(password_hash=await password_hash())
    from market.accounts.actors import load_actor

    actor = await load_actor(user.id)
    await record("deal", uuid4(), "offer", by=By(actor, NOW))
    await erase_person(PASSWORD, by=By(actor, NOW))
    guest = await make_user(email_confirmed_at=None)
    await record("user", guest.id, "register", by=By(await load_actor(guest.id), NOW))
    await delete_unconfirmed(guest, now=NOW)

    assert await Pseudonym.filter(user_id=None, salt=None).count() == 2
    assert await faults() == []


async def test_a_pseudonym_of_an_earlier_release_stays_and_is_followed_by_one_that_commits() -> None:
    person = await make_user()
    await Pseudonym.create(id=UUID(int=7), user_id=person.id)

    assert await pseudonym_of(person.id) != UUID(int=7)
    assert await Pseudonym.filter(user_id=person.id).count() == 2
    assert await faults() == []


async def test_a_root_is_signed_each_hour_and_holds() -> None:
    await acts()
    root = await make_hourly_root(SIGNER, now=LATER)
    assert root is not None
    assert (root.chains, root.events) == (2, 2)
    assert await make_hourly_root(SIGNER, now=LATER + timedelta(minutes=5)) is None
    await record("deal", uuid4(), "offer", by=By(await make_member(), LATER))
    assert await make_hourly_root(SIGNER, now=LATER + timedelta(hours=2)) is not None

    assert await faults() == []


async def test_a_root_of_another_key_or_over_other_chains_is_found() -> None:
    await acts()
    await make_hourly_root(OTHER, now=LATER)
    assert await faults() == [("root", "forged")]

    await past_guards("UPDATE hourly_roots SET key = $1", SIGNER.public_key)
    assert await faults() == [("root", "forged")]


async def test_a_log_that_was_computed_anew_with_its_roots_is_told_by_the_copy_outside(
    tmp_path: Path,
) -> None:
    await acts()
    await make_hourly_root(SIGNER, now=LATER)
    mailed = tmp_path / "mail.txt"
    root = await HourlyRoot.get()
    await make_staff(StaffRole.AUDITOR)
    assert await mail_root_of_day(root, now=LATER) == 1
    mailed.write_text((await OutgoingMail.all().order_by("-id").first()).text)  # type: ignore[union-attr]
    outside = read_copy(mailed)
    assert len(outside) == 1
    assert await faults(outside=outside) == []

    await past_guards("DELETE FROM hourly_roots")
    await past_guards("DELETE FROM audit_events WHERE id = (SELECT max(id) FROM audit_events)")
    await make_hourly_root(SIGNER, now=LATER)

    assert await faults() == []
    assert await faults(outside=outside) == [("root", "withdrawn")]


async def test_the_job_appends_to_a_file_of_its_owner_and_mails_once_a_day(deps: Deps) -> None:
    await acts(1)
    await make_staff(StaffRole.AUDITOR)
    clock = deps.clock
    for hours in (1, 2):
        clock.move(hours=hours)  # type: ignore[attr-defined]  # a fixed clock
        await publish_roots(deps)

    copy = deps.settings.data_directory / COPY
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    rows = [json.loads(line)["hour"] for line in copy.read_text().splitlines()]
    assert [row["key"] for row in rows] == [deps.settings.signer.public_key] * 2
    first, second = await HourlyRoot.all().order_by("until")
    assert await mail_root_of_day(first, now=NOW) == 1
    assert await mail_root_of_day(second, now=NOW) == 0
    findings, _verifier = await verify_database(
        trusted=deps.settings.signer.public_key, outside=read_copy(copy)
    )
    assert findings == []


async def test_an_export_is_signed_and_every_changed_byte_is_found(tmp_path: Path) -> None:
    await acts()
    await make_hourly_root(SIGNER, now=LATER)
    path = tmp_path / "log.jsonl"
    assert await commands.export(path, SIGNER) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert verify_file(path, trusted=SIGNER.public_key) == []
    assert verify_file(path) == []
    assert [f.fault for f in verify_file(path, trusted=OTHER.public_key)] == ["unsigned", "forged"]

    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert [f.fault for f in verify_file(path, trusted=SIGNER.public_key)] == ["unsigned"]
    # A row fewer, with the end mark and roots put right, and every hash computed anew.
    path.write_text("".join([part async for part in export_lines(OTHER)]))
    assert "unsigned" in {f.fault for f in verify_file(path, trusted=SIGNER.public_key)}


async def test_the_command_verifies_against_a_copy_and_names_what_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await acts()
    await make_hourly_root(SIGNER, now=LATER)
    copy, empty = tmp_path / "copy.jsonl", tmp_path / "empty"
    copy.write_text("".join([part async for part in export_lines(SIGNER)]))
    empty.write_text("nothing here\n")

    assert await commands.verify_database(SIGNER, trusted=None, copy=copy) == 0
    assert await commands.verify_database(SIGNER, trusted=OTHER.public_key, copy=None) == 1
    assert await commands.verify_database(SIGNER, trusted=None, copy=empty) == 2
    assert "forged" in capsys.readouterr().out


def test_a_signature_is_of_its_key_and_its_bytes() -> None:
    signature = SIGNER.sign(b"root")

    assert is_signed(b"root", signature, SIGNER.public_key)
    for content, made, key in (
        (b"roots", signature, SIGNER.public_key),
        (b"root", signature, OTHER.public_key),
        (b"root", "no base64!", SIGNER.public_key),
        (b"root", signature, "ab"),
    ):
        assert not is_signed(content, made, key)
