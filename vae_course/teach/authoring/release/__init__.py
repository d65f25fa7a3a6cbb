"""The edition for students: `command.py` makes the folder, `lessons.py` the notebooks in it, `wheel.py` its wheel; `search.py` looks whether anything in it solves."""

from vae_course.teach.authoring.release.command import main

__all__ = ["main"]
