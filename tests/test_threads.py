"""How many threads compute, and how they wait: seen from inside of a check, a training, an evaluation and a kernel."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from torch import nn

from vae_course import cli, given, threads
from vae_course.checks.learning.check import check
from vae_course.data import load_mnist
from vae_course.evaluation import evaluate
from vae_course.teach.reference import VAE
from vae_course.threads import processors
from vae_course.training import fit

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def nobody_has_set_anything(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a process begins in which nobody chose: no variable, and torch on as many threads as it takes by itself."""
    before = torch.get_num_threads()
    for name in threads.PERSONS:
        monkeypatch.delenv(name, raising=False)
    torch.set_num_threads(2)
    monkeypatch.setattr(threads, "processors", lambda: 2)
    yield
    torch.set_num_threads(before)


def group(folder: Path, files: dict[str, str], cgroup: str) -> int:
    """What is found to be usable where these are the files of Linux's control groups."""
    for name, text in files.items():
        path = folder / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "cgroup").write_text(cgroup)
    return processors(folder / "cgroup", folder / "sys")


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda who: set(range(64)))


@pytest.mark.parametrize(
    ("files", "cgroup", "count"),
    [
        ({"cpu.max": "200000 100000"}, "0::/", 2),
        ({"cpu.max": "150000 100000"}, "0::/", 2),
        ({"cpu.max": "10000 100000"}, "0::/", 1),
        ({"cpu.max": "max 100000"}, "0::/", 64),
        ({"a/cpu.max": "max 100000", "cpu.max": "300000 100000"}, "0::/a", 3),
        ({"a/cpu.max": "100000 100000", "cpu.max": "300000 100000"}, "0::/a", 1),
        ({"cpu,cpuacct/pod/cpu.cfs_quota_us": "400000", "cpu,cpuacct/pod/cpu.cfs_period_us": "100000"}, "4:cpu,cpuacct:/pod", 4),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "1:cpu:/", 64),
        ({"cpuset/cpu.cfs_quota_us": "100000", "cpuset/cpu.cfs_period_us": "100000"}, "3:cpuset:/", 64),
        ({"cpu.max": "a limit of another form"}, "0::/", 64),
        ({}, "0::/gone", 64),
    ],
)  # fmt: skip
def test_a_containers_share_of_the_processors_counts_not_the_machine(files, cgroup, count, tmp_path, many):
    assert group(tmp_path, files, cgroup) == count


def test_where_there_are_no_control_groups_the_affinity_counts(tmp_path: Path, many):
    assert processors(tmp_path / "none", tmp_path) == 64


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone can bind a process")
def test_a_process_that_is_bound_to_one_processor_has_one():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from vae_course import threads; print(threads.processors())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"


def seen_by_fit(slow_on: int = 0, steps: int = 300) -> list[int]:
    """How many threads each step of a training computes on, where so many are the slower choice."""
    model, seen = nn.Linear(1, 1), []

    def objective(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        if seen[-1] == slow_on:
            time.sleep(0.02)
        return model(x).square().mean()

    fit(model, torch.ones(4, 1), objective=objective, steps=steps, batch_size=2, progress=False)
    return seen


def seen_by_evaluate(monkeypatch: pytest.MonkeyPatch) -> tuple[int, set[int]]:
    from vae_course import importance

    pools = []
    whole = importance.ThreadPoolExecutor
    monkeypatch.setattr(importance, "ThreadPoolExecutor", lambda count: (pools.append(count), whole(count))[1])
    model, inside = given.VAE(nn="tiny", z_dim=2), set()
    model.dec.register_forward_pre_hook(lambda *call: inside.add(torch.get_num_threads()))
    evaluate(model, torch.zeros(8, 784), "iwae", 2, rows=2)
    return (pools or [1])[0], inside


def seen_by_check() -> int:
    seen = []

    def sample_gaussian(m, v):
        seen.append(torch.get_num_threads())
        return m + v.sqrt() * torch.randn_like(m)

    assert check(sample_gaussian, quiet=True)
    return max(seen)


@pytest.mark.parametrize("count", [2, 8])
def test_training_tries_one_thread_and_all_and_goes_on_with_the_quicker(count: int, monkeypatch):
    """A step on the slower number takes 20 ms more than one on the other, which takes less than one."""
    monkeypatch.setattr(threads, "processors", lambda: count)
    torch.set_num_threads(count)  # as torch does by itself
    tried = threads.Pace.TRIED
    for slow, quick in ((1, count), (count, 1)):
        seen = seen_by_fit(slow_on=slow, steps=tried + 5)
        assert set(seen[:tried]) == {1, count} and set(seen[tried:]) == {quick}
        assert torch.get_num_threads() == count, "what it was before"
    assert seen_by_evaluate(monkeypatch) == (count, {1}) and torch.get_num_threads() == count


def test_training_tries_again_since_a_machine_becomes_busy_and_idle_again():
    seen = seen_by_fit(steps=threads.Pace.CYCLE + threads.Pace.TRIED)
    assert set(seen[: threads.Pace.TRIED]) == set(seen[threads.Pace.CYCLE :]) == {1, 2}
    assert len(set(seen[threads.Pace.TRIED : threads.Pace.CYCLE])) == 1


def test_where_there_is_one_processor_training_computes_on_one_thread(monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: 1)
    torch.set_num_threads(1)
    assert set(seen_by_fit()) == {1} and seen_by_evaluate(monkeypatch) == (1, {1})


def test_the_number_of_threads_changes_a_lessons_training_by_rounding_at_most():
    """Bit for bit on some processors; on others a sum over more threads is rounded otherwise."""
    found = []
    for count in (1, 2):
        torch.set_num_threads(count)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OMP_NUM_THREADS", str(count))
            torch.manual_seed(0)
            model = VAE(nn="v1", z_dim=20)
            fit(model, load_mnist("train"), steps=5, progress=False)
            found.append(torch.cat([value.flatten() for value in model.state_dict().values()]))
    assert torch.allclose(*found, rtol=1e-3, atol=1e-5)


def test_a_check_computes_on_one_thread_and_puts_the_number_back(monkeypatch):
    torch.set_num_threads(3)
    assert seen_by_check() == 1 and torch.get_num_threads() == 3


def test_a_number_that_somebody_has_set_is_kept(monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: 8)
    torch.set_num_threads(3)
    assert set(seen_by_fit()) == {3} and seen_by_evaluate(monkeypatch) == (3, {1}) and torch.get_num_threads() == 3


@pytest.mark.parametrize("name", threads.PERSONS)
def test_a_variable_that_somebody_has_set_is_kept(name: str, monkeypatch):
    monkeypatch.setenv(name, "2")
    monkeypatch.setattr(threads, "processors", lambda: 8)
    assert set(seen_by_fit()) == {2} and seen_by_evaluate(monkeypatch)[0] == 2


def test_threads_are_put_back_when_a_training_fails():
    with pytest.raises(ZeroDivisionError):
        fit(nn.Linear(1, 1), torch.ones(4, 1), objective=lambda model, x: 1 / 0, steps=1, progress=False)
    assert torch.get_num_threads() == 2


IMPORTED = """
import os, sys
os.sched_getaffinity = lambda who: {0}
import torch
torch.set_num_threads(6)
import vae_course
print(torch.get_num_threads())
"""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux alone tells a process its processors")
def test_a_lesson_in_a_container_computes_on_the_containers_share_unless_somebody_chose():
    environment = {name: value for name, value in os.environ.items() if name not in threads.PERSONS}
    for chosen, count in ({}, "1\n"), ({"OMP_NUM_THREADS": "6"}, "6\n"):
        done = subprocess.run(
            [sys.executable, "-c", IMPORTED], env=environment | chosen, capture_output=True, text=True
        )
        assert done.stdout == count, done.stderr


@pytest.mark.parametrize(
    ("before", "then"), [({}, cli.WAITING), ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"})]
)
def test_the_command_line_has_threads_sleep_while_they_wait_unless_somebody_chose(before, then, monkeypatch):
    """Before torch is loaded, in the process that `lab` becomes and whose kernels inherit it."""
    for name in cli.WAITING:
        monkeypatch.delenv(name, raising=False)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    seen: dict[str, str] = {}
    monkeypatch.setattr(cli, "_become", lambda command: seen.update(os.environ) or 0)
    monkeypatch.setattr(cli.workspace, "copy_lessons", lambda source, work: cli.workspace.Copied((), ()))
    assert cli.main(["lab"]) == 0 and {name: seen[name] for name in cli.WAITING if name in seen} == then


@pytest.mark.parametrize(
    ("before", "then"), [({}, cli.WAITING), ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"})]
)
def test_a_kernel_has_threads_sleep_while_they_wait_unless_somebody_chose(before, then, tmp_path: Path):
    spec = json.loads((ROOT / "vae_course" / "jupyter" / "kernel.json").read_text())
    installed = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    assert json.loads(installed.read_text()) == spec, "`make setup` puts it there"
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(**spec)
    environment = {name: value for name, value in os.environ.items() if name not in cli.WAITING}
    manager.start_kernel(env=environment | before, cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        reply = client.execute(
            f"import os; assert {{n: os.environ[n] for n in {[*cli.WAITING]!r} if n in os.environ}} == {then!r}",
            reply=True,
            timeout=30,
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["content"]["status"] == "ok"


def test_binder_and_make_say_the_same():
    variables = yaml.safe_load((ROOT / "environment.yml").read_text())["variables"]
    assert {name: str(value) for name, value in variables.items()} == cli.WAITING
    for name, value in cli.WAITING.items():
        assert f"export {name} := {value}\n" in (ROOT / "Makefile").read_text()
