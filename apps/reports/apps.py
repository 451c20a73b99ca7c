from django.apps import AppConfig
from django.utils.translation import gettext


class ReportsConfig(AppConfig):
    name = "apps.reports"
    label = "reports"

    def ready(self) -> None:
        from apps.audit.words import add_values
        from apps.reports.exports import exporters

        add_values("format", lambda: {key: gettext(one.title) for key, one in exporters().items()})
