from django.apps import AppConfig

from hemaview import words


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        from django.utils import translation

        from apps.accounts.api import authentication  # noqa: F401  (describes itself to the API's schema)
        from apps.accounts.sessions import connect

        connect()
        words.use(translation.gettext, translation.ngettext)
