"""Two running deals of one buyer about one outcome where they are about different needs.

The refusal of the second told who is behind a masked need; the acts still refuse it where nothing is masked.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

RUNNING = "WHERE status IN ('intent', 'negotiating', 'priced', 'publicity', 'to_sign')"


class Migration(migrations.Migration):
    dependencies = [("market", "0036_signed_roots")]

    initial = False

    operations = [
        ops.RunSQL(
            "DROP INDEX deals_one_running; CREATE UNIQUE INDEX deals_one_running ON deals (subject_kind, "
            "subject_id, buyer_id, coalesce(need_id, '00000000-0000-0000-0000-000000000000'::uuid)) "
            + RUNNING,
            "DROP INDEX deals_one_running; CREATE UNIQUE INDEX deals_one_running ON deals (subject_kind, "
            "subject_id, buyer_id) " + RUNNING,
        ),
    ]
