"""Messages between processes of one machine, in packets.

Place in the flow: below ``forks``. Parts of a message stay apart on their way, so that a process killed in the middle of one spoils none that
comes after it. It knows nothing of what is sent.
"""

from __future__ import annotations

import pickle
import socket
from typing import Any

PACKET = 1 << 16  # bytes of a message that go at once
LAST, MORE, ANEW = b"l", b"m", b"a"  # the last part of a message, one before it, the last of one after which nothing unfinished counts


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a line."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(channel: socket.socket, message: Any, last: bytes = LAST) -> None:
    """Send it; waits while nobody reads."""
    data = pickle.dumps(message, protocol=5)
    for start in range(0, len(data), PACKET):
        channel.send((MORE if start + PACKET < len(data) else last) + data[start : start + PACKET])


def receive(channel: socket.socket) -> Any:
    """The next message; none at the end."""
    parts = bytearray()
    while True:
        try:
            part = channel.recv(PACKET + 1)
        except ConnectionResetError:
            return None
        if part[:1] == ANEW:
            parts.clear()
        parts += part[1:]
        if part[:1] != MORE:
            return pickle.loads(parts) if part else None


def sendable(error: BaseException) -> BaseException:
    """An error as it can be sent: itself, or its words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
