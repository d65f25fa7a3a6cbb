"""A class for the benchmark of the grader: students with whole courses, right, mistaken and half finished in turn.

Everybody starts from `solutions/`, outputs included, as a notebook is after a day's work. Some have a known mistake in place
of a right line, some have stopped half way and left the stubs of `notebooks/`.
"""

import json
import random
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vae_course import weights
from vae_course.checks.lessons import LESSONS

ROOT = Path(__file__).parents[2]
RIGHT, SLIPPED = 0.5, 0.35  # shares of a class's notebooks; the rest are half finished
MODEL = "v1_z20"

Slip = tuple[str, str, str]
SLIPS: Sequence[Slip] = (
    ("00_start_here", '"posterior": 0.45 / 0.55', '"posterior": 0.9'),
    ("01_reparameterization", "m + torch.sqrt(v) * noise", "m + v * noise"),
    ("01_reparameterization", "torch.randn_like(m)", "torch.rand_like(m)"),
    ("01_reparameterization", '"variance": 1 / 12', '"variance": 1 / 12**0.5'),
    ("01_reparameterization", ".mean(dim=0)", ".sum(dim=0)"),
    ("02_kl_divergence", "distance = (x - m) ** 2 / v", "distance = (x - m) ** 2 / v**2"),
    ("02_kl_divergence", "math.log(2 * math.pi) + torch.log(v)", "torch.log(v)"),
    ("02_kl_divergence", "spread + distance - 1).sum(dim=-1)", "spread + distance).sum(dim=-1)"),
    ("02_kl_divergence", "log_ratio = torch.log(pv) - torch.log(qv)", "log_ratio = torch.log(qv) - torch.log(pv)"),
    ("02_kl_divergence", "distance = (qm - pm) ** 2 / pv", "distance = (qm - pm) ** 2 / qv"),
    (
        "02_kl_divergence",
        "log_normal(z, qm, qv) - log_normal(z, pm, pv)",
        "log_normal(z, pm, pv) - log_normal(z, qm, qv)",
    ),
    ("02_kl_divergence", "torch.allclose(got, right, rtol=1e-4)", "True"),
    ("03_reconstruction", "each = x * logits - softplus(logits)", "each = softplus(logits) - x * logits"),
    ("03_reconstruction", "return each.sum(dim=-1)", "return each.mean(dim=-1)"),
    ("03_reconstruction", "torch.logsumexp(x, dim=dim) - math.log(k)", "torch.logsumexp(x, dim=dim)"),
    ("03_reconstruction", '"beta": 784', '"beta": 1'),
    ("04_nelbo", "nelbo = kl + rec", "nelbo = kl - rec"),
    ("04_nelbo", "z = given.sample_gaussian(m, v)", "z = m"),
    ("04_nelbo", "return nelbo.mean(), kl.mean(), rec.mean()", "return nelbo.sum(), kl.sum(), rec.sum()"),
    ("04_nelbo", '"gen/elbo": -nelbo', '"gen/elbo": nelbo'),
    ("04_nelbo", "optimizer.zero_grad()", "pass"),
    ("04b_collapse", '"B": "no noise"', '"B": "z detached"'),
    ("05_iwae", "- log_normal(z, m, v)", "+ log_normal(z, m, v)"),
    ("05_iwae", "niwae = -log_mean_exp(log_w, dim=1)", "niwae = -log_w.mean(dim=1)"),
    ("05_iwae", "niwae = -log_mean_exp(log_w, dim=1)", "niwae = -torch.logsumexp(log_w, dim=1)"),
    ("05_iwae", "1 / share.square().sum(-1)", "share.square().sum(-1)"),
    ("05b_limits", '"train/loss": niwae', '"train/loss": kl + rec'),
    ("06_generation", "torch.sigmoid(self.dec(z))", "self.dec(z)"),
    ("06_generation", "torch.bernoulli(self.compute_sigmoid_given(z))", "self.compute_sigmoid_given(z)"),
    ("06_generation", "(1 - t) * z0 + t * z1", "t * z0 + (1 - t) * z1"),
    ("07_capstone", "niwae = -given.log_mean_exp", "niwae = -torch.logsumexp"),
    ("07_capstone", "torch.bernoulli(self.compute_sigmoid_given(z))", "self.compute_sigmoid_given(z)"),
    ("07_capstone", "return given.gaussian_parameters(self.leave(h))", "return self.leave(h).chunk(2, dim=-1)"),
    ("07_capstone", '"A": "sign"', '"A": "fine"'),
)
"""Lesson, a right line's text, and what someone who is mistaken writes there."""

_OWN_MODEL = '{"file": "model.safetensors", "nn": MyNetwork, "z_dim": 20}'
_COURSE_MODEL = '{"file": "model.safetensors", "nn": "v1", "z_dim": 20}'


def make_class(
    folder: Path, students: int, *, models: bool = True, seed: int = 0, lessons: Sequence[str] = LESSONS
) -> None:
    """Write a folder for each student, with a notebook for each lesson.

    Args:
        lessons: those that they hand in.
        models: with a trained model for exercise 7.3, a network of the course; else the file it names is missing.
    """
    solved = {lesson: read(ROOT / "solutions" / f"{lesson}.ipynb") for lesson in LESSONS}
    stubs = {lesson: _answers(read(ROOT / "notebooks" / f"{lesson}.ipynb")) for lesson in LESSONS}
    _replace(solved["07_capstone"], _OWN_MODEL, _COURSE_MODEL)
    choose = random.Random(seed)
    written: dict[tuple[str, str], Path] = {}  # notebooks that are alike are one file on the disk
    for number in range(students):
        own = folder / f"student_{number:04d}"
        own.mkdir(parents=True)
        for lesson in lessons:
            notebook, kind = json.loads(json.dumps(solved[lesson])), choose.random()
            what = "right"
            if RIGHT <= kind < RIGHT + SLIPPED:
                _, right, what = choose.choice([slip for slip in SLIPS if slip[0] == lesson])
                _replace(notebook, right, what)
            elif kind >= RIGHT + SLIPPED:
                answers = list(_answers(notebook))
                what = choose.choice(answers)
                for name in answers[answers.index(what) :]:
                    _answers(notebook)[name]["source"] = stubs[lesson][name]["source"]
            path = own / f"{lesson}.ipynb"
            if (lesson, what) in written:
                path.hardlink_to(written[lesson, what])
            else:
                path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
                written[lesson, what] = path
        if models:
            shutil.copy(weights.FOLDER / f"{MODEL}.safetensors", own / "model.safetensors")


def bare(notebook: dict[str, Any]) -> dict[str, Any]:
    """Only imports, answers and checks: what nbgrader has to run to mark it."""
    answers = _answers(notebook)
    kept = [c for c in notebook["cells"] if c["cell_type"] == "code" and (_is_import(c) or c in answers.values())]
    checks = [c for c in notebook["cells"] if c["cell_type"] == "code" and _text(c).startswith("check(")]
    for cell in [*kept, *checks]:
        cell["outputs"], cell["execution_count"] = [], None
    wanted = {id(cell) for cell in [*kept, *checks]}
    return notebook | {"cells": [cell for cell in notebook["cells"] if id(cell) in wanted]}


def _is_import(cell: dict[str, Any]) -> bool:
    return re.match(r"(?:import|from) ", _text(cell)) is not None


def _answers(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The answer cells by the name that nbgrader knows them by."""
    found = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in notebook["cells"]}
    return {name: cell for name, cell in found.items() if name}


def _replace(notebook: dict[str, Any], old: str, new: str) -> None:
    cells = [cell for cell in _answers(notebook).values() if old in _text(cell)]
    if not cells:
        raise ValueError(f"no answer has the text {old!r} any more; correct SLIPS")
    for cell in cells[:1]:
        cell["source"] = _text(cell).replace(old, new).splitlines(keepends=True)


def _text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def read(path: Path) -> dict[str, Any]:
    """A notebook of this repository."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
