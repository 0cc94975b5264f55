"""Datagrams of one flow that come together pass the relay together (UDP GRO), and leave it as they came."""

import re

from case import LAN, LINE, WIRE, at, case, fact, step
from network import CLIENT, PUBLIC, SERVER, changed, from_home, from_relay
from scapy.layers.inet import IP, UDP

PORT = 4700
# The first ones are gathered; a shorter one is the last of its kind, and a longer one begins anew.
SIZES = (300, 300, 300, 300, 300, 120, 700, 700)
TOGETHER = 2


def datagrams(size_of, make):
    return [make(number, bytes([number + 1]) * size) for number, size in enumerate(size_of)]


def request(number, payload):
    return IP(src=CLIENT, dst=PUBLIC, id=1000 + number) / UDP(sport=PORT, dport=7) / payload


def answer(number, payload):
    return IP(src=SERVER, dst=CLIENT, id=2000 + number) / UDP(sport=7, dport=PORT) / payload


def there(sent):
    inner = [changed(packet, dst=SERVER, ttl=63) for packet in sent]
    return {WIRE: [from_relay(packet) for packet in inner], LAN: [changed(packet, ttl=62) for packet in inner]}


def back(sent):
    inner = [changed(packet, ttl=63) for packet in sent]
    return {
        LINE: [from_home(packet) for packet in inner],
        WIRE: [changed(packet, src=PUBLIC, ttl=62) for packet in inner],
    }


def passed():
    """How many packets of the flow the relay's kernel has counted, there and back: what is gathered is one."""
    counted = at("relay", "conntrack", "-L", "-p", "udp", "--orig-port-src", str(PORT))
    return [int(number) for number in re.findall(r"packets=(\d+)", counted)]


def more(before):
    return " and ".join(str(now - then) for now, then in zip(passed(), before, strict=True))


@case("datagrams of one flow that come together pass together, and leave as they came")
def _():
    first = datagrams((5,), request)
    step("a flow begins", {WIRE: first}, there(first))
    first = datagrams((5,), answer)
    step("and is answered", {LAN: first}, back(first))

    before = passed()
    sent = datagrams(SIZES, request)
    step("from the client", {WIRE: sent}, there(sent))
    fact("there", f"{TOGETHER} and 0", more(before))

    before = passed()
    sent = datagrams(SIZES, answer)
    step("from the server", {LAN: sent}, back(sent))
    fact("back", f"0 and {TOGETHER}", more(before))

    before = passed()
    inner = [changed(packet, ttl=63) for packet in datagrams(SIZES, answer)]
    out = [changed(packet, src=PUBLIC, ttl=62) for packet in inner]
    step("as a network card has them", {WIRE: [from_home(packet) for packet in inner]}, {WIRE: out})
    fact("back, gathered on arrival", f"0 and {TOGETHER}", more(before))
