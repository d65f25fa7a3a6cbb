"""The trained model of 7.3 is found where learners and platforms put it, under the names that they give it, and never a neighbour's."""

import csv
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from tests.runner.notebooks.hand_ins import notebook_of
from tests.teach.grading import pages
from tests.teach.grading.models import trained_apart
from tests.teach.grading.test_collect import tree, zipped
from vae_course import cli

NOTEBOOK = notebook_of('trained_model = {"file": "model.safetensors", "nn": "v1", "z_dim": 20}')
NOTEBOOK["metadata"] = {"vae_course": {"lesson": "07_capstone"}}
CELL = json.dumps(NOTEBOOK)
DAMAGED = b"weights"
FOUND = "is not a whole safetensors file"
MISSING = "There is no file model.safetensors among those handed in"


def good(before: str = "", without: str = "") -> bytes:
    state = {f"{before}{name}": t.clone() for name, t in trained_apart().items()}
    return save({name: tensor for name, tensor in state.items() if not without or without not in name})


@pytest.fixture
def graded(tmp_path: Path):
    """The row of marks.csv on 7.3 of each student, marked in the sandbox."""

    def mark(path: Path) -> dict[str, dict[str, str]]:
        cli.main(["grade", str(path), "--out", str(tmp_path / "marks"), "--lesson", "07"])
        with (tmp_path / "marks" / "marks.csv").open(encoding="utf-8", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file) if row["exercise"] == "trained_model"}

    return mark


def report(tmp_path: Path, student: str) -> str:
    return pages.page(tmp_path / "marks", student)


def test_a_model_is_found_in_flat_layouts_and_in_a_plain_one_only_with_its_owner_s_name(tmp_path: Path, graded):
    canvas = {
        "byronada_11_500_07_capstone.ipynb": CELL,
        "byronada_11_501_model.safetensors": DAMAGED,
        "hillbob_LATE_12_502_07_capstone-1.ipynb": CELL,
        "hillbob_LATE_12_503_model-1.safetensors": DAMAGED,
        "none_13_504_07_capstone.ipynb": CELL,
    }
    moodle = {
        "Dan_14_assignsubmission_file_07_capstone.ipynb": CELL,
        "Dan_14_assignsubmission_file_model.safetensors": DAMAGED,
        "Eve_15_assignsubmission_file_07_capstone.ipynb": CELL,
    }
    found = graded(zipped(tmp_path / "canvas.zip", canvas)) | graded(zipped(tmp_path / "moodle.zip", moodle))
    told = {"byronada": FOUND, "hillbob": FOUND, "none": MISSING, "Dan": FOUND, "Eve": MISSING}
    assert {who: said in found[who]["message"] for who, said in told.items()} == dict.fromkeys(told, True)


def test_a_neighbour_s_model_is_nobody_else_s(tmp_path: Path, graded, capsys):
    files = {"ada.ipynb": CELL, "ada_model.safetensors": good(), "bob.ipynb": CELL, "model.safetensors": good()}
    found = graded(tree(tmp_path / "class", files))
    assert (found["ada"]["points"], found["bob"]["points"]) == ("4", "0")
    assert found["bob"]["message"].startswith(MISSING)
    assert '"model.safetensors" lies beside the notebooks of a class' in capsys.readouterr().out


@pytest.mark.slow
def test_a_model_is_found_under_a_second_download_s_name_and_in_folders_and_its_report_says_so(tmp_path: Path, graded):
    places = {
        "renamed": "model (1).safetensors",
        "copied": "Copy of model.safetensors",
        "below": "models/model.safetensors",
        "deep": "out/week 3/model (2).safetensors",
        "loud": "Model.SAFETENSORS",
        "only": "my best one.safetensors",
    }
    files: dict[str, str | bytes] = {}
    for who, place in places.items():
        files |= {f"{who}/lesson/07.ipynb": CELL, f"{who}/{place}": DAMAGED}
    files |= {"beside/07.ipynb": CELL, "beside/model.safetensors": DAMAGED, "beside/old/model.safetensors": good()}
    files |= {"two/07.ipynb": CELL, "two/a.safetensors": DAMAGED, "two/b.safetensors": DAMAGED}
    found = graded(tree(tmp_path / "class", files))
    assert {who for who, row in found.items() if FOUND in row["message"]} == {*places, "beside"}
    for who, place in places.items():
        assert f'{place.rpartition("/")[2]}" was taken for the trained model model.safetensors.' in report(
            tmp_path, who
        )
    assert "was taken for" not in report(tmp_path, "beside")
    assert found["two"]["message"].startswith(f'{MISSING}, which are "two/a.safetensors", "two/b.safetensors"')


@pytest.mark.slow
def test_what_wrappers_put_before_the_names_of_weights_does_no_harm(tmp_path: Path, graded):
    weights = {
        "compiled": good("_orig_mod."),
        "parallel": good("module."),
        "both": good("module._orig_mod."),
        "parts": save({n.replace("enc.", "enc._orig_mod."): t for n, t in trained_apart().items()}),
        "inside": good("vae."),
    }
    files = {f"{who}/07.ipynb": CELL for who in (*weights, "half", "mixed")}
    files |= {f"{who}/model.safetensors": data for who, data in weights.items()}
    two = {f"{who}.{n}": t.clone() for who in "ab" for n, t in trained_apart().items()}
    files |= {"half/model.safetensors": good("module.", without="dec."), "mixed/model.safetensors": save(two)}
    found = graded(tree(tmp_path / "class", files))
    assert {who: row["points"] for who, row in found.items()} == dict.fromkeys(weights, "4") | {
        "half": "0",
        "mixed": "0",
    }


def test_the_weights_in_a_clone_of_the_course_are_no_learner_s_model(tmp_path: Path, graded):
    files = {
        "ada/work/07.ipynb": CELL,
        "ada/vae_course/__init__.py": "x",
        "ada/vae_course/weights/v1_z20.safetensors": good(),
    }
    found = graded(tree(tmp_path / "class", files | {"bob/07.ipynb": CELL}))
    assert found["ada"]["message"].startswith(MISSING)


def test_what_is_said_of_a_file_blames_no_code(tmp_path: Path, graded):
    pickled = CELL.replace("model.safetensors", "model.pt")
    files = {"ada/07.ipynb": CELL, "bob/07.ipynb": CELL, "bob/model.safetensors": DAMAGED, "eve/07.ipynb": pickled}
    torch.save({}, tree(tmp_path / "class", files) / "eve" / "model.pt")
    found = graded(tmp_path / "class")
    assert not any("Your code raised" in row["message"] for row in found.values())
    assert found["bob"]["message"].split("\n")[0].endswith("and hand it in as it is.")
    assert found["eve"]["message"].startswith("model.pt is no .safetensors file")
