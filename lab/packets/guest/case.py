"""Cases: what is sent, what has to come at every wire, what came. The host compares; here nothing is judged."""

import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass

from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet
from wires import Echo, Wire, collect

WIRE, LINE, LINE2, LAN, DSLITE = "wire", "line", "line2", "lan", "dslite"
MAC = "02:00:00:00:00:{}"
WIRES = {
    name: Wire(name, place, name, MAC.format(peer))
    for name, place, peer in (
        (WIRE, "internet", "01"),
        (LINE, "internet", "04"),
        (LINE2, "internet", "06"),
        (DSLITE, "internet", "08"),
        (LAN, "lan", "09"),
    )
}
ECHOES = []
CASES = []


@dataclass
class Unforeseen:
    """A packet some of whose fields nobody can know beforehand: they are taken from what came."""

    packet: Packet
    # As (layer, field), or (layer, field, 2) for the second layer of its kind; checksums follow.
    fields: tuple


def case(name):
    """Registers a case under its name, which stands in docs/rfc.md."""

    def register(body):
        CASES.append((name, body))
        return body

    return register


def echo(place, address):
    """Starts a UDP echo server that answers during all steps that follow."""
    ECHOES.append(Echo(place, address))


def at(place, *command):
    """What a command prints at a place."""
    return subprocess.run(
        ["/packets/at", place, *command], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


_steps = []


def step(what, sent, expected):
    """Sends packets and writes down all that came. `sent`, `expected`: wire → packet or packets, in order."""
    # Error messages are limited by time (net.ipv4.icmp_ratelimit): each step has its own.
    time.sleep(3)
    collect(WIRES.values(), ECHOES)
    sent = {wire: [built(plain(packet)) for packet in listed(packets)] for wire, packets in sent.items()}
    with undisturbed():
        for wire, packets in sent.items():
            for packet in packets:
                WIRES[wire].send(packet)
    came = collect(WIRES.values(), ECHOES)
    foreseen = {
        wire: [settled(packet, came[wire], i) for i, packet in enumerate(listed(packets))]
        for wire, packets in expected.items()
    }
    _steps.append({"what": what, "sent": lines(sent), "expected": lines(foreseen), "came": lines(came)})


@contextmanager
def undisturbed():
    """No other thread has the processor: what is sent meanwhile comes together."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def fact(what, expected, found):
    """Writes down something else than a packet that has to be so."""
    _steps.append({"what": what, "sent": [], "expected": [expected], "came": [found]})


def listed(packets):
    return list(packets) if isinstance(packets, (list, tuple)) else [packets]


def plain(packet):
    return packet.packet if isinstance(packet, Unforeseen) else packet


def settled(expected, came, index):
    """The bytes of an expected packet."""
    packet = plain(expected)
    if isinstance(expected, Unforeseen) and index < len(came):
        packet, other = packet.copy(), read(came[index])
        for layer, field, *which in expected.fields:
            found = other.getlayer(layer, *which)
            if found is not None:
                setattr(packet.getlayer(layer, *which), field, getattr(found, field))
    return built(packet)


def read(packet):
    return IP(packet) if packet[0] >> 4 == 4 else IPv6(packet)


# What scapy makes of a packet: most that come are such as were built here, and reading one takes long.
_summaries = {}


def built(packet):
    made = bytes(packet)
    _summaries.setdefault(made, packet.summary())
    return made


def lines(packets):
    """One line for each packet: the wire, what scapy makes of it, its bytes."""
    return [
        f"{wire}: {_summaries.get(packet) or read(packet).summary()} {packet.hex()}"
        for wire in sorted(packets)
        for packet in packets[wire]
    ]


def run():
    for name, body in CASES:
        _steps.clear()
        result = {"name": name}
        try:
            body()
        # One broken case says so and costs no other.
        except Exception as error:  # noqa: BLE001
            result["error"] = f"{type(error).__name__}: {error}"
        print("CASE " + json.dumps({**result, "steps": _steps}), flush=True)
