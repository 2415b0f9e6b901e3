"""Money that left is no income: lines of statements that pay something came in."""

from tortoise import migrations
from tortoise.migrations import operations as ops

CONSTRAINT = "bank_lines_direction"
DIRECTION = "is_incoming OR status NOT IN ('matched', 'booked', 'returned')"


class Migration(migrations.Migration):
    dependencies = [("market", "0026_invitations")]

    initial = False

    operations = [
        ops.RunSQL(
            f"ALTER TABLE bank_lines ADD CONSTRAINT {CONSTRAINT} CHECK ({DIRECTION})",
            reverse_sql=f"ALTER TABLE bank_lines DROP CONSTRAINT {CONSTRAINT}",
        )
    ]
