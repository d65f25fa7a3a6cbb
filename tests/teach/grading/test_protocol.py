"""Whatever bytes arrive: a message within the limits, or one of three exceptions."""

import json
import os
import random
import socket
import struct
import time
from collections.abc import Iterator

import pytest
import torch
from safetensors.torch import save

from vae_course.runner.packing import WRITTEN
from vae_course.runner.protocol import FACTS, TENSORS, Channel, Message, ProtocolError
from vae_course.runner.serving import encode
from vae_course.teach.grading.sandbox.replies import call_in, constant_in, gradients_in

Pair = tuple[Channel, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The grader's channel, and the student's end of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield Channel(ours.fileno()), theirs


def soon() -> float:
    return time.monotonic() + 0.2


def frame(facts: bytes, tensors: bytes = b"") -> bytes:
    return struct.pack(">II", len(facts), len(tensors)) + facts + tensors


def test_a_message_arrives_as_it_was_sent(pair: Pair):
    channel, theirs = pair
    tensors = {"a": torch.arange(6.0).view(2, 3).T, "b": torch.ones(1).expand(4), "c": torch.tensor(True)}
    Channel(theirs.fileno()).send(Message({"x": [1, "ü", None]}, tensors))
    got = channel.receive(soon())
    assert got.facts == {"x": [1, "ü", None]} and got.tensors.keys() == tensors.keys()
    assert all(torch.equal(got.tensors[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("dtype", [*WRITTEN, torch.bfloat16, torch.float8_e4m3fn], ids=str)
def test_tensors_of_every_type_and_layout_arrive(pair: Pair, dtype: torch.dtype):
    channel, theirs = pair
    whole = torch.arange(6.0).view(2, 3).to(dtype)
    tensors = {
        "b": whole[:1, :1].expand(2, 3),
        "empty": whole[:0],
        "scalar": whole[1, 2],
        "T": whole.T,
        "one entry of a column": whole[:1, 0],
        "wide": torch.ones(3),
    }
    Channel(theirs.fileno()).send(Message({}, tensors))
    got = channel.receive(soon()).tensors
    assert {n: (t.dtype, t.shape) for n, t in got.items()} == {n: (t.dtype, t.shape) for n, t in tensors.items()}
    assert all(torch.equal(got[n].to(torch.complex64), t.to(torch.complex64)) for n, t in tensors.items())


BAD = {
    "too many facts": struct.pack(">II", FACTS + 1, 0),
    "too many tensors": struct.pack(">II", 2, TENSORS + 1) + b"{}",
    "no JSON": frame(b"{"),
    "no text": frame(b'{"a": "\xff"}'),
    "no object": frame(b"[]"),
    "not a number": frame(b'{"a": NaN}'),
    "infinite": frame(b'{"a": 1e999}'),
    "a number of many digits": frame(b'{"a": ' + b"9" * 4000 + b"}"),
    "a number of too many digits": frame(b'{"a": ' + b"9" * 9000 + b"}"),
    "half a character": frame(b'{"a": "\\ud800"}'),
    "half a character in a name": frame(b'{"\\ud800": 1}'),
    "deep": frame(b'{"a":' + b"[" * 30 + b"]" * 30 + b"}"),
    "very deep": frame(b'{"a":' + b"[" * 10**6 + b"]" * 10**6 + b"}"),
    "a pickle": frame(b"{}", b"\x80\x04K\x01."),
    "a header without end": frame(b"{}", struct.pack("<Q", 2**60) + b"{}"),
    "tensors of no size": frame(b"{}", b"\0" * 8),
    "an unknown type": frame(b"{}", save({"a": torch.ones(1)}).replace(b"F32", b"F99")),
    "a shape that is not its data's": frame(b"{}", save({"a": torch.ones(4)}).replace(b"[4]", b"[9]")),
    "many tensors": frame(b"{}", save({str(i): torch.ones(1) for i in range(300)})),
    "a long name": frame(b"{}", save({"a" * 300: torch.ones(1)})),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_frame_is_refused(pair: Pair, name: str):
    channel, theirs = pair
    theirs.setblocking(False)
    data = BAD[name]
    while data:
        try:
            data = data[theirs.send(data[: 2**16]) :]
        except BlockingIOError:
            break
    if name == "very deep":
        theirs.shutdown(socket.SHUT_WR)
    with pytest.raises((ProtocolError, EOFError)):
        channel.receive(soon())


def test_random_changes_of_a_frame_end_in_a_message_or_a_known_exception(pair: Pair):
    whole = frame(json.dumps({"outputs": ["0"], "kinds": {"0": "Tensor"}}).encode(), save({"0": torch.ones(3)}))
    rng = random.Random(0)
    for _ in range(300):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            changed = bytearray(whole)
            for _ in range(rng.randint(1, 4)):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            theirs.sendall(changed[: rng.randint(1, len(changed))])
            theirs.close()
            try:
                call_in(Channel(ours.fileno()).receive(soon()), {})
            except (ProtocolError, EOFError):
                pass


def test_late_is_late_and_gone_is_gone(pair: Pair):
    channel, theirs = pair
    theirs.send(frame(b'{"a": 1}')[:10])
    with pytest.raises(TimeoutError):
        channel.receive(soon())
    with pytest.raises(TimeoutError):  # nobody reads
        channel.send(Message({}, {"a": torch.zeros(2**21)}), soon())
    theirs.close()
    with pytest.raises(EOFError):
        channel.receive(soon())


def test_bytes_that_nobody_asked_for_are_found(pair: Pair):
    channel, theirs = pair
    channel.must_be_silent()
    theirs.send(b"x")
    with pytest.raises(ProtocolError):
        channel.must_be_silent()


def test_a_channel_that_owns_its_descriptor_closes_it():
    ours, theirs = socket.socketpair()
    with theirs:
        channel = Channel(ours.detach(), owned=True)
        del channel
        assert theirs.recv(1) == b""


RIGHT = {"outputs": ["0"], "kinds": {}, "differentiable": [], "changed": [], "error": None, "cpu": 0.0}


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": "0"},
        {"outputs": ["0", "1"]},
        {"outputs": [1]},
        {"kinds": ["0"]},
        {"kinds": {"0": 1}},
        {"differentiable": ["1"]},
        {"changed": ["weights"]},
        {"error": "words"},
        {"error": {"type": 1}},
    ],
    ids=str,
)
def test_a_reply_that_is_no_call_is_refused(change: dict):
    tensors = {"0": torch.ones(1)}
    assert call_in(Message(RIGHT, tensors), {}).outputs.keys() == {"0"}
    with pytest.raises(ProtocolError):
        call_in(Message(RIGHT | change, tensors), {})


def test_a_gradient_has_the_shape_of_its_input():
    shapes = {"0": torch.Size([2])}
    facts = {"gradients": ["0"], "none": []}
    assert gradients_in(Message(facts, {"0": torch.ones(2)}), shapes)["0"] is not None
    for wrong in (torch.ones(3), torch.ones(2, dtype=torch.int64)):
        with pytest.raises(ProtocolError):
            gradients_in(Message(facts, {"0": wrong}), shapes)
    with pytest.raises(ProtocolError):
        gradients_in(Message(facts, {"0": torch.ones(2)}), {"1": torch.Size([2])})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, 2.5, True, None, "ü"], "b": {"c": (1,)}}, {"a": [1, 2.5, True, None, "ü"], "b": {"c": [1]}}),
        (torch.tensor(2.5), 2.5),
        (torch.tensor([1, 2]), [1, 2]),
        (float("-inf"), float("-inf")),
        ({1: 2, (1, 2): 3}, None),
    ],
    ids=str,
)
def test_a_constant_arrives_as_numbers_and_words(value: object, expected: object):
    crossed = json.loads(json.dumps(encode(value), allow_nan=False))
    if expected is not None:
        assert constant_in(crossed) == expected
    else:
        assert constant_in(crossed)[1] == 2


@pytest.mark.parametrize(
    "value", [[1], {}, {"float": "1e9"}, {"dict": [[{"list": []}, 1]]}, {"what": 1}, {"list": 1}], ids=str
)
def test_a_constant_that_is_none_is_refused(value: object):
    with pytest.raises(ProtocolError):
        constant_in(value)


def test_what_is_too_large_to_send_is_said_before_it_is_sent(pair: Pair):
    channel, theirs = pair
    with pytest.raises(ValueError, match="are allowed"):
        channel.send(Message({}, {"a": torch.zeros(1).expand(2**30)}))
    os.set_blocking(theirs.fileno(), False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
