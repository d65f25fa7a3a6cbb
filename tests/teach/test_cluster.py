"""A class is marked by a Dask cluster of three worker processes, spoken to by TLS: the marks are those of one machine, whoever dies."""

import contextlib
import csv
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster, Security, WorkerPlugin

from vae_course.cli import main
from vae_course.teach.cluster import head
from vae_course.teach.cluster import worker as there
from vae_course.teach.cluster.head import Cluster, NoCluster

RIGHT = "import torch\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn_like(m)\n"
WRONG = "import torch\ndef sample_gaussian(m, v):\n    return m + v * torch.randn_like(m)\n"
KILLER = "killer"


# ---------------------------------------------------------------- what is refused before anything is sent


@pytest.mark.parametrize("address", ["tcp://10.1.2.3:8786", "10.1.2.3:8786", "tcp://head.example:8786"])
def test_what_would_travel_in_the_open_is_not_sent(address: str):
    with pytest.raises(NoCluster, match="neither this machine nor spoken to by TLS"):
        Cluster(address)._client()


@pytest.mark.parametrize("more", [["--jobs", "2"], ["--with", "einops"], ["--no-sandbox"]])
def test_what_does_not_go_with_a_cluster_is_told(more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.py").write_text(RIGHT)
    command = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks"), "--scheduler", "tcp://127.0.0.1:1"]
    assert main([*command, *more]) == 2
    assert "--scheduler goes neither with" in capsys.readouterr().err and not (tmp_path / "marks").exists()


def test_a_scheduler_that_is_not_there_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(head, "PATIENCE", 1)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.py").write_text(RIGHT)
    assert (
        main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks"), "--scheduler", "tcp://127.0.0.1:1"])
        == 2
    )
    said = capsys.readouterr().err
    assert said.index("waiting for tcp://127.0.0.1:1") < said.index("has no worker to mark with")


# ---------------------------------------------------------------- the cluster


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate that vouches for itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def cluster(tls: tuple[str, str]) -> Iterator[LocalCluster]:
    certificate, key = tls
    secure = Security(
        tls_ca_file=certificate,
        **{f"tls_{role}_cert": certificate for role in ("scheduler", "worker", "client")},
        **{f"tls_{role}_key": key for role in ("scheduler", "worker", "client")},
        require_encryption=True,
    )
    with dask.config.set({"distributed.scheduler.allowed-failures": 2}):
        with LocalCluster(
            n_workers=3,
            threads_per_worker=1,
            security=secure,
            protocol="tls://",
            host="127.0.0.1",
            dashboard_address=None,
        ) as made:
            yield made


@pytest.fixture
def class_of(tmp_path: Path) -> Path:
    """Nine students, every third of whom is mistaken."""
    for number in range(9):
        path = tmp_path / "class" / f"student {number}" / "01_reparameterization.py"
        path.parent.mkdir(parents=True)
        path.write_text(WRONG if number % 3 == 0 else RIGHT)
    return tmp_path / "class"


def graded(
    class_of: Path, out: str, cluster: LocalCluster | None = None, tls: tuple[str, str] | None = None, *more: str
) -> int:
    command = ["grade", str(class_of), "--out", str(class_of.parent / out), "--seed", "5", *more]
    if cluster and tls:
        command += [
            "--scheduler",
            cluster.scheduler_address,
            "--tls-ca",
            tls[0],
            "--tls-cert",
            tls[0],
            "--tls-key",
            tls[1],
        ]
    return main(command)


def marks(class_of: Path, out: str) -> list[dict[str, str]]:
    with (class_of.parent / out / "marks.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def processes(cluster: LocalCluster) -> dict[str, int]:
    with Client(cluster, set_as_default=False) as client:
        return dict(client.run(os.getpid))


@pytest.mark.slow
def test_the_marks_are_those_of_one_machine(cluster: LocalCluster, tls: tuple[str, str], class_of: Path):
    assert cluster.scheduler_address.startswith("tls://")
    assert graded(class_of, "there", cluster, tls) == graded(class_of, "here") == 0
    assert marks(class_of, "there") == marks(class_of, "here")
    assert {row["points"] for row in marks(class_of, "there") if row["exercise"] == "sample_gaussian"} == {"3", "7"}


@pytest.mark.slow
def test_without_its_certificate_the_cluster_is_none(
    cluster: LocalCluster, class_of: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(head, "PATIENCE", 2)
    assert (
        main(["grade", str(class_of), "--out", str(class_of.parent / "out"), "--scheduler", cluster.scheduler_address])
        == 2
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_workers_that_die_at_any_moment_move_no_mark(
    seed: int, cluster: LocalCluster, tls: tuple[str, str], class_of: Path
):
    luck, over = random.Random(seed), threading.Event()

    def kill() -> None:
        for _ in range(2):
            if over.wait(luck.uniform(0.5, 4.0)):
                return
            for process in luck.sample(sorted(processes(cluster).values()), 1):
                os.kill(process, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    code = graded(class_of, "there", cluster, tls)
    over.set()
    killing.join()
    assert code == 0 and graded(class_of, "here") == 0
    assert marks(class_of, "there") == marks(class_of, "here")
    until = time.monotonic() + 60
    while len(processes(cluster)) < 3 and time.monotonic() < until:
        time.sleep(0.5)
    assert len(processes(cluster)) == 3, "in the place of each a new one came"


@contextlib.contextmanager
def planted(fault: WorkerPlugin, cluster: LocalCluster) -> Iterator[None]:
    """A fault in every worker, those that come later included."""
    with Client(cluster, set_as_default=False) as client:
        client.register_plugin(fault)
        try:
            yield
        finally:
            client.unregister_worker_plugin(fault.name)


class Dies(WorkerPlugin):
    """A worker dies whenever it is to mark one student, as if their hand-in had killed it."""

    name = "dies"

    def setup(self, worker: Any) -> None:
        self.mark = there.mark_student

        def mark(student: Any, *rest: Any) -> Any:
            if student.name == KILLER:
                os.kill(os.getpid(), signal.SIGKILL)
            return self.mark(student, *rest)

        there.mark_student = mark

    def teardown(self, worker: Any) -> None:
        there.mark_student = self.mark


@pytest.mark.slow
def test_who_kills_three_workers_needs_a_person_and_all_others_have_their_marks(
    cluster: LocalCluster, tls: tuple[str, str], class_of: Path
):
    (class_of / "student 4").rename(class_of / KILLER)
    with planted(Dies(), cluster):
        assert graded(class_of, "there", cluster, tls) == 1
    told = marks(class_of, "there")
    assert {row["status"] for row in told if row["student"] == KILLER} == {"grader error"}
    others = [row for row in told if row["student"] != KILLER and row["exercise"] == "sample_gaussian"]
    assert len(others) == 8 and {row["status"] for row in others} == {"correct", "wrong"}
    assert graded(class_of, "there", cluster, tls, "--only", KILLER) == 0, "once nothing dies, they are marked"


class Other(WorkerPlugin):
    """A worker with another version of the course."""

    name = "other"

    def setup(self, worker: Any) -> None:
        self.course = there.course
        there.course = lambda: ("0.0.1", "other checks")

    def teardown(self, worker: Any) -> None:
        there.course = self.course


@pytest.mark.slow
def test_a_worker_with_another_course_marks_nobody(
    cluster: LocalCluster, tls: tuple[str, str], class_of: Path, capsys: pytest.CaptureFixture[str]
):
    with planted(Other(), cluster):
        assert graded(class_of, "there", cluster, tls) == 2
    assert "has another course (0.0.1)" in capsys.readouterr().err
