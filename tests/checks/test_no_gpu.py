"""What names a device that is not there is refused for that reason, however it names it; nothing is run elsewhere than it says."""

from pathlib import Path

import pytest
import torch

from tests.runner.notebooks.hand_ins import notebook_of, write
from vae_course.checks.learning.terminal import check_file

RIGHT = "0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)"
IDIOMS = {
    "a method": "    qm = qm.cuda()",
    "a number": "    qm = qm.to(0)",
    "a word": "    qm = qm.to('cuda:0')",
    "where a tensor is made": "    one = torch.ones(1, device='mps')",
    "another maker's": "    qm = qm.to('xpu')",
    "a generator": "    noise = torch.Generator('cuda')",
    "a type of tensors": "    one = torch.cuda.FloatTensor([1.0])",
    "a wait": "    torch.cuda.synchronize()",
    "a demand": "    assert torch.cuda.is_available()",
}
ABOVE = {
    "a constant": "ONE = torch.ones(1).cuda()",
    "a generator": "ONE = torch.Generator(device='cuda')",
    "a name": "ONE = torch.cuda.get_device_name(0)",
}

pytestmark = pytest.mark.skipif(torch.accelerator.is_available(), reason="a device is there")


def said_of(tmp_path: Path, *cells: str) -> str:
    path = write(tmp_path, notebook_of("import torch", *cells), "02_kl_divergence.ipynb")
    [verdict] = [verdict for verdict in check_file(path).verdicts if verdict.exercise == "kl_normal"]
    assert verdict.status == "raised" and not verdict.points
    return verdict.message


@pytest.mark.parametrize("idiom", IDIOMS)
def test_a_device_that_is_not_there_is_the_reason(idiom: str, tmp_path: Path):
    said = said_of(tmp_path, f"def kl_normal(qm, qv, pm, pv):\n{IDIOMS[idiom]}\n    return {RIGHT}")
    assert "There is no such device (GPU) where this runs" in said and "device = x.device" in said


@pytest.mark.parametrize("idiom", ABOVE)
def test_it_is_the_reason_too_of_an_answer_that_lacks_what_was_to_be_made_on_it(idiom: str, tmp_path: Path):
    said = said_of(tmp_path, ABOVE[idiom], f"def kl_normal(qm, qv, pm, pv):\n    one = ONE\n    return {RIGHT}")
    assert "cell 2, line 1, raised" in said and "There is no such device (GPU) where this runs" in said


def test_an_assertion_that_has_nothing_to_do_with_a_device_is_told_as_before(tmp_path: Path):
    said = said_of(tmp_path, f"def kl_normal(qm, qv, pm, pv):\n    assert qm.sum() > 10**9\n    return {RIGHT}")
    assert "An assert of yours fails where everything is right" in said
