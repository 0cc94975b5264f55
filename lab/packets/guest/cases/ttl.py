"""Time to live: a tunnel is one hop (RFC 2473, 3.1), as a wire would be."""

from case import LAN, LINE, WIRE, at, case, fact, step
from network import B4, CLIENT, PUBLIC, ROUTER, SERVER, changed, from_home, from_relay, own_error
from scapy.layers.inet import IP, UDP


def request(port, **fields):
    return IP(src=CLIENT, dst=PUBLIC, **fields) / UDP(sport=port, dport=7) / b"there"


def answer(port, **fields):
    return IP(src=SERVER, dst=CLIENT, **fields) / UDP(sport=7, dport=port) / b"and back"


@case("TTL: the relay takes one, the home's router one, the internet between them none")
def _():
    inner = changed(request(4000), dst=SERVER, ttl=63)
    step(
        "a datagram to the public address",
        {WIRE: request(4000)},
        {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)},
    )
    inner = changed(answer(4000), ttl=63)
    step(
        "the answer",
        {LAN: answer(4000)},
        {LINE: from_home(inner), WIRE: changed(inner, src=PUBLIC, ttl=62)},
    )
    state = at("relay", "conntrack", "-L", "-p", "udp", "--orig-port-src", "4000")
    fact("established, the flow is in the flow table", "True", str("[OFFLOAD]" in state))
    inner = changed(request(4000), dst=SERVER, ttl=63)
    step(
        "the same through the flow table",
        {WIRE: request(4000)},
        {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)},
    )
    inner = changed(answer(4000), ttl=63)
    step(
        "and its answer",
        {LAN: answer(4000)},
        {LINE: from_home(inner), WIRE: changed(inner, src=PUBLIC, ttl=62)},
    )


@case("TTL 1 at the relay: time exceeded from the public address, nothing in the tunnel")
def _():
    packet = request(4001, ttl=1)
    step("a new flow", {WIRE: packet}, {WIRE: own_error(PUBLIC, CLIENT, 11, 0, packet)})
    packet = request(4000, ttl=1)
    step("a flow in the flow table", {WIRE: packet}, {WIRE: own_error(PUBLIC, CLIENT, 11, 0, packet)})


@case("TTL 1 at the home's router: time exceeded comes back through the tunnel, from the public address")
def _():
    packet = request(4002, ttl=2)
    inner = changed(packet, dst=SERVER, ttl=1)
    step(
        "a datagram that ends at the router",
        {WIRE: packet},
        {
            WIRE: [from_relay(inner), own_error(PUBLIC, CLIENT, 11, 0, changed(packet, ttl=1), ttl=63)],
            LINE: from_home(own_error(B4, CLIENT, 11, 0, inner)),
        },
    )


@case("TTL 1 from the server: time exceeded from the home's router, nothing in the tunnel")
def _():
    packet = answer(4003, ttl=1)
    step("to the internet", {LAN: packet}, {LAN: own_error(ROUTER, SERVER, 11, 0, packet)})


@case("TTL 1 at the relay, from the server: time exceeded comes back through the tunnel")
def _():
    inner = changed(request(4004), dst=SERVER, ttl=63)
    step(
        "the client asks",
        {WIRE: request(4004)},
        {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)},
    )
    inner = answer(4004, ttl=1)
    about = own_error(PUBLIC, SERVER, 11, 0, inner)
    step(
        "the answer ends at the relay",
        {LAN: answer(4004, ttl=2)},
        {LINE: from_home(inner), WIRE: from_relay(about), LAN: changed(about, ttl=63)},
    )
