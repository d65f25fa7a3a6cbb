"""What reading has to know of the course: the exercises' names and kinds. Of what is right it knows nothing, and it needs no torch."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Question:
    """An exercise as far as reading is concerned; see `Exercise` for the fields.

    Args:
        is_value: the answer is a constant, which its text may tell.
    """

    name: str
    lesson: str
    method: str
    in_class: bool
    is_value: bool


@dataclass(frozen=True)
class Syllabus:
    """All exercises, in the course's order."""

    questions: tuple[Question, ...]

    @cached_property
    def lesson_of(self) -> dict[str, str]:
        """Each exercise's lesson."""
        return {question.name: question.lesson for question in self.questions}

    @cached_property
    def lessons(self) -> tuple[str, ...]:
        """Their full names, in order."""
        return tuple(dict.fromkeys(self.lesson_of.values()))
