"""The lessons, by their full names."""

from vae_course.exercises import EXERCISES

LESSON_OF = {exercise.name: exercise.lesson for exercise in EXERCISES.values()}
LESSONS = tuple(dict.fromkeys(LESSON_OF.values()))


def full_name(lesson: str) -> str:
    """ "04_nelbo" for "04", "4" or "04_nelbo".

    Raises:
        ValueError: there is no such lesson; the sentence lists them.
    """
    found = [name for name in LESSONS if lesson == name or lesson.zfill(2) == name[:2]]
    if not found:
        raise ValueError(f"there is no lesson {lesson!r}; the lessons: {', '.join(LESSONS)}.")
    return found[0]
