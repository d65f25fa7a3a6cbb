"""What crosses between the grader and the process that runs a student's code: length-prefixed frames over a socket.

A frame is eight bytes (two lengths), facts as JSON, and tensors as safetensors; nothing in it is ever executed. Both sides
use the same `Channel`, but only the grader's has anything to fear: whatever it is sent, it ends in a `Message` within the
limits below or in one of three exceptions.
"""

import json
import math
import os
import select
import struct
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from safetensors.torch import load
from torch import Tensor

from vae_course.runner.packing import packed

MIB = 2**20
AHEAD = 2**14  # bytes: most frames arrive as a whole
FACTS, TENSORS = 2 * MIB, 32 * MIB  # bytes
DEPTH, NAMES, NAME = 20, 256, 200  # nested lists, tensors in a frame, characters of a tensor's name
_LENGTHS = struct.Struct(">II")


class ProtocolError(Exception):
    """The other side sent what is no answer. Where the other side is a student's process, that is this student's failure."""


@dataclass(frozen=True, eq=False)
class Message:
    """What a frame says: facts (JSON) and tensors by name."""

    facts: dict[str, Any]
    tensors: dict[str, Tensor] = field(default_factory=dict)


class Channel:
    """Frames over one end of a socket pair. With deadlines (`time.monotonic()`), it never waits longer.

    Args:
        fd: non-blocking where deadlines are given.
        owned: close it with the channel.
        ahead: bytes that may be read at once, though they belong to later frames; 0 where other things than frames come too.
        trusted: facts that come are the grader's, which need no look at every part of them.
    """

    def __init__(self, fd: int, *, owned: bool = False, ahead: int = AHEAD, trusted: bool = False) -> None:
        self._fd, self._ahead, self._trusted = fd, ahead, trusted
        self._read_ahead = bytearray()
        self.close = weakref.finalize(self, os.close, fd) if owned else lambda: None

    def send(self, message: Message, deadline: float = math.inf) -> None:
        """Send one frame.

        Raises:
            ValueError: the message is larger than a frame may be.
            TimeoutError: the other side did not read it in time.
            EOFError: the other side is gone.
        """
        facts = json.dumps(message.facts, allow_nan=False).encode()
        if max(len(facts) - FACTS, (size := size_of(message.tensors)) - TENSORS + MIB) > 0:
            raise ValueError(f"facts of {len(facts)} or tensors of {size} bytes; {FACTS} and {TENSORS} are allowed")
        tensors = packed(message.tensors) if message.tensors else b""
        left = memoryview(_LENGTHS.pack(len(facts), len(tensors)) + facts + tensors)
        while left:
            self._wait(select.POLLOUT, deadline)
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise EOFError(str(error)) from None

    def receive(self, deadline: float = math.inf) -> Message:
        """The next frame.

        Raises:
            ProtocolError: it is malformed or larger than a frame may be.
            TimeoutError: it was not complete in time.
            EOFError: the other side is gone.
        """
        sizes = _LENGTHS.unpack(self._read(_LENGTHS.size, deadline))
        if sizes[0] > FACTS or sizes[1] > TENSORS:
            raise ProtocolError(f"a frame of {sizes[0]} and {sizes[1]} bytes; {FACTS} and {TENSORS} are allowed")
        facts, tensors = (self._read(size, deadline) for size in sizes)
        found = json.loads(facts) if self._trusted else _facts(facts)
        return Message(found, _tensors(tensors) if tensors else {})

    def must_be_silent(self) -> None:
        """Raise `ProtocolError` if bytes are waiting that nobody asked for."""
        if self._read_ahead:
            raise ProtocolError("bytes that nobody asked for")
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        if any(event & select.POLLIN for _, event in poll.poll(0)):
            try:
                extra = os.read(self._fd, 1)
            except OSError:
                extra = b""
            if extra:
                raise ProtocolError("bytes that nobody asked for")

    def _read(self, size: int, deadline: float) -> bytes:
        data = self._read_ahead  # it grows with what arrives, not with what was announced
        while len(data) < size:
            self._wait(select.POLLIN, deadline)
            try:
                part = os.read(self._fd, max(self._ahead, min(size - len(data), MIB)))
            except BlockingIOError:
                continue
            except OSError as error:
                raise EOFError(str(error)) from None
            if not part:
                raise EOFError("the other side has closed the connection")
            data += part
        self._read_ahead = data[size:]
        return bytes(memoryview(data)[:size])

    def _wait(self, event: int, deadline: float) -> None:
        if math.isinf(deadline):
            return  # the worker's end blocks
        poll = select.poll()
        poll.register(self._fd, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError


def size_of(tensors: Mapping[str, Tensor]) -> int:
    """Bytes of these tensors once each has its own entries, as an expanded one has not."""
    return sum(t.numel() * t.element_size() for t in tensors.values())


def _facts(data: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"no JSON: {error}") from None
    if not isinstance(facts, dict):
        raise ProtocolError("JSON that is no object")
    _check(facts, DEPTH)
    return facts


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check(value: Any, depth: int) -> None:
    """Nothing that what reads it later could stumble over: depth, huge numbers, half characters."""
    if depth < 0:
        raise ProtocolError(f"JSON nested deeper than {DEPTH}")
    if isinstance(value, dict):
        for key, part in value.items():
            _check(key, depth)
            _check(part, depth - 1)
    elif isinstance(value, list):
        for part in value:
            _check(part, depth - 1)
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ProtocolError("JSON with half of a surrogate pair") from None
    elif isinstance(value, int | float) and not abs(value) < 2**1023:
        raise ProtocolError("JSON with a number that no float holds")


def _tensors(data: bytes) -> dict[str, Tensor]:
    try:
        tensors = load(data)
    except Exception as error:  # noqa: BLE001 - whatever the parser says of a hostile file
        raise ProtocolError(f"no safetensors: {type(error).__name__}") from None
    if len(tensors) > NAMES or any(len(name) > NAME for name in tensors):
        raise ProtocolError(f"more than {NAMES} tensors, or a name of more than {NAME} characters")
    return tensors


def text(value: Mapping[str, Any], key: str, longest: int = 2000) -> str:
    """The text under a key, cut.

    Raises:
        ProtocolError: there is none.
    """
    found = value.get(key)
    if not isinstance(found, str):
        raise ProtocolError(f"no text under {key!r}")
    return found[:longest]


def texts(value: Mapping[str, Any], key: str, most: int = NAMES) -> list[str]:
    """The list of texts under a key; raises `ProtocolError` where there is none."""
    found = value.get(key)
    if not isinstance(found, list) or len(found) > most or not all(isinstance(part, str) for part in found):
        raise ProtocolError(f"no list of at most {most} texts under {key!r}")
    return found


def texts_by_name(value: Mapping[str, Any], key: str, most: int = NAMES) -> dict[str, str]:
    """The texts by name under a key; raises `ProtocolError` where there are none."""
    found = value.get(key)
    if not isinstance(found, dict) or len(found) > most or not all(isinstance(part, str) for part in found.values()):
        raise ProtocolError(f"no object of at most {most} texts under {key!r}")
    return found
