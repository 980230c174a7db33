"""The entry point of any WSGI server: gunicorn wsgi:app."""

import os

from planner.app import create_app
from planner.config import Settings

app = create_app(Settings.from_env(os.environ))
