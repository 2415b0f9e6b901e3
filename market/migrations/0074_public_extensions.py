"""Extensions of government lists, proposed by one person and decided by another before the deadline."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

ONE_OPEN = "CREATE UNIQUE INDEX challenge_rulings_one_open ON challenge_rulings "
UNDECIDED = "WHERE verdict IS NULL"
UNTIL = "(ruling = 'extend') = (until_at IS NOT NULL)"


class Migration(migrations.Migration):
    dependencies = [("market", "0073_ranking_warnings")]

    initial = False

    operations = [
        ops.AddField(
            model_name="ChallengeRuling",
            name="until_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            f"ALTER TABLE challenge_rulings ADD CONSTRAINT challenge_rulings_until CHECK ({UNTIL})",
            "ALTER TABLE challenge_rulings DROP CONSTRAINT challenge_rulings_until",
        ),
        # An extension that nobody decided lapses with the deadline; it must not keep an end from being proposed.
        ops.RunSQL(
            f"DROP INDEX challenge_rulings_one_open; {ONE_OPEN}(challenge_id, (ruling = 'extend')) {UNDECIDED}",
            f"DROP INDEX challenge_rulings_one_open; {ONE_OPEN}(challenge_id) {UNDECIDED}",
        ),
    ]
