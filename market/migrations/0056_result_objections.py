"""Applicants object to results of rounds, within working days after these are told."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

GUARD = """
-- A round is concluded and told once, on at least three final sheets with a score for each item, by none of its experts.
CREATE OR REPLACE FUNCTION market_keep_round() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text[] := ARRAY['status', 'updated_at', 'published_at', 'object_until'];
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.concluded_at IS NOT NULL
        AND to_jsonb(NEW) - told IS DISTINCT FROM to_jsonb(OLD) - told) THEN
        RAISE EXCEPTION 'a concluded round is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.published_at IS NOT NULL AND (NEW.published_at IS DISTINCT FROM OLD.published_at
        OR NEW.object_until IS DISTINCT FROM OLD.object_until) THEN
        RAISE EXCEPTION 'results are told once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'discarded' THEN
        RAISE EXCEPTION 'a discarded round is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'drafting' AND (NEW.rules IS DISTINCT FROM OLD.rules OR NEW.salt <> OLD.salt
        OR NEW.subject_kind <> OLD.subject_kind
        OR (OLD.status <> 'drawing' AND NEW.drawn_by_id IS DISTINCT FROM OLD.drawn_by_id)) THEN
        RAISE EXCEPTION 'the rules of a drawn round are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'discarded' AND OLD.status <> 'drafting' THEN
        RAISE EXCEPTION 'a drawn round is never discarded' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.concluded_at IS NOT NULL AND OLD.concluded_at IS NULL THEN
        IF EXISTS (SELECT 1 FROM round_items i WHERE i.round_id = NEW.id AND (i.result IS NULL OR (
            SELECT count(*) FROM seats s WHERE s.item_id = i.id AND s.status = 'final' AND EXISTS (
                SELECT 1 FROM seat_scores x WHERE x.seat_id = s.id AND x.version = s.version
                AND x.score IS NOT NULL)) < 3)) THEN
            RAISE EXCEPTION 'an item has fewer than three scores' USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM seats s JOIN round_items i ON i.id = s.item_id
            WHERE i.round_id = NEW.id AND s.user_id = NEW.concluded_by_id) THEN
            RAISE EXCEPTION 'an expert of a round does not conclude it' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""
TOLD = """
UPDATE rounds SET published_at = e.happened_at,
    object_until = ((e.happened_at AT TIME ZONE 'Asia/Shanghai')::date + 8)::timestamp AT TIME ZONE 'Asia/Shanghai'
FROM status_events e WHERE e.subject_kind = 'round' AND e.subject_id = rounds.id AND e.action = 'publish'
"""
"""Seven days: five working days and a weekend."""
CHECKS = {
    "rounds_told": (
        "rounds",
        "(published_at IS NULL) = (object_until IS NULL) AND (published_at IS NULL) = (status <> 'published')",
    ),
    "result_objections_grounds": ("result_objections", "char_length(grounds) >= 10"),
    "result_objections_second_person": (
        "result_objections",
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
        "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) AND (verdict IS NULL OR reason <> '')",
    ),
}
"""By name: table and condition."""


def _person(name: str, *, is_null: bool = False) -> fields.ForeignKeyField:
    options = {"null": True} if is_null else {}
    return fields.ForeignKeyField(
        "market.User",
        source_field=f"{name}_id",
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0055_auction_switches")]

    initial = False

    operations = [
        ops.AddField(model_name="Round", name="published_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="Round", name="object_until", field=fields.DatetimeField(null=True)),
        ops.RunSQL(GUARD, ""),
        ops.RunSQL(TOLD, ""),
        ops.CreateModel(
            name="ResultObjection",
            fields=[
                ("proposed_by", _person("proposed_by")),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_by", _person("decided_by", is_null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "item",
                    fields.ForeignKeyField(
                        "market.RoundItem",
                        source_field="item_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="objections",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("grounds", fields.TextField(unique=False)),
            ],
            options={
                "table": "result_objections",
                "app": "market",
                "indexes": [Index(fields=["item_id"])],
                "pk_attr": "id",
                "table_description": "Objections to results of rounds.",
            },
            bases=["Model"],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX result_objections_one_open ON result_objections (item_id) WHERE verdict IS NULL",
            "DROP INDEX result_objections_one_open",
        ),
        ops.RunSQL(
            "CREATE TRIGGER result_objections_guard BEFORE UPDATE OR DELETE ON result_objections "
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
            "DROP TRIGGER result_objections_guard ON result_objections",
        ),
    ]
