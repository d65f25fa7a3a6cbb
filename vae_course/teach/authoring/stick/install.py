"""Set up the course from this folder alone, without a network: python install.py [FOLDER]

FOLDER (default: vae-course, in your home folder) gets an environment of its own and the pages to read; nothing else on the machine changes.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIST = HERE / "SHA256SUMS"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", default=str(Path.home() / "vae-course"), metavar="FOLDER")
    folder = Path(parser.parse_args().folder).resolve()
    wanted = pythons()
    if wanted and "cp{}{}".format(*sys.version_info[:2]) not in wanted:
        such = spelt(wanted[0])
        return stop(
            f"these wheels are for Python {' or '.join(map(spelt, wanted))}, and this is {sys.version.split()[0]}. With such a Python: "
            f"`python{such} install.py`, on Windows `py -{such} install.py`."
        )
    environment, scripts = folder / ".venv", "Scripts" if sys.platform == "win32" else "bin"
    if folder.exists() and not folder.is_dir():
        return stop(f"{folder} is a file; name another folder: python install.py FOLDER")
    if environment.exists() and not list(environment.glob(f"{scripts}/vae-course*")):
        return stop(
            f"{environment} is another environment, which stays as it is; name another folder: python install.py FOLDER"
        )
    print("Looking whether the copy is whole ...", flush=True)
    damaged = [name for digest, name in listed() if not whole(HERE / name, digest)]
    if damaged:
        return stop(
            f"of the files here {len(damaged)} are missing or damaged, the first: {damaged[0]}. Copy the folder again."
        )
    print(f"Setting up {'again ' if environment.exists() else ''}in {folder} ...", flush=True)
    try:
        venv.create(environment, with_pip=True)
    except subprocess.CalledProcessError:
        return stop("this Python makes no environments. On Debian or Ubuntu: apt-get install python3-venv")
    pip = [str(environment / scripts / "python"), "-m", "pip", "--isolated", "install", "--quiet", "--no-index"]
    done = subprocess.run([*pip, "--find-links", str(HERE / "wheels"), "vae-course[lab,grade]"])
    if done.returncode:
        return stop("pip could not set up from these wheels; what it said stands above. Are they for this system?")
    print(f'Done. To begin, now and next week:\n    cd "{folder}"\n    {Path(".venv", scripts, "vae-course")} lab')
    if (HERE / "site").exists():
        shutil.rmtree(str(folder / "site"), ignore_errors=True)
        shutil.copytree(str(HERE / "site"), str(folder / "site"))
        print(f"To read and to search, in a browser: {folder / 'site' / 'index.html'}")
    return 0


def listed():
    """(digest, name) of every file that belongs here; the list itself is the first where it is not whole: its last line counts the others."""
    lines = LIST.read_text(encoding="utf-8").splitlines() if LIST.is_file() else []
    found = [re.match("([0-9a-f]{64})  (.+)", line) for line in lines[:-1]]
    if not lines or not all(found) or lines[-1] != f"# {len(found)} files":
        return [("", LIST.name)]
    return [(match[1], match[2]) for match in found if match]


def whole(path, digest):
    if not path.is_file():
        return False
    found = hashlib.sha256()
    with path.open("rb") as file:
        for part in iter(lambda: file.read(2**20), b""):
            found.update(part)
    return found.hexdigest() == digest


def pythons():
    """The versions of Python for which torch's wheel was built, as "cp312"."""
    return sorted({path.name.split("-")[2] for path in (HERE / "wheels").glob("torch-*.whl")})


def spelt(tag):
    return f"{tag[2]}.{tag[3:]}"


def stop(why):
    print(f"install.py: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
