"""Attacks are harmless by what they are, before any sandbox: this reads their text."""

import pytest

from tests.submissions import (
    ending,
    exhausting,
    faking,
    forcing,
    forging,
    injecting,
    keeping,
    leaking,
    outliving,
    patching,
    reading,
)
from tests.submissions.hand_in import HandIn
from tests.submissions.rules import broken_rules

FAMILIES = {
    "faking equality": faking.HAND_INS,
    "patching the checker": patching.HAND_INS,
    "reading what is hidden": reading.HAND_INS,
    "forging results": forging.HAND_INS,
    "ending or hanging": (*ending.HAND_INS, *ending.SLOW),
    "exhausting": exhausting.HAND_INS,
    "outliving": outliving.HAND_INS,
    "leaking": leaking.HAND_INS,
    "injecting": injecting.HAND_INS,
    "forcing a person to look": forcing.HAND_INS,
    "keeping what is lent": keeping.HAND_INS,
}
ATTACKS = [hand_in for family in FAMILIES.values() for hand_in in family]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack.student[:60]))
def test_an_attack_keeps_the_rules(attack: HandIn):
    for text in attack.code():
        assert not list(broken_rules(text)), attack.student
    assert attack.tries.endswith(".")


def test_there_are_forty_attacks_and_some_of_every_family():
    assert len(ATTACKS) >= 40 and min(map(len, FAMILIES.values())) >= 5


FORBIDDEN = {
    "import shutil": "import of shutil",
    "import os\nos.remove('x')": "name remove",
    "import os\nos.rmdir('x')": "name rmdir",
    "import os\nos.kill(os.getppid(), 9)": "signal to another process",
    "import os\nos.kill(-1, 9)": "signal to another process",
    "import os\nos.killpg(0, 9)": "name killpg",
    "open('/etc/passwd')": "path outside",
    "open('../x')": "path outside",
    "x = '~/x'": "path outside",
    "open(x + y)": "neither a canary",
    "import os\nos.system('true')": "name system",
    "import subprocess\nsubprocess.run(['rm', '-r', 'x'])": "more than a wait",
    "import os\nos.fork()": "a fork that is not",
    "import os\nwhile True:\n    os.fork()": "without an end",
    "import os\nfor _ in range(1000):\n    if os.fork() == 0: os._exit(0)": "a fork that is not",
    "while True: pass": "without an end",
    "import time\ntime.sleep(1000)": "wait of more",
    "bytearray(2**31)": "1 GB",
    "sum(range(10**12))": "steps",
    "exec('import os; os.remove(1)')": "code in a text",
    "import socket\nsocket.create_connection(('127.0.0.1', 80))": "not to the canary",
    "x = '192.168.0.1'": "a host",
    "from glob import glob": "import of glob",
}


@pytest.mark.parametrize("text", FORBIDDEN, ids=ascii)
def test_what_is_forbidden_is_refused(text: str):
    broken = "; ".join(broken_rules(text))
    assert FORBIDDEN[text] in broken
