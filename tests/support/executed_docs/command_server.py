"""
Run `newsletter` commands in forks of one process that has everything imported: a tenth of the time
that a fresh interpreter takes.

`python command_server.py SOCKET` listens until its standard input ends. `client` is the program
that stands on a page's path as `newsletter`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import select
import signal
import socket
import struct
import sys
import traceback

CLIENT = """#!{python} -IS
import os, signal, socket, struct, sys
words = [os.getcwd(), str(len(sys.argv) - 1), *sys.argv[1:]]
words += [f"{{k}}={{v}}" for k, v in os.environ.items()]
data = "\\0".join(words).encode("utf-8", "surrogateescape")
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
socket.send_fds(server, [struct.pack("!I", len(data))], [0, 1, 2])
server.sendall(data)
pid = struct.unpack("!I", server.recv(4))[0]
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: os.kill(pid, number))
sys.exit((server.recv(1) or b"\\xff")[0])
"""


def client(python: str, address: str) -> str:
    """
    Return the text of a program that has the server at *address* run it.
    """
    return CLIENT.format(python=python, address=address)


def serve(address: str) -> None:
    import newsletter

    for module in pkgutil.walk_packages(newsletter.__path__, "newsletter."):
        if not re.search(r"__main__|\.migrations\b", module.name):
            importlib.import_module(module.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(32)
    os.write(1, b"listening\n")
    while True:
        ready, _, _ = select.select([listener, 0], [], [])
        if 0 in ready:
            # What still runs belongs to the same group: it ends in order.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _run(connection)
        connection.close()


def _run(connection: socket.socket) -> None:
    """
    Run one command as its client would, send its status, and end this process.
    """
    status = 255
    try:
        head, files, _, _ = socket.recv_fds(connection, 4, 3)
        size = struct.unpack("!I", head)[0]
        data = b""
        while len(data) < size:
            data += connection.recv(size - len(data))
        folder, count, *words = data.decode("utf-8", "surrogateescape").split("\0")
        connection.sendall(struct.pack("!I", os.getpid()))
        for number, file in enumerate(files):
            os.dup2(file, number)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(word.split("=", 1) for word in words[int(count) :])
        status = _main(words[: int(count)])
    except BaseException:
        traceback.print_exc()
    finally:
        connection.sendall(bytes([status]))
        os._exit(0)


def _main(arguments: list[str]) -> int:
    from newsletter.cli import main

    sys.argv = ["newsletter", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
