"""Reviewers of the staff become applicants for the pool; what single experts scored is kept and closed."""

from tortoise import migrations
from tortoise.migrations import operations as ops

REVIEWERS = """
WITH reviewers AS (
    SELECT u.id, row_number() OVER (ORDER BY u.email) AS place, count(*) OVER () AS total,
        extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')::int AS year
    FROM users u WHERE u.staff_role = 'reviewer' AND u.is_active
    AND NOT EXISTS (SELECT 1 FROM experts e WHERE e.user_id = u.id)
), counted AS (
    INSERT INTO counters (family, year, value) SELECT 'ZF', year, total FROM reviewers WHERE place = 1
    ON CONFLICT (family, year) DO UPDATE SET value = counters.value + EXCLUDED.value RETURNING value
), entered AS (
    INSERT INTO experts (id, number, user_id, status, kind, title_rank, fields_of_work, region, capacity,
        applied_at, created_at)
    SELECT gen_random_uuid(), 'ZF-' || r.year || '-' || lpad((c.value - r.total + r.place)::text, 6, '0'),
        r.id, 'applied', 'technical', 'other', '{}', '', 8, now(), now() FROM reviewers r CROSS JOIN counted c
    RETURNING id, user_id
), begun AS (
    INSERT INTO status_events (subject_kind, subject_id, status, note, happened_at)
    SELECT 'expert', id, 'applied', '由评审专家账号转入', now() FROM entered
)
INSERT INTO messages (user_id, text, address, created_at)
SELECT user_id, '评审专家改由专家库随机抽取产生，您的账号已转为入库申请，请补齐资料，核验后参加抽取。',
    '/experts/apply', now() FROM entered
"""
"""Neither field nor unit of theirs is known: they complete the application, two persons decide on it."""
OPEN_REVIEWS = """
UPDATE expert_reviews SET unassigned_at = now(), unassigned_reason = '改由评审轮次评审'
WHERE submitted_at IS NULL AND declined_at IS NULL AND unassigned_at IS NULL
"""
STAFF = "UPDATE users SET staff_role = NULL WHERE staff_role = 'reviewer'"
MOMENTS = "DELETE FROM moments WHERE act = 'panels.review_due'"
TABLES = ("expert_reviews", "panels")
REPLACED = """
DROP TRIGGER panels_keep ON panels;
DROP TRIGGER expert_reviews_keep ON expert_reviews;
DROP FUNCTION market_keep_panel();
DROP FUNCTION market_keep_scores();
"""


class Migration(migrations.Migration):
    dependencies = [("market", "0047_rounds")]

    initial = False

    operations = [
        ops.RunSQL(REVIEWERS, ""),
        ops.RunSQL(STAFF, ""),
        ops.RunSQL(OPEN_REVIEWS, ""),
        ops.RunSQL(MOMENTS, ""),
        ops.RunSQL(REPLACED, ""),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {table}_closed BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
                f"DROP TRIGGER {table}_closed ON {table}",
            )
            for table in TABLES
        ),
    ]
