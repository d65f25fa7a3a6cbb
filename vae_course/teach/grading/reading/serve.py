"""The reader: a process that reads one student's hand-ins after another, and never imports torch. See `reader` for its other end.

The first line of JSON that it is sent says the limits and the course's exercises. Each other one is a question, and the answer to it some
lines: {"at": a file} before each that is opened, and at the end a manifest, or the trace of an error of ours.
"""

import json
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from vae_course.teach.grading.incoming.syllabus import Question, Syllabus
from vae_course.teach.grading.reading import limits
from vae_course.teach.grading.reading.manifest import manifest_of
from vae_course.teach.grading.reading.messages import manifest_as_json, student_from

OUT_OF_MEMORY = 75  # the exit code


def main() -> NoReturn:
    """Serve until the grader is gone. The last argument is the descriptor of the socket that it speaks on."""
    with socket.socket(fileno=int(sys.argv[-1])) as connection:
        lines = connection.makefile("rb")
        first = json.loads(lines.readline())
        syllabus = Syllabus(tuple(Question(**one) for one in first["syllabus"]))
        limits.begin(first["memory"])

        def say(**answer: Any) -> None:
            connection.sendall(json.dumps(answer).encode() + b"\n")

        say(ready=True)
        try:
            for line in lines:
                limits.next_student(first["seconds"])
                question = json.loads(line)
                try:
                    student = student_from(question["student"])
                    found = manifest_of(
                        student, Path(question["into"]), syllabus, question["only"], lambda shown: say(at=shown)
                    )
                    say(manifest=manifest_as_json(found))
                except Exception as error:  # noqa: BLE001 - told of at the other end
                    if isinstance(error, MemoryError):
                        raise
                    say(fault=traceback.format_exc())
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except OSError:
            pass
    os._exit(0)
