"""A broker enters a survey for a firm with its mandate."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0051_blind_copies")]

    initial = False

    operations = [
        ops.AddField(
            model_name="SurveyEntry",
            name="is_by_mandate",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.RunSQL(
            "CREATE TRIGGER survey_entries_keep_mandate BEFORE UPDATE ON survey_entries FOR EACH ROW "
            "EXECUTE FUNCTION market_keep_columns('is_by_mandate')",
            "DROP TRIGGER survey_entries_keep_mandate ON survey_entries",
        ),
    ]
