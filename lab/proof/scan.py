"""Which TCP ports accept, and which UDP ports answer: a scan with the kernel's own sockets, on any machine with Python.

usage: python3 - tcp|udp ADDRESS,ADDRESS... FIRST-LAST,PORT... [DEVICE] [SECONDS]
prints `ADDRESS:PORT` of each that does, sorted, in one line; `none` where none does
"""
import errno
import select
import socket
import sys
import time

SO_BINDTODEVICE = 25
AT_ONCE = 900


def ports(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def attempt(kind, address, port, device):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    probe = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    probe.setblocking(False)
    if device:
        probe.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode())
    try:
        result = probe.connect_ex((address, port))
        if kind == "udp":
            probe.send(b"\0" * 12)
        elif result not in (0, errno.EINPROGRESS):
            probe.close()
            return None
    except OSError:
        probe.close()
        return None
    return probe


def answered(kind, probe):
    if kind == "tcp":
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    try:
        return len(probe.recv(100)) > 0
    except OSError:
        return False


def batch(kind, targets, device, seconds):
    waiting = select.poll()
    probes = {}
    for address, port in targets:
        probe = attempt(kind, address, port, device)
        if probe is not None:
            probes[probe.fileno()] = (probe, address, port)
            waiting.register(probe, select.POLLIN if kind == "udp" else select.POLLOUT)
    found = []
    end = time.monotonic() + seconds
    while probes and time.monotonic() < end:
        for number, _ in waiting.poll(200):
            waiting.unregister(number)
            probe, address, port = probes.pop(number)
            if answered(kind, probe):
                found.append((address, port))
            probe.close()
    for probe, _, _ in probes.values():
        probe.close()
    return found


kind, addresses, wanted = sys.argv[1:4]
device = sys.argv[4] if len(sys.argv) > 4 else ""
seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 5
targets = [(address, port) for address in addresses.split(",") for port in dict.fromkeys(ports(wanted))]
found = []
for start in range(0, len(targets), AT_ONCE):
    found += batch(kind, targets[start : start + AT_ONCE], device, seconds)
print(" ".join(f"{address}:{port}" for address, port in sorted(found)) or "none")
