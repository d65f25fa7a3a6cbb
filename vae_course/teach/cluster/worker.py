"""What is shipped to a worker, and what it does with it."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from distributed import WorkerPlugin, get_worker

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.marking.fingerprints import checks_hash
from vae_course.teach.grading.marking.marking import Marked, Order, Submit, mark_student
from vae_course.teach.grading.marks import Mark
from vae_course.teach.grading.reading.here import SYLLABUS
from vae_course.teach.grading.reading.manifest import Manifest
from vae_course.teach.grading.reading.messages import manifest_from
from vae_course.teach.grading.sandbox.remote import Workers
from vae_course.teach.grading.sandbox.workers import WorkerLost


class Sandbox(WorkerPlugin):
    """A worker process's sandbox, opened once, with a place for each of its threads."""

    name = "vae-course-sandbox"

    def setup(self, worker: Any) -> None:
        torch.set_num_threads(1)
        self.workers = Workers(worker.state.nthreads)

    def teardown(self, worker: Any) -> None:
        self.workers.close()


@dataclass(frozen=True)
class Shipped:
    """A student's hand-in on its way to a worker.

    Args:
        student: without the places of files, which mean nothing there.
        manifest: what was read, as JSON; paths in it are those of the head.
        models: trained models, by path.
    """

    student: Student
    order: Order
    before: list[Mark]
    manifest: bytes
    models: dict[str, bytes]

    def unpacked(self, into: Path) -> Manifest:
        """The manifest with paths in `into`, where the models are then."""
        found = json.loads(self.manifest)
        for file in found["files"]:
            file["path"] = str(_below(into, file["path"]))
        for model in found["models"]:
            model[0] = str(_below(into, model[0]))
        for path, content in self.models.items():
            place = _below(into, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return manifest_from(found, SYLLABUS, [into])


def mark_shipped(shipped: Shipped) -> Marked:
    """Mark a student, in a worker."""
    sandbox: Any = get_worker().plugins[Sandbox.name]
    submit: Submit = sandbox.workers.submission
    with tempfile.TemporaryDirectory() as folder:
        manifest = shipped.unpacked(Path(folder))
        return mark_student(shipped.student, shipped.order, shipped.before, submit, Path(folder), lambda *_: manifest)


def course() -> tuple[str, str]:
    """The version of the course, and a hash of all that decides about marks."""
    try:
        named = version("vae-course")
    except PackageNotFoundError:
        named = "unknown"
    return named, hashlib.sha256("".join(map(checks_hash, EXERCISES)).encode()).hexdigest()


def ready(dask_worker: Any) -> str:
    """What a worker lacks, as a sentence; empty if its sandbox works."""
    workers = dask_worker.plugins[Sandbox.name].workers
    try:
        workers.give_back(workers.take(), lost=False)
    except WorkerLost as lost:
        return str(lost)
    return ""


def _below(folder: Path, path: str) -> Path:
    return folder.joinpath(*Path(path).parts[1:])
