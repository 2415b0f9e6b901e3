"""Applicants that change their account, or have none yet."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation
from market.claims.models import Claim
from market.payees.accounts import confirm_account, propose_account
from market.payees.models import PayeeAccount
from market.records.by import By
from tests.claims.factories import make_claim_to, make_draft
from tests.factories import NOW, make_member, make_organisation
from tests.invariants import broken
from tests.payees.factories import PROOF_BLOB, SECRET

NEW = "6222029999999999999"


async def propose(actor: Actor, number: str = NEW) -> PayeeAccount:
    return await propose_account("某某银行", number, PROOF_BLOB, secret=SECRET, by=By(actor, NOW))


async def change_account(claim: Claim, number: str = NEW) -> PayeeAccount:
    """Change the applicant's account as two of its people."""
    applicant = await Organisation.get(id=claim.applicant_id)
    owner, colleague = await make_member(applicant), await make_member(applicant, MemberRole.FINANCE)
    return await confirm_account((await propose(owner, number)).id, by=By(colleague, NOW))


async def broken_checks() -> dict[str, list[str]]:
    """Return what the invariants of accounts and claims find, by their names."""
    return await broken("payees:", "subsidies:", "orders:", secret=SECRET)


async def make_unpayable() -> tuple[Actor, Claim]:
    """Make a claim of an organisation of one person that has no account yet."""
    await make_draft()
    owner = await make_member(await make_organisation())
    return owner, await make_claim_to("guangxi", owner, has_payee=False)
