"""Packets longer than the tunnel's MTU, and the TCP segment size that avoids them."""

from case import LAN, LINE, LINE2, WIRE, case, step
from network import (
    CLIENT,
    MSS,
    MTU,
    PUBLIC,
    ROUTER,
    SERVER,
    ZWEI,
    ZWEI_PIECE,
    ZWEI_PORT,
    ZWEI_SERVER,
    changed,
    fragments,
    from_home,
    from_relay,
    own_error,
)
from scapy.layers.inet import IP, TCP, UDP


def request(port, size, **fields):
    return IP(src=CLIENT, dst=PUBLIC, **fields) / UDP(sport=port, dport=7) / (b"." * (size - 28))


def answer(port, size, **fields):
    return IP(src=SERVER, dst=CLIENT, **fields) / UDP(sport=7, dport=port) / (b"." * (size - 28))


@case("Too big with DF, from the client: fragmentation needed, with the tunnel's MTU, from the public address")
def _():
    packet = request(4100, MTU + 1, flags="DF")
    step("one byte more", {WIRE: packet}, {WIRE: own_error(PUBLIC, CLIENT, 3, 4, packet, MTU)})
    packet = request(4100, MTU, flags="DF")
    inner = changed(packet, dst=SERVER, ttl=63)
    step("the whole MTU", {WIRE: packet}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})
    packet = answer(4100, MTU, flags="DF")
    inner = changed(packet, ttl=63)
    step("the answer", {LAN: packet}, {LINE: from_home(inner), WIRE: changed(inner, src=PUBLIC, ttl=62)})
    packet = request(4100, 1500, flags="DF")
    step(
        "too big in the flow table",
        {WIRE: packet},
        {WIRE: own_error(PUBLIC, CLIENT, 3, 4, packet, MTU)},
    )


@case("Too big with DF, from the server: fragmentation needed, with the tunnel's MTU, from the home's router")
def _():
    packet = answer(4101, MTU + 1, flags="DF")
    step("one byte more", {LAN: packet}, {LAN: own_error(ROUTER, SERVER, 3, 4, packet, MTU)})


@case("Too big without DF, from the client: cut to the tunnel's MTU before it is encapsulated")
def _():
    packet = request(4102, 1500, id=17)
    inner = fragments(changed(packet, dst=SERVER, ttl=63), 1440)
    step(
        "1,500 bytes",
        {WIRE: packet},
        {WIRE: [from_relay(piece) for piece in inner], LAN: [changed(piece, ttl=62) for piece in inner]},
    )


@case("Too big without DF, from the server: cut to the tunnel's MTU before it is encapsulated")
def _():
    packet = answer(4103, 1500, id=18)
    inner = fragments(changed(packet, ttl=63), 1440)
    # The first piece carries the ports and the checksum over the whole datagram.
    outer = fragments(changed(packet, src=PUBLIC, ttl=62), 1440)
    step("1,500 bytes", {LAN: packet}, {LINE: [from_home(piece) for piece in inner], WIRE: outer})


@case("Too big for a Debian home's own answer: it is cut, and the client has all of it")
def _():
    packet = IP(src=CLIENT, dst=PUBLIC, id=19) / UDP(sport=4104, dport=ZWEI_PORT) / (b"." * 1472)
    inner = fragments(changed(packet, dst=ZWEI_SERVER, ttl=63), ZWEI_PIECE)
    reply = IP(src=ZWEI_SERVER, dst=CLIENT) / UDP(sport=ZWEI_PORT, dport=4104) / (b"." * 1472)
    step(
        "1,500 bytes there and back",
        {WIRE: packet},
        {
            WIRE: [
                *[from_relay(piece, ZWEI) for piece in inner],
                *unforeseen_id(fragments(changed(reply, src=PUBLIC, ttl=63), ZWEI_PIECE)),
            ],
            LINE2: [from_home(piece, ZWEI) for piece in unforeseen_id(fragments(reply, ZWEI_PIECE))],
        },
    )


@case("TCP: both directions' segment size is what the tunnel carries, a smaller one stays")
def _():
    def opening(flags, mss, **fields):
        return IP(**fields) / TCP(sport=4105, dport=80, flags=flags, options=[("MSS", mss)])

    def back(mss, **fields):
        return IP(**fields) / TCP(sport=80, dport=4105, flags="SA", ack=1, options=[("MSS", mss)])

    inner = opening("S", MSS, src=CLIENT, dst=SERVER, ttl=63)
    step(
        "SYN with 1460",
        {WIRE: opening("S", 1460, src=CLIENT, dst=PUBLIC)},
        {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)},
    )
    inner = back(1460, src=SERVER, dst=CLIENT, ttl=63)
    step(
        "SYN and ACK with 1460",
        {LAN: changed(inner, ttl=64)},
        {LINE: from_home(inner), WIRE: back(MSS, src=PUBLIC, dst=CLIENT, ttl=62)},
    )
    packet = IP(src=CLIENT, dst=PUBLIC) / TCP(sport=4106, dport=80, flags="S", options=[("MSS", 536)])
    inner = changed(packet, dst=SERVER, ttl=63)
    step("SYN with 536", {WIRE: packet}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})


def unforeseen_id(packets):
    from case import Unforeseen

    return [Unforeseen(packet, ((IP, "id"),)) for packet in packets]
