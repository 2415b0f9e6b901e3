"""Lists are brought into a survey; an entry may be held by its unit for a firm that is not on the market yet."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

COLUMNS = "survey_id running number created_by_id created_at"
GUARDS = f"""
DROP TRIGGER survey_entries_keep_columns ON survey_entries;
CREATE TRIGGER survey_entries_keep_columns BEFORE UPDATE ON survey_entries FOR EACH ROW
EXECUTE FUNCTION market_keep_columns({", ".join(repr(column) for column in COLUMNS.split())});
CREATE TRIGGER survey_entries_keep_firm BEFORE UPDATE ON survey_entries FOR EACH ROW
WHEN (OLD.firm_name = '' OR NEW.firm_name <> '')
EXECUTE FUNCTION market_keep_columns('organisation_id', 'firm_name', 'firm_code');
DROP INDEX survey_entries_title;
CREATE UNIQUE INDEX survey_entries_title ON survey_entries (survey_id, organisation_id, firm_name, title_key)
WHERE status <> 'withdrawn' AND title_key <> '';
ALTER TABLE survey_entries ADD CONSTRAINT survey_entries_firm_check
CHECK (firm_name = '' OR (unit_id IS NOT NULL AND (status <> 'told' OR verdict <> 'publish')));
"""
WITHOUT = f"""
ALTER TABLE survey_entries DROP CONSTRAINT survey_entries_firm_check;
DROP INDEX survey_entries_title;
CREATE UNIQUE INDEX survey_entries_title ON survey_entries (survey_id, organisation_id, title_key)
WHERE status <> 'withdrawn' AND title_key <> '';
DROP TRIGGER survey_entries_keep_firm ON survey_entries;
DROP TRIGGER survey_entries_keep_columns ON survey_entries;
CREATE TRIGGER survey_entries_keep_columns BEFORE UPDATE ON survey_entries FOR EACH ROW
EXECUTE FUNCTION market_keep_columns({", ".join(repr(c) for c in [*COLUMNS.split(), "organisation_id"])});
"""


class Migration(migrations.Migration):
    dependencies = [("market", "0048_single_experts")]

    initial = False

    operations = [
        ops.AddField(model_name="ListingImport", name="subject_id", field=fields.UUIDField(null=True)),
        ops.AddField(
            model_name="SurveyEntry",
            name="firm_name",
            field=fields.CharField(max_length=120, default="", db_default=""),
        ),
        ops.AddField(
            model_name="SurveyEntry",
            name="firm_code",
            field=fields.CharField(max_length=18, default="", db_default=""),
        ),
        ops.RunSQL(GUARDS, WITHOUT),
    ]
