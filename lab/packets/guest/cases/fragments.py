"""Fragments of inner packets, in order and not, and fragments of outer packets."""

from case import LAN, LINE, LINE2, WIRE, Unforeseen, case, step
from network import (
    CLIENT,
    HAUS,
    PUBLIC,
    RELAY,
    SERVER,
    ZWEI,
    ZWEI_PIECE,
    ZWEI_PORT,
    ZWEI_SERVER,
    changed,
    fragments,
    from_home,
    from_relay,
)
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment


def request(port, size, **fields):
    return IP(src=CLIENT, dst=PUBLIC, **fields) / UDP(sport=port, dport=7) / bytes(i % 251 for i in range(size - 28))


def answer(port, size, **fields):
    return IP(src=SERVER, dst=CLIENT, **fields) / UDP(sport=7, dport=port) / bytes(i % 251 for i in range(size - 28))


def into_the_home(inner):
    return {WIRE: [from_relay(piece) for piece in inner], LAN: [changed(piece, ttl=62) for piece in inner]}


@case("Fragments from the client: put together, translated, cut to the tunnel's MTU")
def _():
    packet = request(4300, 3000, id=30)
    inner = fragments(changed(packet, dst=SERVER, ttl=63), 1440, 1440)
    step("two long ones", {WIRE: fragments(packet, 1480, 1480)}, into_the_home(inner))
    packet = request(4300, 1200, id=31)
    inner = fragments(changed(packet, dst=SERVER, ttl=63), 552, 552)
    step("short ones stay as they are", {WIRE: fragments(packet, 552, 552)}, into_the_home(inner))


@case("Fragments from the client out of order: the same as in order")
def _():
    packet = request(4301, 3000, id=32)
    inner = fragments(changed(packet, dst=SERVER, ttl=63), 1440, 1440)
    first, second, third = fragments(packet, 1480, 1480)
    step("last first", {WIRE: [third, second, first]}, into_the_home(inner))
    packet = request(4301, 3000, id=33)
    inner = fragments(changed(packet, dst=SERVER, ttl=63), 1440, 1440)
    first, second, third = fragments(packet, 1480, 1480)
    step("middle last", {WIRE: [first, third, second]}, into_the_home(inner))


@case("Fragments from the server, in order and out of order: the client gets the whole datagram")
def _():
    for port, order, number in ((4302, (0, 1, 2), 34), (4303, (2, 0, 1), 35)):
        step("the client asks", {WIRE: request(port, 100)}, into_the_home([changed(request(port, 100), dst=SERVER, ttl=63)]))
        packet = answer(port, 3000, id=number)
        pieces = fragments(packet, 1480, 1480)
        step(
            f"pieces {order}",
            {LAN: [pieces[i] for i in order]},
            {
                LINE: [from_home(piece) for piece in fragments(changed(packet, ttl=63), 1440, 1440)],
                WIRE: fragments(changed(packet, src=PUBLIC, ttl=62), 1440, 1440),
            },
        )


@case("A fragment that the others never follow: nothing leaves")
def _():
    first, _ = fragments(request(4304, 2000, id=36), 1480)
    step("the first of two", {WIRE: first}, {})


@case("Fragments to a Debian home: it answers the whole datagram")
def _():
    packet = IP(src=CLIENT, dst=PUBLIC, id=37) / UDP(sport=4305, dport=ZWEI_PORT) / (b"." * 2000)
    inner = fragments(changed(packet, dst=ZWEI_SERVER, ttl=63), ZWEI_PIECE)
    reply = IP(src=ZWEI_SERVER, dst=CLIENT) / UDP(sport=ZWEI_PORT, dport=4305) / (b"." * 2000)
    own = ((IP, "id"),)
    step(
        "second first",
        {WIRE: fragments(packet, 1480)[::-1]},
        {
            WIRE: [
                *[from_relay(piece, ZWEI) for piece in inner],
                *[Unforeseen(piece, own) for piece in fragments(changed(reply, src=PUBLIC, ttl=63), ZWEI_PIECE)],
            ],
            LINE2: [from_home(Unforeseen(piece, own), ZWEI) for piece in fragments(reply, ZWEI_PIECE)],
        },
    )


@case("Fragments of an echo request: the server gets them all")
def _():
    packet = IP(src=CLIENT, dst=PUBLIC, id=38) / ICMP(type=8, id=4306, seq=1) / (b"." * 1992)
    inner = fragments(changed(packet, dst=SERVER, ttl=63), 1440)
    step("2,020 bytes", {WIRE: fragments(packet, 1480)}, into_the_home(inner))


def outer_fragments(source, to, inner, number, size):
    """An outer packet cut into two, as a tunnel entry may do it (RFC 2473, 7.2)."""
    payload = bytes(inner)
    header = {"src": source, "dst": to, "hlim": 63}
    return [
        IPv6(**header) / IPv6ExtHdrFragment(nh=4, m=1, offset=0, id=number) / payload[:size],
        IPv6(**header) / IPv6ExtHdrFragment(nh=4, m=0, offset=size // 8, id=number) / payload[size:],
    ]


@case("Fragments of an outer packet: put together before it is decapsulated, on both ends")
def _():
    inner = IP(src=CLIENT, dst=SERVER, ttl=63) / UDP(sport=4307, dport=7) / (b"." * 1000)
    pieces = outer_fragments(RELAY, HAUS, inner, 39, 800)
    step("to the home", {LINE: pieces}, {LAN: changed(inner, ttl=62)})
    step("to the home, second first", {LINE: outer_fragments(RELAY, HAUS, inner, 40, 800)[::-1]}, {LAN: changed(inner, ttl=62)})
    inner = IP(src=SERVER, dst=CLIENT, ttl=63) / UDP(sport=4308, dport=7) / (b"." * 1000)
    pieces = outer_fragments(HAUS, RELAY, inner, 41, 800)
    step("to the relay", {WIRE: pieces}, {WIRE: changed(inner, src=PUBLIC, ttl=62)})
