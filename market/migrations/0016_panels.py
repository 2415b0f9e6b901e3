"""Experts decide together: late experts, a second look at a crossed band, and the conclusion of a panel."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECK = (
    "(concluded_at IS NULL) = (concluded_by_id IS NULL) AND (concluded_at IS NULL) = (reason = '') "
    "AND (concluded_at IS NULL) = (points = '') AND (way IS NULL) = (asked_at IS NULL) "
    "AND (concluded_by_id IS NULL OR concluded_by_id IS DISTINCT FROM asked_by_id)"
)
FUNCTION = """
-- A panel is concluded once; from then on neither it nor its scores change.
CREATE FUNCTION market_keep_panel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.concluded_at IS NOT NULL THEN
        RAISE EXCEPTION 'a concluded panel is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION market_keep_scores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR EXISTS (SELECT 1 FROM panels p WHERE p.subject_kind = OLD.subject_kind
        AND p.subject_id = OLD.subject_id AND p.concluded_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the scores of a concluded panel are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER panels_keep BEFORE UPDATE OR DELETE ON panels FOR EACH ROW EXECUTE FUNCTION market_keep_panel();
CREATE TRIGGER expert_reviews_keep BEFORE UPDATE OR DELETE ON expert_reviews
    FOR EACH ROW EXECUTE FUNCTION market_keep_scores();
"""
DROP_FUNCTION = """
DROP TRIGGER panels_keep ON panels;
DROP TRIGGER expert_reviews_keep ON expert_reviews;
DROP FUNCTION market_keep_panel();
DROP FUNCTION market_keep_scores();
"""
DUE = """
INSERT INTO moments (subject_kind, subject_id, act, due_at)
SELECT 'expert_review', id, 'panels.review_due', (due_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
FROM expert_reviews WHERE submitted_at IS NULL AND declined_at IS NULL
ON CONFLICT DO NOTHING
"""


def _person(name: str) -> fields.ForeignKeyField:
    return fields.ForeignKeyField(
        "market.User",
        source_field=f"{name}_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0015_retroactive_rules")]

    initial = False

    operations = [
        ops.AddField(model_name="ExpertReview", name="overdue_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="ExpertReview", name="unassigned_at", field=fields.DatetimeField(null=True)),
        ops.AddField(
            model_name="ExpertReview",
            name="unassigned_reason",
            field=fields.CharField(default="", db_default="", max_length=300),
        ),
        ops.AddField(model_name="ExpertReview", name="earlier", field=fields.JSONField(null=True)),
        ops.CreateModel(
            name="Panel",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                ("way", fields.CharField(null=True, max_length=24)),
                ("asked_by", _person("asked_by")),
                ("asked_at", fields.DatetimeField(null=True)),
                ("extended_at", fields.DatetimeField(null=True)),
                ("concluded_by", _person("concluded_by")),
                ("concluded_at", fields.DatetimeField(null=True)),
                ("points", fields.CharField(default="", db_default="", max_length=40)),
                ("rate_basis_points", fields.IntField(null=True)),
                ("is_flagged", fields.BooleanField(default=False, db_default=False)),
                ("reason", fields.CharField(default="", db_default="", max_length=1000)),
            ],
            options={
                "table": "panels",
                "app": "market",
                "unique_together": (("subject_kind", "subject_id"),),
                "pk_attr": "id",
                "table_description": "Panels.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            f"ALTER TABLE panels ADD CONSTRAINT panels_concluded CHECK ({CHECK})",
            "ALTER TABLE panels DROP CONSTRAINT panels_concluded",
        ),
        ops.RunSQL(FUNCTION, DROP_FUNCTION),
        ops.RunSQL(DUE, "DELETE FROM moments WHERE act = 'panels.review_due'"),
    ]
