"""Jobs of imports that still wait carry the name of their new room."""

from tortoise import migrations
from tortoise.migrations import operations as ops

_RENAME = """
DO $$
BEGIN
    IF to_regclass('procrastinate_jobs') IS NOT NULL THEN
        UPDATE procrastinate_jobs SET task_name = replace(task_name, '{old}.', '{new}.')
        WHERE status = 'todo' AND task_name IN ('{old}.check_import', '{old}.run_import', '{old}.publish_import');
    END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("market", "0027_line_directions")]

    initial = False

    operations = [
        ops.RunSQL(
            _RENAME.format(old="listings", new="imports"), _RENAME.format(old="imports", new="listings")
        )
    ]
