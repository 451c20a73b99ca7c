from django.apps import AppConfig


class SlidesConfig(AppConfig):
    name = "apps.slides"
    label = "slides"

    def ready(self) -> None:
        from apps.audit.words import add_values
        from apps.slides.models import Slide

        add_values("colour", lambda: dict(Slide.Colouring.choices))
        add_values("mpp_source", lambda: dict(Slide.MppSource.choices))
