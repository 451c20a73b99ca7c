"""Tokens that stood in clear are hashed, get an end, and their old table goes."""

import hashlib
from datetime import timedelta

from django.db import migrations
from django.utils import timezone

OLD = "authtoken_token"


def carry(apps, editor):
    connection = editor.connection
    if OLD not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key, user_id FROM {OLD}")
        rows = cursor.fetchall()
    Token = apps.get_model("accounts", "ApiToken")
    for key, user_id in rows:
        Token.objects.get_or_create(
            key_sha256=hashlib.sha256(key.encode()).hexdigest(),
            defaults={
                "user_id": user_id, "name": "from before tokens had an end", "scope": "write",
                "expires_at": timezone.now() + timedelta(days=90),
            },
        )



class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_identity")]
    operations = [
        migrations.RunPython(carry, migrations.RunPython.noop),
        migrations.RunSQL(f"DROP TABLE IF EXISTS {OLD}", migrations.RunSQL.noop),
    ]
