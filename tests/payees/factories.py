"""Accounts that organisations are paid to, confirmed by two of their people."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

from market.accounts.actors import load_actor
from market.accounts.models import Organisation
from market.files.attachments import StoredBlob
from market.files.models import StoredFile, Tier
from market.files.uploads import Upload
from market.payees.accounts import PROOF, SUBJECT, record_account
from market.payees.fingerprints import fingerprint
from market.payees.models import PayeeAccount
from market.payees.states import PayeeVerb
from market.records.by import By
from market.records.decisions import Verdict
from tests.factories import NOW, make_membership, make_user

SECRET = "a secret of thirty-two characters or more"
PROOF_BLOB = StoredBlob(Upload("开户许可证.pdf", b"%PDF-1.4 proof", "application/pdf"), "ab" * 32)
_numbers = count(1)


async def make_payee(organisation_id: UUID, number: str = "") -> PayeeAccount:
    """Make the account in force of an organisation; the two who are behind it have left it since."""
    organisation = await Organisation.get(id=organisation_id)
    people = [await make_user(), await make_user()]
    for person in people:
        start, end = NOW - timedelta(days=400), NOW - timedelta(days=300)
        await make_membership(person.id, organisation, start=start, end=end)
    number = number or f"62{next(_numbers):014d}"
    account_id, moment = uuid4(), NOW - timedelta(days=350)
    proof = await StoredFile.create(
        id=uuid4(),
        subject_kind=SUBJECT,
        subject_id=account_id,
        kind=PROOF,
        name=PROOF_BLOB.upload.name,
        media_type=PROOF_BLOB.upload.media_type,
        size=len(PROOF_BLOB.upload.content),
        sha256=PROOF_BLOB.sha256,
        tier=Tier.PARTIES,
        uploaded_by=people[0],
        uploaded_at=moment,
    )
    account = await PayeeAccount.create(
        id=account_id,
        organisation=organisation,
        sequence=await PayeeAccount.filter(organisation_id=organisation_id).count() + 1,
        bank_name="测试银行",
        number=number,
        fingerprint=fingerprint(number, SECRET),
        proof=proof,
        proposed_by=people[0],
        proposed_at=moment,
        decided_by=people[1],
        decided_at=moment,
        verdict=Verdict.CONFIRMED,
    )
    proposer = await load_actor(people[0].id)
    await record_account(
        PayeeVerb.PROPOSE_ACCOUNT,
        account,
        by=By(proposer, moment),
        proof=proof.sha256,
        bank=account.bank_name,
        bank_code=account.bank_code,
    )
    confirmer = By(await load_actor(people[1].id), moment)
    await record_account(PayeeVerb.CONFIRM_ACCOUNT, account, by=confirmer)
    return account
