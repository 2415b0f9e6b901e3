"""The search documents of needs tell whether a challenge was listed from them: all are sent again."""

from tortoise import migrations
from tortoise.migrations import operations as ops

SEND = (
    "INSERT INTO search_outbox (index_name, document_id, revision, attempts, error, is_quarantined, asked_at) "
    "SELECT 'needs', id, nextval('search_outbox_id_seq'), 0, '', false, clock_timestamp() FROM needs "
    "WHERE status IN ('published', 'matching') ON CONFLICT (index_name, document_id) DO UPDATE "
    "SET revision = excluded.revision, attempts = 0, error = '', is_quarantined = false"
)


class Migration(migrations.Migration):
    dependencies = [("market", "0079_ranking_objections")]

    initial = False

    operations = [ops.RunSQL(SEND, "SELECT 1")]
