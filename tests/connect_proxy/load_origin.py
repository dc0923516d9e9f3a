"""A server in a process of its own, which takes no time from the one that measures: `load_origin.py pour|echo|ignore`.

Says its port as its first line, and ends with its standard input.
"""

import contextlib
import os
import selectors
import socket
import sys
import threading

BLOCK = bytes(range(256)) * 1024


def pour(connection):
    """Bytes without an end, once there was one from the other side."""
    with contextlib.suppress(OSError):
        connection.recv(1)
        while True:
            connection.sendall(BLOCK)
    connection.close()


def pour_for_all(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=pour, args=(connection,), daemon=True).start()


def ignore_all(listener):
    kept = []
    while True:
        kept.append(listener.accept()[0])


def echo_for_all(listener):
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
                continue
            data = b""
            with contextlib.suppress(OSError):
                data = key.fileobj.recv(4096)
            if data:
                key.fileobj.sendall(data)
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    serve = {"pour": pour_for_all, "echo": echo_for_all, "ignore": ignore_all}[sys.argv[1]]
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    sys.stdin.read()
    # Threads that are within a write are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
