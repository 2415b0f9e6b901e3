"""Facts of claims on deeds, deeds shared by two units, visits of doubtful deeds, deeds struck in a later year."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SECOND_PERSON = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "deed_shares_second_person": ("deed_shares", SECOND_PERSON),
    "deed_shares_part": ("deed_shares", "partner_share BETWEEN 1 AND 9999"),
    "deeds_partner": (
        "deeds",
        "(partner_id IS NULL) = (partner_share IS NULL) AND partner_share BETWEEN 1 AND 9999 "
        "AND partner_id <> unit_id",
    ),
    "deeds_sales": ("deeds", "sales_amount >= 0"),
    "deeds_struck": ("deeds", "(struck_on IS NOT NULL) = (status = 'struck')"),
    "closed_deeds_partner": (
        "closed_deeds",
        "(partner_id IS NULL) = (partner_share IS NULL) AND partner_share BETWEEN 1 AND 9999 "
        "AND partner_id <> unit_id",
    ),
    "deed_visits_words": ("deed_visits", "people <> '' AND words <> ''"),
}
"""By name: table and condition."""
UNIQUE = {"deed_shares_open": ("deed_shares", "(deed_id)", "verdict IS NULL")}
"""By name: table, columns and condition."""
TRIGGERS = {
    "deed_shares_decide_once": ("deed_shares", "market_decide_once"),
    "deed_visits_append_only": ("deed_visits", "market_append_only"),
}
"""By name: table and function."""
CHANGES = """
-- Whoever keeps figures of a year is told that its deeds changed; nobody waits for anybody else.
CREATE FUNCTION market_tell_deeds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO deed_changes (year, n) SELECT year, count(*) FROM written GROUP BY year;
    ELSE
        INSERT INTO deed_changes (year, n) SELECT year, count(*) FROM (
            SELECT year FROM written UNION ALL SELECT year FROM former
            UNION ALL SELECT extract(year FROM struck_on)::int FROM written WHERE struck_on IS NOT NULL
        ) AS changed GROUP BY year;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER deeds_tell_new AFTER INSERT ON deeds REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION market_tell_deeds();
CREATE TRIGGER deeds_tell_change AFTER UPDATE ON deeds REFERENCING NEW TABLE AS written OLD TABLE AS former
    FOR EACH STATEMENT EXECUTE FUNCTION market_tell_deeds();
"""
NO_CHANGES = """
DROP TRIGGER deeds_tell_change ON deeds;
DROP TRIGGER deeds_tell_new ON deeds;
DROP FUNCTION market_tell_deeds();
"""
INDEXES = {
    "deeds_counted": "deeds (year) INCLUDE (city, unit_id, kind, status, event_on, verified_on, struck_on, "
    "is_related, partner_id, partner_share, contract_amount, received_amount)",
    "deeds_of_partners": "deeds (year) WHERE partner_id IS NOT NULL",
    "deeds_struck_on": "deeds (struck_on) WHERE status = 'struck'",
    "closed_deeds_of_partners": "closed_deeds (closing_id) WHERE partner_id IS NOT NULL",
}
"""By name: table, columns and condition. The first has all that figures read, so that they read nothing else."""
KEEP_DEED = """
-- A deed stays, counts in one year, city and unit for ever, and tells by its revision that it changed.
CREATE OR REPLACE FUNCTION market_keep_deed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a deed is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.number, NEW.contract_id) IS DISTINCT FROM (OLD.id, OLD.number, OLD.contract_id)
        OR (OLD.status NOT IN ('found', 'lapsed')
            AND (NEW.year, NEW.definition_id, NEW.event_on, NEW.city, NEW.unit_id, NEW.kind)
                IS DISTINCT FROM (OLD.year, OLD.definition_id, OLD.event_on, OLD.city, OLD.unit_id, OLD.kind))
        OR (OLD.status NOT IN ('found', 'lapsed', 'declared') AND (NEW.partner_id, NEW.partner_share)
            IS DISTINCT FROM (OLD.partner_id, OLD.partner_share))
        OR (OLD.sample_id IS NOT NULL AND (NEW.sample_id, NEW.is_sampled)
            IS DISTINCT FROM (OLD.sample_id, OLD.is_sampled)) THEN
        RAISE EXCEPTION 'where and when a declared deed counts is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
"""
KEEP_DEED_BEFORE = """
CREATE OR REPLACE FUNCTION market_keep_deed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a deed is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.number, NEW.contract_id) IS DISTINCT FROM (OLD.id, OLD.number, OLD.contract_id)
        OR (OLD.status NOT IN ('found', 'lapsed')
            AND (NEW.year, NEW.definition_id, NEW.event_on, NEW.city, NEW.unit_id, NEW.kind)
                IS DISTINCT FROM (OLD.year, OLD.definition_id, OLD.event_on, OLD.city, OLD.unit_id, OLD.kind))
        OR (OLD.sample_id IS NOT NULL AND (NEW.sample_id, NEW.is_sampled)
            IS DISTINCT FROM (OLD.sample_id, OLD.is_sampled)) THEN
        RAISE EXCEPTION 'where and when a declared deed counts is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
"""
STRUCK = """
UPDATE deeds d SET struck_on = coalesce((
    SELECT max((e.happened_at AT TIME ZONE 'Asia/Shanghai')::date) FROM status_events e
    WHERE e.subject_kind = 'deed' AND e.subject_id = d.id AND e.status = 'struck'), d.verified_on),
    struck_for = 'other'
WHERE d.status = 'struck'
"""
REMINDERS = """
INSERT INTO moments (subject_kind, subject_id, act, due_at)
SELECT 'target_plan', p.id, r.act, (make_date(p.year, 12, 31) + r.days)::timestamp AT TIME ZONE 'Asia/Shanghai'
FROM target_plans p CROSS JOIN (VALUES ('targets.ends_soon', -3), ('targets.ends_today', 0),
    ('targets.is_over', 1)) AS r (act, days)
WHERE p.status = 'issued' AND NOT EXISTS (
    SELECT 1 FROM target_closings c WHERE c.year = p.year AND c.verdict IS DISTINCT FROM 'rejected')
ON CONFLICT (subject_kind, subject_id, act) DO NOTHING
"""


def _reference(model: str, column: str, *, is_null: bool = False, related_name: str | bool = False):
    options = {"null": True} if is_null else {}
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=f"{column}_id",
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **options,
    )


def _moment(*, is_null: bool = False):
    return fields.DatetimeField(null=is_null, auto_now=False, auto_now_add=False)


def _id() -> tuple:
    return "id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)


class Migration(migrations.Migration):
    dependencies = [("market", "0077_answer_days")]

    initial = False

    operations = [
        *(
            ops.AddField(model_name=model, name=name, field=field)
            for model, name, field in (
                ("Deed", "sales_amount", fields.BigIntField(default=0, db_default=0)),
                ("Deed", "claim", _reference("Claim", "claim", is_null=True)),
                ("Deed", "partner", _reference("Organisation", "partner", is_null=True)),
                ("Deed", "partner_share", fields.IntField(null=True)),
                ("Deed", "struck_on", fields.DateField(null=True)),
                ("Deed", "struck_for", fields.CharField(default="", db_default="", max_length=24)),
                ("ClosedDeed", "partner", _reference("Organisation", "partner", is_null=True)),
                ("ClosedDeed", "partner_share", fields.IntField(null=True)),
                ("ClosedDeed", "struck_on", fields.DateField(null=True)),
                ("ClosedDeed", "is_reversal", fields.BooleanField(default=False, db_default=False)),
            )
        ),
        ops.CreateModel(
            name="DeedShare",
            fields=[
                ("proposed_by", _reference("User", "proposed_by")),
                ("proposed_at", _moment()),
                ("decided_by", _reference("User", "decided_by", is_null=True)),
                ("decided_at", _moment(is_null=True)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                _id(),
                ("deed", _reference("Deed", "deed", related_name="agreed_shares")),
                ("partner", _reference("Organisation", "partner")),
                ("partner_share", fields.IntField()),
            ],
            options={
                "table": "deed_shares",
                "app": "market",
                "indexes": [Index(fields=["deed_id"]), Index(fields=["partner_id"])],
                "pk_attr": "id",
                "table_description": "Shares of deeds.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="DeedVisit",
            fields=[
                _id(),
                ("deed", _reference("Deed", "deed", related_name="visits")),
                ("visited_on", fields.DateField()),
                ("people", fields.CharField(max_length=200)),
                ("words", fields.TextField(unique=False)),
                ("file", _reference("StoredFile", "file", is_null=True)),
                ("recorded_by", _reference("User", "recorded_by")),
                ("recorded_at", _moment()),
            ],
            options={
                "table": "deed_visits",
                "app": "market",
                "indexes": [Index(fields=["deed_id"])],
                "pk_attr": "id",
                "table_description": "Visits of doubtful deeds.",
            },
        ),
        ops.RunSQL(STRUCK, "SELECT 1"),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ),
        *(
            ops.RunSQL(
                f"CREATE UNIQUE INDEX {name} ON {table} {columns} WHERE {condition}", f"DROP INDEX {name}"
            )
            for name, (table, columns, condition) in UNIQUE.items()
        ),
        ops.CreateModel(
            name="DeedChange",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("year", fields.IntField()),
                ("n", fields.BigIntField()),
            ],
            options={
                "table": "deed_changes",
                "app": "market",
                "indexes": [Index(fields=["year"])],
                "pk_attr": "id",
                "table_description": "Changes of deeds.",
            },
        ),
        ops.RunSQL(KEEP_DEED, KEEP_DEED_BEFORE),
        ops.RunSQL(CHANGES, NO_CHANGES),
        *(
            ops.RunSQL(f"CREATE INDEX {name} ON {index}", f"DROP INDEX {name}")
            for name, index in INDEXES.items()
        ),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER {name} ON {table}",
            )
            for name, (table, function) in TRIGGERS.items()
        ),
        ops.RunSQL(REMINDERS, "DELETE FROM moments WHERE subject_kind = 'target_plan'"),
    ]
