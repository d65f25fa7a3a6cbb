"""A stub below its answer is what a cell of the handed-out lesson leaves that is pasted in again; the answer stays."""

from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import read, values

STUBS = {
    "log_normal": [
        "def log_normal(x, m, v):\n    pass",
        'def log_normal(x, m, v):\n    """The log-density."""',
        "def log_normal(x, m, v):\n    ...",
        "def log_normal(x, m, v):\n    raise NotImplementedError",
        'def log_normal(x, m, v):\n    """The log-density."""\n    raise NotImplementedError("write it here")',
        "async def log_normal(x, m, v):\n    raise NotImplementedError()",
    ],
    "VAE": [
        "class VAE:\n    def loss(self, x):\n        raise NotImplementedError",
        'class VAE:\n    """A VAE."""\n\n    def loss(self, x):\n        """Its loss."""\n        raise NotImplementedError',
        "class VAE:\n    def __init__(self):\n        super().__init__()\n\n    def loss(self, x):\n        pass",
        "class VAE:\n    class Inner:\n        def loss(self, x):\n            pass",
    ],
    "predict_negative_share": [
        "predict_negative_share = None",
        "predict_negative_share: float = None",
        "predict_negative_share = [None, None]",
        "predict_negative_share = (None,)",
        "predict_negative_share = {'a': None, 'b': [None]}",
        "predict_negative_share = [None] * 6",
        "predict_negative_share = dict.fromkeys('ABC')",
    ],
}
NO_STUBS = {
    "log_normal": [
        "def log_normal(x, m, v):\n    return None",
        "def log_normal(x, m, v):\n    raise ValueError",
        'def log_normal(x, m, v):\n    raise RuntimeError("no")',
        "def log_normal(x, m, v):\n    print('hello')",
        "def log_normal(x, m, v):\n    v.__init__()",
        "def log_normal(x, m, v):\n    super().train()",
        "log_normal = lambda x, m, v: None",
        "from vae_course.given import log_normal",
    ],
    "VAE": [
        "class VAE:\n    pass",
        "class VAE:\n    k = 1\n    def loss(self, x):\n        raise NotImplementedError",
        "class VAE:\n    def loss(self, x):\n        return x\n    def sample_z(self, batch):\n        raise NotImplementedError",
    ],
    "predict_negative_share": [
        "predict_negative_share = 0",
        "predict_negative_share = []",
        "predict_negative_share = [None, 1]",
        "predict_negative_share = [0] * 6",
        "predict_negative_share = dict.fromkeys('ABC', 1)",
        "predict_negative_share += 0.25",
        "if 1:\n    predict_negative_share = 0.5",
    ],
}
ANSWERS = {
    "log_normal": "def log_normal(x, m, v):\n    return x - m",
    "VAE": "class VAE:\n    def loss(self, x):\n        return 2 * x",
    "predict_negative_share": "predict_negative_share = 0.25",
}


@pytest.mark.parametrize(("name", "stub"), [(name, stub) for name, stubs in STUBS.items() for stub in stubs])
def test_a_stub_below_its_answer_is_left_out_and_noted(tmp_path: Path, name: str, stub: str):
    hand_in = read(tmp_path, ANSWERS[name], stub)
    assert [snippet.source for snippet in hand_in.cells] == [ANSWERS[name]]
    assert hand_in.notes == (f"Cell 2, line 1: a stub of `{name}` stands below its answer, and was left out.",)


@pytest.mark.parametrize(("name", "stub"), [(name, stub) for name, stubs in STUBS.items() for stub in stubs])
def test_a_stub_alone_or_above_its_answer_stays_and_needs_no_note(tmp_path: Path, name: str, stub: str):
    for cells in ((stub,), (stub, ANSWERS[name])):
        hand_in = read(tmp_path, *cells)
        assert [snippet.source for snippet in hand_in.cells] == list(cells) and hand_in.notes == ()


@pytest.mark.parametrize(("name", "second"), [(name, text) for name, texts in NO_STUBS.items() for text in texts])
def test_a_second_answer_that_is_more_than_a_stub_stays(tmp_path: Path, name: str, second: str):
    hand_in = read(tmp_path, ANSWERS[name], second)
    assert [snippet.source for snippet in hand_in.cells] == [ANSWERS[name], second] and hand_in.notes == ()


def test_what_stands_below_a_stub_in_its_cell_is_read(tmp_path: Path):
    cell = "predict_negative_share = None\nb = 2\ndef log_normal(x, m, v): pass\nc = 3"
    assert values(tmp_path, "predict_negative_share = 0.25", cell).keys() >= {"b", "log_normal", "c"}
    assert values(tmp_path, "predict_negative_share = 0.25", cell)["predict_negative_share"] == 0.25
