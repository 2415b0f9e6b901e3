"""Years of holidays entered by one person and confirmed by another."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from market.notices.models import Verdict


class Migration(migrations.Migration):
    dependencies = [("market", "0015_notice_region")]

    initial = False

    operations = [
        ops.CreateModel(
            name="HolidayYearVersion",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("year", fields.IntField()),
                ("region", fields.CharField(max_length=6)),
                ("rest_days", fields.JSONField()),
                ("make_up_days", fields.JSONField()),
                ("source", fields.CharField(max_length=200)),
                (
                    "proposed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="proposed_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="proposed_holiday_years",
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
                        related_name="decided_holiday_years",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "verdict",
                    fields.CharEnumField(description="", enum_type=Verdict, max_length=24, null=True),
                ),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
            ],
            options={
                "table": "holiday_years",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Holiday years.",
                "indexes": [Index(fields=["year", "region"])],
            },
            bases=["Model"],
        ),
        ops.AlterField(
            model_name="NoticeExtension",
            name="extended_by",
            field=fields.ForeignKeyField(
                "market.User",
                source_field="extended_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="notice_extensions",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
    ]


CHECKS = {
    "holiday_years_second_person": ("holiday_years", "decided_by_id <> proposed_by_id"),
    "holiday_years_decided": (
        "holiday_years",
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL)",
    ),
    "holiday_years_rejected": ("holiday_years", "verdict <> 'rejected' OR reason <> ''"),
    "holiday_years_region": ("holiday_years", "region ~ '^[0-9]{2}0000$' AND year BETWEEN 2000 AND 2200"),
}
FUNCTION = """
CREATE FUNCTION market_guard_holiday_year() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.verdict IS NOT NULL
       OR (NEW.year, NEW.region, NEW.rest_days::text, NEW.make_up_days::text, NEW.source, NEW.proposed_by_id,
           NEW.proposed_at)
          IS DISTINCT FROM
          (OLD.year, OLD.region, OLD.rest_days::text, OLD.make_up_days::text, OLD.source, OLD.proposed_by_id,
           OLD.proposed_at) THEN
        RAISE EXCEPTION 'holiday year % is append-only', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

Migration.operations += [
    ops.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
    for name, (table, condition) in CHECKS.items()
]
Migration.operations += [
    ops.RunSQL(
        "CREATE UNIQUE INDEX holiday_years_one_open ON holiday_years (year, region) WHERE verdict IS NULL",
        "DROP INDEX holiday_years_one_open",
    ),
    ops.RunSQL(FUNCTION, "DROP FUNCTION market_guard_holiday_year()"),
    ops.RunSQL(
        "CREATE TRIGGER holiday_years_guard BEFORE UPDATE OR DELETE ON holiday_years "
        "FOR EACH ROW EXECUTE FUNCTION market_guard_holiday_year()",
        "DROP TRIGGER holiday_years_guard ON holiday_years",
    ),
]
