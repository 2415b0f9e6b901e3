"""Jobs of contracts: close payment pages, match bank statements, settle commissions."""

from uuid import UUID

from market.contracts import banking, closing
from market.contracts.checks import COMMISSIONS
from market.contracts.receiving import settle_commission
from market.deps import Deps
from market.kit.database import connection
from market.kit.jobs import job


@job(closing.CLOSE_PAGE)
async def close_page(deps: Deps, instalment_id: str) -> None:
    """Close the page on which an instalment of an ended contract could still be paid."""
    if deps.gateway is not None:
        await closing.close_page(UUID(instalment_id), gateway=deps.gateway, now=deps.clock())


@job("contracts.close_pages", cron="*/10 * * * *")
async def close_pages(deps: Deps) -> None:
    """Find the pages that are open though their contract has ended, should one have stayed behind."""
    if deps.gateway is not None:
        await closing.ask_again()


@job(banking.MATCH_STATEMENT)
async def match_statement(deps: Deps, statement_id: str) -> None:
    """Find what the lines of a bank statement pay; a run that was stopped goes on where it was."""
    await banking.match_statement(UUID(statement_id), now=deps.clock())


@job("contracts.commissions", cron="10 18 * * *")
async def settle_commissions(deps: Deps) -> None:
    """Bring each broker's commission to its share of what was received, should one have stayed behind."""
    for row in await connection().execute_query_dict(COMMISSIONS):
        await settle_commission(row["deal_id"], now=deps.clock())
