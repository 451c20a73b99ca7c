from django.apps import AppConfig


class LaboratoryConfig(AppConfig):
    name = "apps.laboratory"
    label = "laboratory"
