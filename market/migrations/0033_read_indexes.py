"""Indexes for what pages read: the latest listings, and rows by the record they belong to."""

from tortoise import migrations
from tortoise.migrations import operations as ops

LATEST = {
    "outcomes": "published_at DESC, number DESC",
    "needs": "published_at DESC, number DESC",
}
BY_RECORD = {
    "sessions": "user_id",
    "mail_tokens": "user_id",
    "held_forms": "user_id",
    "pseudonyms": "user_id",
    "file_accesses": "file_id",
    "notices": "organisation_id",
    "notice_extensions": "notice_id",
    "objections": "notice_id",
    "objection_rulings": "objection_id",
    "sanction_decisions": "sanction_id",
    "document_reviews": "document_id",
    "issued_documents": "addressee_id",
    "payee_comparisons": "account_id",
    "deals": "match_id",
    "contract_exclusions": "contract_id",
    "equity_paid_in": "contract_id",
    "royalty_statements": "contract_id",
    "receipts": "instalment_id",
    "claims": "batch_id",
    "claim_contracts": "contract_id",
    "claim_payee_changes": "claim_id",
    "claim_refusals": "claim_id",
    "evidence": "claim_id",
    "budget_changes": "budget_id",
    "clawbacks": "claim_id",
    "match_feedback": "organisation_id",
    "match_passes": "outcome_id",
    "introductions": "broker_id",
    "statement_rows": "line_id",
}
SECOND = {
    "deals": "need_id",
    "claims": "programme_id",
    "evidence": "file_id",
    "clawbacks": "contract_id",
}


def _index(name: str, table: str, columns: str) -> ops.RunSQL:
    return ops.RunSQL(f"CREATE INDEX {name} ON {table} ({columns})", f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("market", "0032_second_factor")]

    initial = False

    operations = [
        *(_index(f"{table}_latest", table, columns) for table, columns in LATEST.items()),
        *(
            _index(f"{table}_by_{column}", table, column)
            for tables in (BY_RECORD, SECOND)
            for table, column in tables.items()
        ),
    ]
