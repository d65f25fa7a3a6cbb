"""JupyterLab for one test: started through `vae-course lab`, on a work folder, port, token and settings of its own."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 120.0


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: where it listens, its token, and the folder that it serves."""

    port: int
    token: str
    work: Path

    def address(self, path: str) -> str:
        """The address of `path` ("lab/tree/x.ipynb", "api/kernels"), token included."""
        return f"http://127.0.0.1:{self.port}/{path}{'&' if '?' in path else '?'}token={self.token}"

    def api(self, path: str, method: str = "GET") -> Any:
        """The JSON that Jupyter's REST interface answers, None where it answers nothing."""
        request = urllib.request.Request(self.address(f"api/{path}"), method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def is_idle(self) -> bool:
        """True once there is a kernel and none is starting or busy."""
        try:
            states = [kernel["execution_state"] for kernel in self.api("kernels")]
        except urllib.error.HTTPError:
            return False  # a kernel that is being started on a busy machine is listed before it can be described
        return bool(states) and all(state == "idle" for state in states)

    def stop_kernels(self) -> None:
        for session in self.api("sessions"):
            self.api(f"sessions/{session['id']}", "DELETE")


@contextmanager
def serve(
    folder: Path,
    notebooks: list[Path] | None = None,
    settings: dict[str, Any] | None = None,
    python: str = sys.executable,
) -> Iterator[Lab]:
    """Serve a work folder under `folder` through the same command that `make lab` runs.

    Args:
        folder: a temporary folder; work folder, course home and Jupyter's own files all go there.
        notebooks: copies of these lie in the work folder before the start, so that the command keeps them. The
            command adds whatever lesson is missing.
        settings: JupyterLab settings by plugin, e.g. {"@jupyterlab/notebook-extension:tracker": {...}}.
        python: the Python in which the course is installed.
    """
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    for notebook in notebooks or []:
        shutil.copy(notebook, work / notebook.name)
    lab = Lab(_free_port(), secrets.token_hex(16), work)
    command = [python, "-m", "vae_course.cli", "lab", "--no-browser", f"--port={lab.port}", f"--work={work}"]
    log = folder / "jupyterlab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(folder, lab.token, settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(lab, process, log)
            yield lab
            lab.stop_kernels()
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment(folder: Path, token: str, settings: dict[str, Any]) -> dict[str, str]:
    """The command's environment: everything that Jupyter or the course could read of this user is replaced."""
    settings_folder = folder / "lab-settings"
    for plugin, values in settings.items():
        extension, _, name = plugin.partition(":")
        path = settings_folder / extension / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    own = {
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter-runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings_folder),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "lab-workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "VAE_COURSE_HOME": str(folder / "course-home"),
    }
    return os.environ | own


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            lab.api("status")
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    tail = log.read_text(errors="replace")[-3000:]
    raise RuntimeError(f"`vae-course lab` served nothing (exit code {process.poll()}). Its last words:\n{tail}")
