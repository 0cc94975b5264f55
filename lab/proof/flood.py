"""Many TCP connections: all at once and held, or so many new ones a second.

usage: python3 - hold ADDRESS PORT COUNT      opens COUNT, holds all of them, then talks on each
       python3 - rate ADDRESS PORT RATE SECONDS   opens RATE a second; each ends with the server's answer
prints JSON: {"tried", "connected", "answered", "reset", "slowest_ms"}
"""
import errno
import json
import resource
import select
import socket
import sys
import time

mode, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
waiting = select.epoll()
# number → [socket, when it began, whether it is connected]
open_ones = {}
told = {"tried": 0, "connected": 0, "answered": 0, "reset": 0, "slowest_ms": 0}


def begin():
    told["tried"] += 1
    one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    one.setblocking(False)
    if one.connect_ex((address, port)) not in (0, errno.EINPROGRESS):
        told["reset"] += 1
        return
    open_ones[one.fileno()] = [one, time.monotonic(), False]
    waiting.register(one, select.EPOLLOUT)


def end(number, how):
    one, since, _ = open_ones.pop(number)
    one.close()
    if how:
        told[how] += 1
    if how == "answered":
        told["slowest_ms"] = max(told["slowest_ms"], round(1000 * (time.monotonic() - since)))


def turn(seconds):
    for number, event in waiting.poll(seconds):
        if number not in open_ones:
            continue
        one, _, is_connected = open_ones[number]
        try:
            if not is_connected:
                if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    end(number, "reset")
                    continue
                open_ones[number][2] = True
                told["connected"] += 1
                # Held ones are watched too: a reset would come as an error.
                waiting.modify(number, select.EPOLLIN)
            elif one.recv(100):
                end(number, "answered")
            else:
                end(number, "reset")
        except OSError:
            end(number, "reset")


def pending():
    return sum(1 for _, _, is_connected in open_ones.values() if not is_connected)


def hold(count):
    deadline = time.monotonic() + 600
    while told["tried"] < count:
        for _ in range(min(100, count - told["tried"])):
            begin()
        # As many handshakes at once as a server's backlog takes.
        while told["tried"] - told["connected"] - told["reset"] > 300 and time.monotonic() < deadline:
            turn(1)
    while pending() and time.monotonic() < deadline:
        turn(1)
    held_until = time.monotonic() + 20
    while time.monotonic() < held_until:
        turn(1)
    for number in list(open_ones):
        try:
            open_ones[number][0].send(b"x\n")
            open_ones[number][0].shutdown(socket.SHUT_WR)
        except OSError:
            end(number, "reset")
        turn(0)
    while open_ones and time.monotonic() < deadline:
        turn(1)


def rate(wanted, seconds):
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        due = int((time.monotonic() - start) * wanted)
        while told["tried"] < due:
            begin()
        turn(0.005)
    while open_ones and time.monotonic() - start < seconds + 10:
        turn(0.5)


if mode == "hold":
    hold(int(sys.argv[4]))
else:
    rate(float(sys.argv[4]), float(sys.argv[5]))
print(json.dumps(told))
