#!/bin/bash
# Run once as root, while Gradescope builds the image: Python, CPU PyTorch, the course, and no rights on it for anybody else.
set -euo pipefail
cd /autograder/source
export DEBIAN_FRONTEND=noninteractive PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1
apt-get update -q
apt-get install -q -y --no-install-recommends python3 python3-venv python3-pip bubblewrap libseccomp2
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  python3 -m venv /autograder/venv
else  # the image's own Python is too old
  PIP_CONSTRAINT= python3 -m pip install -q uv
  UV_PYTHON_INSTALL_DIR=/autograder/python python3 -m uv venv --seed --python 3.12 /autograder/venv
fi
pip=/autograder/venv/bin/pip
$pip install -q --no-deps --extra-index-url "$(cat torch-index.txt)" "$(grep '^torch==' constraints.txt)"
for wheel in vae_course-*.whl; do $pip install -q "./$wheel[grade]"; done
/autograder/venv/bin/python -m compileall -q /autograder/venv || true
# Students' code is run by nobody: the answer key, and what lies in here, are root's alone.
chmod -R go= /autograder/source
/autograder/venv/bin/python -c 'from vae_course.runner.rooms import not_in_sandbox; print(*not_in_sandbox(), sep="\n")' |
  xargs -d '\n' chmod -R go=
