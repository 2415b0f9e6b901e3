"""Conflicts of interest and expert reviews name their record by kind and id, so that any room may use them."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

COPY = """
CREATE TABLE old_conflicts AS SELECT * FROM claim_conflicts;
CREATE TABLE old_reviews AS SELECT * FROM expert_reviews;
"""
FILL = """
INSERT INTO declared_conflicts (id, subject_kind, subject_id, user_id, reason, declared_at)
SELECT id, 'claim', claim_id, user_id, reason, declared_at FROM old_conflicts;
INSERT INTO expert_reviews (id, subject_kind, subject_id, reviewer_id, assigned_by_id, assigned_at, due_on,
    novelty, maturity, benefit, opinion, submitted_at, declined_at)
SELECT id, 'claim', claim_id, reviewer_id, assigned_by_id, assigned_at, due_on,
    novelty, maturity, benefit, opinion, submitted_at, declined_at FROM old_reviews;
DROP TABLE old_conflicts;
DROP TABLE old_reviews;
ALTER TABLE expert_reviews ADD CONSTRAINT expert_reviews_points
    CHECK (novelty BETWEEN 0 AND 100 AND maturity BETWEEN 0 AND 100 AND benefit BETWEEN 0 AND 100);
"""


class Migration(migrations.Migration):
    dependencies = [("market", "0017_deal_subject")]

    initial = False

    operations = [
        ops.RunSQL(COPY),
        ops.DeleteModel(name="ClaimConflict"),
        ops.DeleteModel(name="ExpertReview"),
        ops.CreateModel(
            name="DeclaredConflict",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="declared_conflicts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", fields.CharField(max_length=400)),
                ("declared_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "declared_conflicts",
                "app": "market",
                "unique_together": (("subject_kind", "subject_id", "user"),),
                "pk_attr": "id",
                "table_description": "Declared conflicts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ExpertReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                (
                    "reviewer",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="reviewer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="expert_reviews",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "assigned_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="assigned_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="assigned_reviews",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("assigned_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_on", fields.DateField()),
                ("novelty", fields.IntField(null=True)),
                ("maturity", fields.IntField(null=True)),
                ("benefit", fields.IntField(null=True)),
                ("opinion", fields.TextField(default="", unique=False)),
                ("submitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("declined_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "expert_reviews",
                "app": "market",
                "unique_together": (("subject_kind", "subject_id", "reviewer"),),
                "pk_attr": "id",
                "table_description": "Expert reviews.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(FILL),
    ]
