"""Pseudonyms commit to their person and are immutable; roots every hour, signed.

Pseudonyms of before stay as they are, without a salt; who acts again is given one that commits.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0035_kept_facts")]

    initial = False

    operations = [
        ops.AddField(model_name="Pseudonym", name="salt", field=fields.BinaryField(null=True)),
        ops.CreateModel(
            name="HourlyRoot",
            fields=[
                (
                    "until",
                    fields.DatetimeField(
                        primary_key=True, unique=True, db_index=True, auto_now=False, auto_now_add=False
                    ),
                ),
                ("root", fields.CharField(max_length=64)),
                ("chains", fields.IntField()),
                ("events", fields.BigIntField()),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("key", fields.CharField(max_length=64)),
                ("signature", fields.CharField(max_length=100)),
            ],
            options={
                "table": "hourly_roots",
                "app": "market",
                "pk_attr": "until",
                "table_description": "Hourly roots.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            """
            CREATE FUNCTION market_guard_pseudonym() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' OR NEW.id <> OLD.id OR NEW.user_id IS NOT NULL THEN
                    RAISE EXCEPTION 'pseudonyms are immutable but for being erased'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                NEW.salt := NULL;
                RETURN NEW;
            END $$;
            CREATE TRIGGER pseudonyms_immutable BEFORE UPDATE OR DELETE ON pseudonyms
                FOR EACH ROW EXECUTE FUNCTION market_guard_pseudonym();
            CREATE TRIGGER hourly_roots_append_only BEFORE UPDATE OR DELETE ON hourly_roots
                FOR EACH ROW EXECUTE FUNCTION market_append_only();
            CREATE TRIGGER daily_roots_append_only BEFORE UPDATE OR DELETE ON daily_roots
                FOR EACH ROW EXECUTE FUNCTION market_append_only();
            """,
            """
            DROP TRIGGER daily_roots_append_only ON daily_roots;
            DROP TRIGGER hourly_roots_append_only ON hourly_roots;
            DROP TRIGGER pseudonyms_immutable ON pseudonyms;
            DROP FUNCTION market_guard_pseudonym();
            """,
        ),
    ]
