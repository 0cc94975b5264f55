"""
Asks a server five times a second, or listens to one that says a line as often, until a file is there.

usage: python3 ticks.py tcp|udp ADDRESS PORT FILE
prints {"answers": COUNT, "gap_s": longest time without one, "error": what ended it, or null}
"""
import json
import os
import socket
import sys
import time

kind, address, port, stop = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
most = 900

family = socket.AF_INET6 if ":" in address else socket.AF_INET
sock = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
sock.settimeout(60)
sock.connect((address, port))
sock.settimeout(0.2)
answers, gap, error = 0, 0.0, None
began = last = time.monotonic()
while not os.path.exists(stop) and time.monotonic() - began < most:
    try:
        if kind == "udp":
            sock.send(b"tick")
        said = sock.recv(65536)
        if kind == "tcp" and not said:
            error = "the server ended it"
            break
        now = time.monotonic()
        answers, gap, last = answers + 1, max(gap, now - last), now
        if kind == "udp":
            time.sleep(0.2)
    except TimeoutError:
        pass
    except OSError as reason:
        if kind == "tcp":
            error = str(reason)
            break
        # An ICMP error is no answer.
        time.sleep(0.2)
gap = max(gap, time.monotonic() - last)
print(json.dumps({"answers": answers, "gap_s": round(gap, 1), "error": error}))
