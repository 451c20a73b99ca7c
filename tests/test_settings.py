"""What the environment names is refused in a sentence where it cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_folder_that_cannot_be_made_is_named() -> None:
    environment = {
        **os.environ,
        "HEMAVIEW_VAR": "/dev/null/var",
        "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.demo",
    }
    process = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 1 and not process.stdout
    assert process.stderr == "HEMAVIEW_VAR names /dev/null/var, which cannot be made: Not a directory.\n"


def test_the_web_process_loads_none_of_the_models_libraries() -> None:
    process = subprocess.run(
        [sys.executable, "-c", "import django, sys; django.setup(); import hemaview.config.urls, apps.analysis.tasks, "
         "apps.slides.tasks, apps.teaching.tasks; print({'torch', 'openvino', 'mmdet'} & set(sys.modules))"],
        cwd=ROOT, env={**os.environ, "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.test"}, capture_output=True, text=True,
    )  # fmt: skip
    assert process.stdout.strip() == "set()", process.stdout + process.stderr[-500:]
