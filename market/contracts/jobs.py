"""Jobs of contracts: close payment pages, match bank statements, settle commissions."""

from uuid import UUID

from market.contracts import bank_statements, fees, online_payments, statement_imports
from market.deps import Deps
from market.kit.jobs import job


@job(online_payments.CLOSE_PAGE)
async def close_page(deps: Deps, instalment_id: str) -> None:
    """Close the payment page of an instalment of an ended contract."""
    if deps.gateway is not None:
        await online_payments.close_page(UUID(instalment_id), gateway=deps.gateway, now=deps.clock())


@job("contracts.close_pages", cron="*/10 * * * *")
async def close_pages(deps: Deps) -> None:
    """Find pages that are open though their contract has ended, and close them."""
    if deps.gateway is not None:
        await online_payments.enqueue_unclosed_pages()


@job(statement_imports.MATCH_STATEMENT)
async def match_statement(deps: Deps, statement_id: str) -> None:
    """Match the lines of a bank statement; a run that was stopped resumes where it was."""
    await bank_statements.match_statement(UUID(statement_id), now=deps.clock())


@job("contracts.commissions", cron="10 18 * * *")
async def settle_commissions(deps: Deps) -> None:
    """Correct commissions that are not their share of what was received."""
    await fees.settle_commissions(now=deps.clock())
