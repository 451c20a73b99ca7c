from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "apps.audit"
    label = "audit"

    def ready(self) -> None:
        from apps.accounts.models import ApiToken
        from apps.audit.accountlines import connect
        from apps.audit.words import add_values

        connect()
        add_values("scope", lambda: dict(ApiToken.Scope.choices))
