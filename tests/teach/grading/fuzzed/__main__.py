"""Mark classes one after another in this process, as `vae-course grade` does, and say after each how much memory it has had.

python -m tests.teach.grading.fuzzed CLASS OUT [CLASS OUT ...] prints a line of JSON for each class.
"""

import contextlib
import io
import json
import re
import sys
from pathlib import Path

from vae_course import cli


def kilobytes() -> int:
    """The most memory that this process has had: `getrusage` would count that of the process that started it."""
    return int(re.findall(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[0])


if __name__ == "__main__":
    paths = sys.argv[1:]
    for path, out in zip(paths[::2], paths[1::2], strict=True):
        with contextlib.redirect_stdout(io.StringIO()):
            code = cli.main(["grade", path, "--out", out, "--seed", "3"])
        print(json.dumps({"code": code, "kilobytes": kilobytes()}), flush=True)
