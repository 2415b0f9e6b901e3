"""Make the table of sessions and sign a person in: prints the cookie of the peer for an e-mail address."""

from __future__ import annotations

import os
import sys


def main(email: str) -> str:
    """Return the cookie of a new session of the person."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.peer.settings"
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from tests.bench.peer.models import User

    call_command("migrate", "sessions", verbosity=0)
    user, session = User.objects.get(email=email), SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"sessionid={session.session_key}"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]))
