"""A monthly report is rejected before it is returned, in two statements of one act."""

from tortoise import migrations
from tortoise.migrations import operations as ops

BEFORE = (
    "(status NOT IN ('issued', 'replaced') OR verdict IS NOT DISTINCT FROM 'confirmed') "
    "AND (status = 'returned') = (verdict IS NOT DISTINCT FROM 'rejected') "
    "AND (status IN ('issued', 'replaced')) = (issued_at IS NOT NULL)"
)
AFTER = (
    "(status NOT IN ('issued', 'replaced') OR verdict IS NOT DISTINCT FROM 'confirmed') "
    "AND (status <> 'returned' OR verdict IS NOT DISTINCT FROM 'rejected') "
    "AND (status IN ('issued', 'replaced')) = (issued_at IS NOT NULL)"
)


def _replace(condition: str) -> str:
    return (
        "ALTER TABLE bulletins DROP CONSTRAINT bulletins_decided, "
        f"ADD CONSTRAINT bulletins_decided CHECK ({condition})"
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0080_needs_with_challenges")]

    initial = False

    operations = [ops.RunSQL(_replace(AFTER), _replace(BEFORE))]
