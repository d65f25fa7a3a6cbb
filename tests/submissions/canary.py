"""What the attacks aim at: made for the test, harmless to lose, and looked at when the test ends."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.submissions.hand_in import SECRET

VARIABLE = "VAE_COURSE_CANARY"


@dataclass(frozen=True)
class Canary:
    """A file, a process, a listener, a descriptor and a variable. Every one holds `SECRET` where it can hold something."""

    file: Path
    process: "subprocess.Popen[bytes]"
    listener: socket.socket
    descriptor: int
    submissions: Path

    def fill(self, text: str) -> str:
        """A hand-in's text with the places of the canaries."""
        places = {
            "CANARY": str(self.file),
            "VARIABLE": VARIABLE,
            "PROCESS": f"/proc/{self.process.pid}",
            "PROCESSES": "/proc",
            "PORT": str(self.listener.getsockname()[1]),
            "DESCRIPTOR": str(self.descriptor),
            "SUBMISSIONS": str(self.submissions),
        }
        for name, place in places.items():
            text = text.replace(f"@{name}@", place)
        return text

    def harm(self) -> list[str]:
        """What has happened to them, in words."""
        found = []
        if self.file.read_text(encoding="utf-8") != SECRET or os.listdir(self.file.parent) != [self.file.name]:
            found.append(f"the file: {self.file.read_text(encoding='utf-8')[:50]!r}, {os.listdir(self.file.parent)}")
        if self.process.poll() is not None:
            found.append(f"the process ended with {self.process.poll()}")
        if os.environ.get(VARIABLE) != SECRET:
            found.append("the variable was changed")
        try:
            connection, _ = self.listener.accept()
            connection.close()
            found.append("somebody connected to the listener")
        except BlockingIOError:
            pass
        return found


@contextmanager
def canary(submissions: Path) -> Iterator[Canary]:
    """Canaries that everybody on this machine may reach, nobody included: it is the sandbox that keeps them."""
    with tempfile.TemporaryDirectory(prefix="canary-") as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        os.chmod(folder, 0o777)
        file = Path(folder, "canary.txt")
        file.write_text(SECRET, encoding="utf-8")
        file.chmod(0o666)
        listener.setblocking(False)
        descriptor = os.open(file, os.O_RDONLY)
        os.set_inheritable(descriptor, True)
        os.environ[VARIABLE] = SECRET
        sleeps = [sys.executable, "-c", "import time; time.sleep(3600)"]
        process = subprocess.Popen(sleeps, env={"SECRET": SECRET})
        try:
            yield Canary(file, process, listener, descriptor, submissions)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            os.close(descriptor)
            del os.environ[VARIABLE]
