"""Until when an owner answers a reported milestone, and from when on the office looks after it."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

TABLE = "milestone_reports"
IN_ORDER = "(answer_by IS NULL) = (late_from IS NULL) AND late_from >= answer_by"


class Migration(migrations.Migration):
    dependencies = [("market", "0076_price_tests")]

    initial = False

    operations = [
        *(
            ops.AddField(
                model_name="MilestoneReport",
                name=name,
                field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
            )
            for name in ("answer_by", "late_from")
        ),
        ops.RunSQL(
            f"ALTER TABLE {TABLE} ADD CONSTRAINT milestone_reports_answer_days CHECK ({IN_ORDER})",
            f"ALTER TABLE {TABLE} DROP CONSTRAINT milestone_reports_answer_days",
        ),
    ]
