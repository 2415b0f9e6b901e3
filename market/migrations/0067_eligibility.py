"""How organisations stand to programmes, what they were told of it, reminders of calls, runs."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

ANSWERS = "('met', 'step', 'open', 'failed')"
CHECKS = {
    "eligibility_records_sound": ("eligibility_records", f"answer IN {ANSWERS} AND amount >= 0"),
    "eligibility_messages_sound": (
        "eligibility_messages",
        "answer IN ('met', 'step', 'open') AND recipients >= 0 AND mailed_at >= told_at",
    ),
    "call_reminders_sound": ("call_reminders", "days > 0 AND recipients >= 0"),
    "eligibility_runs_sound": (
        "eligibility_runs",
        "organisations >= 0 AND told >= 0 AND milliseconds >= 0",
    ),
}
"""By name: table and condition."""
GUARDS = """
CREATE FUNCTION market_mail_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.mailed_at IS NOT NULL
       OR to_jsonb(NEW) - 'mailed_at' IS DISTINCT FROM to_jsonb(OLD) - 'mailed_at' THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER eligibility_messages_mail_once BEFORE UPDATE OR DELETE ON eligibility_messages
FOR EACH ROW EXECUTE FUNCTION market_mail_once();
CREATE TRIGGER call_reminders_append_only BEFORE UPDATE OR DELETE ON call_reminders
FOR EACH ROW EXECUTE FUNCTION market_append_only();
CREATE UNIQUE INDEX eligibility_runs_one ON eligibility_runs ((finished_at IS NULL)) WHERE finished_at IS NULL;
"""
WITHOUT = """
DROP INDEX eligibility_runs_one;
DROP TRIGGER call_reminders_append_only ON call_reminders;
DROP TRIGGER eligibility_messages_mail_once ON eligibility_messages;
DROP FUNCTION market_mail_once();
"""


def _reference(model: str, column: str, *, is_null: bool = False) -> object:
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=column,
        null=is_null,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _id() -> tuple[str, object]:
    return ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True))


def _moment(name: str, *, is_null: bool = False) -> tuple[str, object]:
    return (name, fields.DatetimeField(null=is_null, auto_now=False, auto_now_add=False))


class Migration(migrations.Migration):
    dependencies = [("market", "0066_policies")]

    initial = False

    operations = [
        ops.CreateModel(
            name="EligibilityRecord",
            fields=[
                _id(),
                ("organisation", _reference("Organisation", "organisation_id")),
                ("terms", _reference("ProgrammeTerms", "terms_id")),
                ("year", fields.IntField()),
                ("answer", fields.CharField(max_length=24)),
                ("amount", fields.BigIntField(null=True)),
                _moment("until_at", is_null=True),
                ("call", _reference("Call", "call_id", is_null=True)),
                ("has_claim", fields.BooleanField(default=False, db_default=False)),
                _moment("judged_at"),
            ],
            options={
                "table": "eligibility_records",
                "app": "market",
                "unique_together": (("organisation", "terms", "year"),),
                "indexes": [Index(fields=["call_id"]), Index(fields=["answer"])],
                "pk_attr": "id",
                "table_description": "Eligibility records.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EligibilityMessage",
            fields=[
                _id(),
                ("organisation", _reference("Organisation", "organisation_id")),
                ("terms", _reference("ProgrammeTerms", "terms_id")),
                ("answer", fields.CharField(max_length=24)),
                ("recipients", fields.IntField()),
                _moment("told_at"),
                _moment("mailed_at", is_null=True),
            ],
            options={
                "table": "eligibility_messages",
                "app": "market",
                "unique_together": (("organisation", "terms", "answer"),),
                "indexes": [Index(fields=["mailed_at"])],
                "pk_attr": "id",
                "table_description": "Eligibility messages.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CallReminder",
            fields=[
                _id(),
                ("call", _reference("Call", "call_id")),
                _moment("closes_at"),
                ("organisation", _reference("Organisation", "organisation_id")),
                ("days", fields.IntField()),
                ("recipients", fields.IntField()),
                _moment("sent_at"),
            ],
            options={
                "table": "call_reminders",
                "app": "market",
                "unique_together": (("call", "closes_at", "organisation", "days"),),
                "pk_attr": "id",
                "table_description": "Call reminders.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EligibilityRun",
            fields=[
                _id(),
                _moment("begun_at"),
                ("last_organisation_id", fields.UUIDField(null=True)),
                _moment("finished_at", is_null=True),
                ("organisations", fields.IntField(default=0, db_default=0)),
                ("told", fields.IntField(default=0, db_default=0)),
                ("milliseconds", fields.BigIntField(default=0, db_default=0)),
            ],
            options={
                "table": "eligibility_runs",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Eligibility runs.",
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
        ops.RunSQL(GUARDS, WITHOUT),
    ]
