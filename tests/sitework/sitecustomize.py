"""Test processes with readers that hang, die or eat memory when a text says so."""

import os
import signal
import time

from gi_tools.readers import READERS, plain

ORDERS = {
    b"#sleep": lambda: time.sleep(60),
    b"#crash": lambda: os.kill(os.getpid(), signal.SIGKILL),
    b"#hog": lambda: bytearray(2**33),
    b"#deaf": lambda: (
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM}),
        time.sleep(60),
    ),
}


def read_plain(source, data):
    """Obey the first line, then read."""
    ORDERS.get(data.split(b"\n")[0], lambda: None)()
    return plain.read_plain(source, data)


READERS["text"] = read_plain
