"""Issued documents, the bytes printed from them, their service and reviews, none of them ever edited; and what
a confirmed list was scaled by."""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

APPEND_ONLY = ("issued_documents", "document_prints", "document_openings")
SECOND_PERSON_CHECK = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)
STATEMENTS = [
    *(
        ops.RunSQL(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
            f"DROP TRIGGER {table}_append_only ON {table}",
        )
        for table in APPEND_ONLY
    ),
    ops.RunSQL(
        "CREATE TRIGGER document_reviews_guard BEFORE UPDATE OR DELETE ON document_reviews "
        "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
        "DROP TRIGGER document_reviews_guard ON document_reviews",
    ),
    ops.RunSQL(
        f"ALTER TABLE document_reviews ADD CONSTRAINT document_reviews_second_person CHECK ({SECOND_PERSON_CHECK})",
        "ALTER TABLE document_reviews DROP CONSTRAINT document_reviews_second_person",
    ),
    ops.RunSQL(
        "CREATE UNIQUE INDEX document_reviews_one_open ON document_reviews (document_id) WHERE verdict IS NULL",
        "DROP INDEX document_reviews_one_open",
    ),
    ops.RunSQL(
        "ALTER TABLE document_prints ADD CONSTRAINT document_prints_bytes "
        "CHECK (sha256 ~ '^[0-9a-f]{64}$' AND size > 0)",
        "ALTER TABLE document_prints DROP CONSTRAINT document_prints_bytes",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("market", "0005_evidence")]

    initial = False

    operations = [
        ops.CreateModel(
            name="IssuedDocument",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=60)),
                ("kind", fields.CharField(max_length=24)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                ("template", fields.CharField(max_length=40)),
                ("content", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("text_sha256", fields.CharField(max_length=64)),
                (
                    "addressee",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="addressee_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="documents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "issued_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="issued_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("issued_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "issued_documents",
                "app": "market",
                "indexes": [Index(fields=["subject_kind", "subject_id"])],
                "pk_attr": "id",
                "table_description": "Issued documents.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DocumentOpening",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "document",
                    fields.OneToOneField(
                        "market.IssuedDocument",
                        source_field="document_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="opening",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "document_openings",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Document openings.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DocumentPrint",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "document",
                    fields.OneToOneField(
                        "market.IssuedDocument",
                        source_field="document_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="print",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sha256", fields.CharField(max_length=64)),
                ("size", fields.IntField()),
                ("printed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "document_prints",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Document prints.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DocumentReview",
            fields=[
                (
                    "proposed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="proposed_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "document",
                    fields.ForeignKeyField(
                        "market.IssuedDocument",
                        source_field="document_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reviews",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("grounds", fields.TextField(unique=False)),
            ],
            options={
                "table": "document_reviews",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Document reviews.",
            },
            bases=["SecondPerson"],
        ),
        ops.AddField(model_name="Batch", name="pot_amount", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="Batch", name="computed_amount", field=fields.BigIntField(null=True)),
        *STATEMENTS,
    ]
