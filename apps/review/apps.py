from django.apps import AppConfig
from django.core.checks import register


class ReviewConfig(AppConfig):
    name = "apps.review"
    label = "review"

    def ready(self) -> None:
        from apps.review.checks import reference_ranges

        register(reference_ranges)
