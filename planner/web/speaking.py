"""The language of pages for patients, as letters have it."""

from planner.languages.speech import Speech, anywhere

__all__ = ["Speech", "anywhere"]
