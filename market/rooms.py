"""The rooms of the market, in the order of their imports: each may use those below it.

Adding a room: its line here, its line in the layers of `pyproject.toml`, its migration.
"""

from __future__ import annotations

from market.accounts.room import ROOM as ACCOUNTS
from market.alerts.room import ROOM as ALERTS
from market.auctions.room import ROOM as AUCTIONS
from market.audit.room import ROOM as AUDIT
from market.backoffice.room import ROOM as BACKOFFICE
from market.budgets.room import ROOM as BUDGETS
from market.challenges.room import ROOM as CHALLENGES
from market.claims.room import ROOM as CLAIMS
from market.codes.room import ROOM as CODES
from market.contracts.room import ROOM as CONTRACTS
from market.deals.room import ROOM as DEALS
from market.documents.room import ROOM as DOCUMENTS
from market.eligibility.room import ROOM as ELIGIBILITY
from market.experts.room import ROOM as EXPERTS
from market.files.room import ROOM as FILES
from market.imports.room import ROOM as IMPORTS
from market.integrity.room import ROOM as INTEGRITY
from market.kit import models as kit_models
from market.kit.room import Room, Rooms, install
from market.ledger.room import ROOM as LEDGER
from market.listings.room import ROOM as LISTINGS
from market.matching.room import ROOM as MATCHING
from market.notices.room import ROOM as NOTICES
from market.pages.room import ROOM as PAGES
from market.panels.room import ROOM as PANELS
from market.papers.room import ROOM as PAPERS
from market.payees.room import ROOM as PAYEES
from market.payments.room import ROOM as PAYMENTS
from market.policies.room import ROOM as POLICIES
from market.programmes.room import ROOM as PROGRAMMES
from market.questions.room import ROOM as QUESTIONS
from market.rankings.room import ROOM as RANKINGS
from market.records.room import ROOM as RECORDS
from market.reports.room import ROOM as REPORTS
from market.rewards.room import ROOM as REWARDS
from market.search.room import ROOM as SEARCH
from market.statistics.room import ROOM as STATISTICS
from market.surveys.room import ROOM as SURVEYS
from market.targets.room import ROOM as TARGETS

KIT = Room("kit", models=(kit_models,))

ROOMS = Rooms(
    (
        BACKOFFICE,
        REPORTS,
        PAGES,
        RANKINGS,
        STATISTICS,
        TARGETS,
        BUDGETS,
        ELIGIBILITY,
        CLAIMS,
        REWARDS,
        AUCTIONS,
        CHALLENGES,
        CONTRACTS,
        DEALS,
        SURVEYS,
        PANELS,
        MATCHING,
        ALERTS,
        PAYMENTS,
        QUESTIONS,
        EXPERTS,
        IMPORTS,
        LISTINGS,
        POLICIES,
        PAPERS,
        PAYEES,
        PROGRAMMES,
        DOCUMENTS,
        SEARCH,
        LEDGER,
        INTEGRITY,
        NOTICES,
        FILES,
        ACCOUNTS,
        RECORDS,
        AUDIT,
        CODES,
        KIT,
    )
)


def install_rooms() -> Rooms:
    """Make these the rooms of this process; idempotent."""
    install(ROOMS)
    return ROOMS
