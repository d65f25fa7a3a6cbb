"""A live Jupyter kernel of this Python, cell by cell."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import start_new_kernel


@dataclass
class Ran:
    """What a cell did."""

    error: str = ""
    streams: str = ""
    shown: list[str] = field(default_factory=list)
    pictures: int = 0


@dataclass
class Kernel:
    client: BlockingKernelClient
    watchdog: float  # seconds, not a measurement

    def run(self, code: str) -> Ran:
        """Execute a cell; a cell that does not end within the watchdog's time raises TimeoutError."""
        ran = Ran()

        def note(message: dict) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                ran.streams += content["text"]
            elif message["msg_type"] in ("execute_result", "display_data"):
                ran.shown.append(content["data"].get("text/plain", ""))
                ran.pictures += "image/png" in content["data"]
            elif message["msg_type"] == "error":
                ran.error = f"{content['ename']}: {content['evalue']}"

        self.client.execute_interactive(code, timeout=self.watchdog, output_hook=note, allow_stdin=False)
        return ran

    def value(self, expression: str) -> str:
        """What the next cell shows."""
        ran = self.run(expression)
        assert not ran.error, ran.error
        return ran.shown[0]


@contextmanager
def started(folder: str, watchdog: float = 30) -> Iterator[Kernel]:
    """A kernel in a folder."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=folder)
    try:
        yield Kernel(client, watchdog)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
