"""The migrations keep accounts, as versions that nobody trusts, and take what is published for reviewed."""

from __future__ import annotations

import re

import pytest
from tortoise.migrations.executor import MigrationTarget

from market.kit.database import connection
from market.kit.migrating import Executor
from market.tables import TORTOISE_ORM
from tests.databases import connected_to, own_database
from tests.fixtures import named

OLD = """
DO $$ DECLARE given record; BEGIN  -- the rows below name only what the migration reads
  FOR given IN SELECT table_name, column_name FROM information_schema.columns
    WHERE table_name IN ('organisations', 'programmes', 'programme_terms', 'claims', 'disbursements',
    'outcomes') AND is_nullable = 'NO' AND column_name <> 'id'
  LOOP EXECUTE format('ALTER TABLE %I ALTER %I DROP NOT NULL', given.table_name, given.column_name); END LOOP;
END $$;
INSERT INTO organisations (id, name, uscc, kind, status, region, bank_name, bank_account, created_at) VALUES
  (#1, '甲', '1', 'enterprise', 'verified', '450100', '甲行', '62220001', now()),
  (#2, '乙', '2', 'enterprise', 'verified', '450100', '', '', now());
INSERT INTO programmes (id, slug, name, issuer, region, role) VALUES
  (#3, 's', 'n', 'i', '450000', 'buyer');
INSERT INTO programme_terms (id, programme_id, status) VALUES (#4, #3, 'draft');
INSERT INTO claims (id, number, status, programme_id, terms_id, applicant_id, year, created_at, updated_at,
                    submitted_at) VALUES
  (#5, 'BZ-1', 'paid', #3,
   #4, #1, 2026, now(), now(), now()),
  (#6, 'BZ-2', 'accepted', #3,
   #4, #1, 2026, now(), now(), now()),
  (#7, 'BZ-3', 'draft', #3,
   #4, #1, 2026, now(), now(), NULL);
INSERT INTO disbursements (id, number, claim_id, amount, status, payee_bank, payee_account, ordered_at) VALUES
  (#8, 'BF-1', #5, 5, 'paid', '旧行',
   '62229999', now());
INSERT INTO outcomes (id, number, status, organisation_id, title, rights, created_at, updated_at) VALUES
  (#9, 'CG-1', 'published', #1, '导线', '[]', now(), now()),
  (#0, 'CG-2', 'draft', #1, '初稿', NULL, now(), now());
"""


@pytest.mark.long
async def test_accounts_of_profiles_and_orders_become_versions_without_proof(database_url: str) -> None:
    async with (
        own_database("payees_upgrade", "template0") as name,
        connected_to(named(database_url, name)),
    ):
        await Executor(connection(), TORTOISE_ORM["apps"]).migrate(
            [MigrationTarget("market", "0002_constraints")]
        )
        await connection().execute_script(re.sub(r"#(\d)", r"'00000000-0000-0000-0000-00000000000\1'", OLD))
        await Executor(connection(), TORTOISE_ORM["apps"]).migrate()
        ask = connection().execute_query_dict
        accounts = await ask(
            "SELECT organisation_id::text AS o, sequence, bank_name, number, fingerprint, verdict, proof_id "
            "FROM payee_accounts ORDER BY 1, 2"
        )
        claims = await ask(
            "SELECT c.number, a.number AS account FROM claims c "
            "LEFT JOIN payee_accounts a ON a.id = c.payee_id ORDER BY 1"
        )
        orders = await ask(
            "SELECT d.number, a.number AS account, d.is_taken_over FROM disbursements d "
            "JOIN payee_accounts a ON a.id = d.payee_id"
        )
        outcomes = await ask(
            "SELECT number, title, reviewed_digest = market_reviewed_digest(o) AS is_reviewed, "
            "reviewed_digest = '' AS is_new FROM outcomes o ORDER BY 1"
        )

    assert [(row["sequence"], row["bank_name"], row["number"]) for row in accounts] == [
        (1, "旧行", "62229999"),
        (2, "甲行", "62220001"),
    ]
    assert {(row["fingerprint"], row["verdict"], row["proof_id"]) for row in accounts} == {("", None, None)}
    assert [(row["number"], row["account"]) for row in claims] == [
        ("BZ-1", "62229999"),
        ("BZ-2", "62220001"),
        ("BZ-3", None),
    ]
    assert orders == [{"number": "BF-1", "account": "62229999", "is_taken_over": True}]
    assert outcomes == [
        {"number": "CG-1", "title": "导线", "is_reviewed": True, "is_new": False},
        {"number": "CG-2", "title": "初稿", "is_reviewed": False, "is_new": True},
    ]
