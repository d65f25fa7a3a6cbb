"""The wheel is the course: it has lessons and solutions inside the package, where `vae_course.workspace.folder` finds them.

An editable install has them beside the package already, and gets no copies, which would grow old.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LessonsInside(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"] |= {name: f"vae_course/{name}" for name in ("notebooks", "solutions")}
