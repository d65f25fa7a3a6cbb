"""The course as a site to read and search: `build.py` gathers the pages, `lesson_pages.py` makes those of the lessons."""

from vae_course.teach.authoring.site.build import main

__all__ = ["main"]
