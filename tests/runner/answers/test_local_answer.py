"""`LocalAnswer`: learners' code is called on copies, with right versions of other exercises, and leaves nothing behind."""

import random
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from vae_course import given
from vae_course.runner.answers import BackwardFailed, Budget, LocalAnswer, Model, TimedOut
from vae_course.runner.answers.isolation import alone


def model_input(z_dim: int = 2) -> Model:
    torch.manual_seed(0)
    return Model("tiny", z_dim, given.VAE(nn="tiny", z_dim=z_dim).state_dict())


def helper(x):
    return x * 0


def uses_helper(x):
    return through_another(x) + 1


def through_another(x):
    return helper(x)


def test_outputs_are_named_by_position_or_key():
    call = LocalAnswer(lambda x: (x, {"loss": x.sum(), "word": "a"})).call(torch.ones(2), seed=0)
    assert list(call.outputs) == ["0", "loss"] and call.kinds["word"] == "str" and call.kinds["returned"] == "tuple"


def test_numbers_count_as_tensors_but_their_kind_is_told():
    call = LocalAnswer(lambda x: 2.5).call(torch.ones(2), seed=0)
    assert call.outputs["0"].item() == 2.5 and call.kinds["0"] == "float" and not call.differentiable


def test_gradients_are_of_the_same_forward_pass():
    call = LocalAnswer(lambda x: x * torch.randn_like(x)).call(torch.full((3,), 2.0), seed=7)
    assert torch.allclose(call.pull_back({"0": torch.ones(3)})["0"] * 2, call.outputs["0"])


def test_an_unused_input_has_no_gradient():
    call = LocalAnswer(lambda x, y: x * 2).call(torch.ones(2), torch.ones(2), seed=0)
    assert call.pull_back({"0": torch.ones(2)})["1"] is None


def test_a_helper_of_the_learner_sees_the_right_version_and_the_notebook_does_not():
    right = LocalAnswer(uses_helper, scaffold={"helper": lambda x: x * 10})
    assert right.call(torch.ones(1), seed=0).outputs["0"].item() == 11
    assert uses_helper(torch.ones(1)).item() == 1


def test_a_method_runs_on_the_learners_class_with_the_checks_weights():
    class Mine(given.VAE):
        offset = 1.0

        def twice(self, x):
            return self.once(x) * 2 + self.offset

        def once(self, x):
            return self.enc(x)[0]

    spec = model_input()
    x = torch.rand(3, 784)
    call = LocalAnswer(Mine, method="twice").call(spec, x, seed=0)
    skeleton = given.VAE(nn="tiny", z_dim=2)
    skeleton.load_state_dict(spec.weights)
    assert torch.allclose(call.outputs["0"], skeleton.enc(x)[0] * 2 + 1)
    assert call.pull_back({"0": torch.ones(3, 2)})["enc.net.0.weight"] is not None


def test_other_methods_are_replaced_by_right_ones():
    class Mine(given.VAE):
        def outer(self, x):
            return self.inner(x) + 1

        def inner(self, x):
            raise RuntimeError("wrong, but not asked here")

    answer = LocalAnswer(Mine, method="outer", scaffold={"VAE.inner": lambda self, x: x * 0})
    assert answer.call(model_input(), torch.ones(1, 784), seed=0).outputs["0"].max() == 1


def test_a_lone_method_is_installed_on_the_skeleton():
    def loss(self, x):
        return self.dec(self.enc(x)[0]).mean()

    call = LocalAnswer(loss, method="loss").call(model_input(), torch.rand(2, 784), seed=0)
    assert call.error is None and "0" in call.differentiable


def test_a_class_that_cannot_be_built_is_replaced_by_the_skeleton():
    class Broken(nn.Module):
        def __init__(self):
            raise RuntimeError("no")

        def loss(self, x):
            return self.enc(x)[0].sum()

    assert LocalAnswer(Broken, method="loss").call(model_input(), torch.rand(2, 784), seed=0).error is None


def test_calls_with_the_same_seed_draw_the_same_noise_and_leave_ours_alone():
    answer = LocalAnswer(lambda x: torch.randn(3))
    torch.manual_seed(1)
    expected = torch.randn(1)
    torch.manual_seed(1)
    first, again, other = (answer.call(torch.ones(1), seed=s).outputs["0"] for s in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other) and torch.equal(torch.randn(1), expected)


def test_changed_inputs_are_reported():
    def changes(x):
        x.add_(1)
        return x.sum()

    assert LocalAnswer(changes).call(torch.arange(3), seed=0).changed == ("0",)
    assert LocalAnswer(changes).call(torch.ones(3), seed=0).changed == ("0",)


def test_a_call_and_its_backward_pass_say_nothing_and_warn_of_nothing(capfd, recwarn):
    class Loud(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            print("forward")
            warnings.warn("forward", stacklevel=1)
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            print("backward")
            warnings.warn("backward", stacklevel=1)
            return gradient * 2

    call = LocalAnswer(Loud.apply).call(torch.ones(2), seed=0)
    assert call.pull_back({"0": torch.ones(2)})["0"].tolist() == [2, 2]
    assert capfd.readouterr() == ("", "") and not recwarn.list


def test_a_backward_pass_that_raises_is_an_error_of_the_answer():
    def spoiled(x):
        y = x.exp()
        z = y * 2
        y.zero_()
        return z

    with pytest.raises(BackwardFailed) as caught:
        LocalAnswer(spoiled).call(torch.ones(2), seed=0).pull_back({"0": torch.ones(2)})
    assert caught.value.error.type == "RuntimeError"


def test_a_limit_holds_for_methods_and_backward_passes():
    class Endless(given.VAE):
        def loss(self, x):
            while True:
                pass

    def never_back(x):
        y = x * 2
        y.register_hook(lambda gradient: time.sleep(3600))
        return y

    with pytest.raises(TimedOut, match=r"still running after 0\.1 seconds"):
        LocalAnswer(Endless).limited(0.1).method("loss").call(model_input(), torch.rand(1, 784), seed=0)
    call = LocalAnswer(never_back).limited(0.1).call(torch.ones(2), seed=0)
    with pytest.raises(TimedOut):
        call.pull_back({"0": torch.ones(2)})


def test_what_torch_imports_for_a_process_first_backward_pass_is_not_the_learners_time():
    code = """
import torch
from vae_course.runner.answers import LocalAnswer
answer = LocalAnswer(lambda x: 2 * x)
answer.call(torch.ones(1), seed=0)
call = answer.limited(0.02).call(torch.ones(1), seed=0)
print(call.pull_back(call.outputs)["0"].item())
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.stdout == "4.0\n", said.stderr


def test_a_budget_is_shared_by_the_methods_of_an_answer():
    answer = Budget(LocalAnswer(lambda x: x), 0)
    answer.call(torch.ones(1), seed=0)  # what is begun is finished, and uses the budget up
    for called in (answer, answer.method("loss")):
        with pytest.raises(TimedOut, match="seconds together"):
            called.call(torch.ones(1), seed=0)
    answer.renew(60)
    assert answer.call(torch.ones(1), seed=0).error is None


def test_alone_owes_the_next_call_its_settings_and_its_seed():
    """In the sandbox, where nobody else counts on anything: what one call sets is not there in the next."""

    def meddle(x):
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        warnings.simplefilter("error")
        return torch.randn(3) + x

    def look(x):
        warnings.warn("nobody sees this", stacklevel=1)
        return torch.randn(3) + x + random.random() + float(np.random.rand())

    x = torch.zeros(3)
    with torch.random.fork_rng():
        assert LocalAnswer(meddle, around=alone).call(x, seed=1).error is None
        first, second = (LocalAnswer(look, around=alone).call(x, seed=2) for _ in range(2))
    assert first.error is None and first.differentiable
    assert first.outputs["0"].dtype == torch.float32
    assert torch.equal(first.outputs["0"], second.outputs["0"])


def test_all_that_a_class_has_of_its_own_comes_along():
    """Static methods, class methods, properties and constants too, where a model is built around a class without a constructor."""

    class VAE(nn.Module):
        half = 0.5

        @staticmethod
        def doubled(x):
            return 2 * x

        @property
        def third(self):
            return self.half / 1.5

        def loss(self, x):
            return self.doubled(x) + self.half + self.third

    call = LocalAnswer(VAE).method("loss").call(model_input(), torch.ones(1, 784), seed=0)
    assert call.error is None and torch.allclose(call.outputs["0"], torch.full((1, 784), 2 + 0.5 + 1 / 3))


def test_two_calls_in_a_row_go_on_with_the_noise_and_the_first_has_no_gradients():
    def draws(x):
        return x * torch.rand(3), torch.tensor(float(torch.is_grad_enabled()))

    call = LocalAnswer(draws).call(torch.ones(3), seed=1, twice=True)
    once = LocalAnswer(draws).call(torch.ones(3), seed=1)
    assert torch.equal(call.outputs["first 0"], once.outputs["0"]) and not torch.equal(
        call.outputs["0"], once.outputs["0"]
    )
    assert [call.outputs[name].item() for name in ("first 1", "1")] == [0, 1] and "0" in call.differentiable


def test_what_raises_without_gradients_is_asked_with_them_alone():
    def backs(x):
        y = (x * x).sum()
        y.backward(retain_graph=True)
        return y

    call = LocalAnswer(backs).call(torch.ones(3), seed=1, twice=True)
    assert call.error is None and call.outputs.keys() == {"0"}


def test_a_limit_is_one_of_computing_time_and_waiting_ends_later():
    def waits(x):
        time.sleep(0.25)
        return x

    assert LocalAnswer(waits).limited(0.1).call(torch.ones(1), seed=0).error is None
    with pytest.raises(TimedOut, match="of which it computed"):
        LocalAnswer(lambda x: time.sleep(3600)).limited(0.1).call(torch.ones(1), seed=0)


def test_in_another_thread_too_waiting_is_no_computing():
    found = []

    def waits(x):
        time.sleep(0.25)
        return x

    def call():
        found.append(LocalAnswer(waits).limited(0.1).call(torch.ones(1), seed=0))

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert found[0].error is None
