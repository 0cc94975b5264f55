"""ICMP errors that carry an inner packet: outer addresses and the quoted ones are both translated."""

from case import LAN, LINE, WIRE, case, step
from network import (
    CLIENT,
    HAUS,
    INTERNET,
    PUBLIC,
    RELAY,
    REPLIES,
    REPLIES_PORT,
    ROUTER,
    SERVER,
    TRANSLATED,
    TRANSLATED_PORT,
    TRANSLATED_TO,
    changed,
    error,
    from_home,
    from_relay,
    own_error,
)
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6

ROUTER_ON_THE_WAY = "198.51.100.1"


def exchange(sport, dport, server, port):
    """A client's datagram: as it is sent, in the tunnel, at the server."""
    public = IP(src=CLIENT, dst=PUBLIC) / UDP(sport=sport, dport=dport) / b"hello"
    inner = IP(src=CLIENT, dst=server, ttl=63) / UDP(sport=sport, dport=port) / b"hello"
    step("the client's datagram", {WIRE: public}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})
    return public, inner


def port_unreachable(sport, dport, server, port):
    public, inner = exchange(sport, dport, server, port)
    told = error(server, CLIENT, 3, 3, changed(inner, ttl=62))
    step(
        "the server has no such port",
        {LAN: told},
        {
            LINE: from_home(changed(told, ttl=63)),
            WIRE: error(PUBLIC, CLIENT, 3, 3, changed(public, ttl=62), ttl=62),
        },
    )


@case("The server's ICMP error reaches the client as one about its own packet, from the public address")
def _():
    port_unreachable(4400, 7, SERVER, 7)


@case("The server's ICMP error about a service of answers only goes through the tunnel too")
def _():
    port_unreachable(4401, REPLIES_PORT, REPLIES, REPLIES_PORT)


@case("The server's ICMP error about a translated port names the public port")
def _():
    port_unreachable(4402, TRANSLATED_PORT, TRANSLATED, TRANSLATED_TO)


@case("An ICMP error from the internet about the server's packet reaches the server as one about its own")
def _():
    exchange(4403, 7, SERVER, 7)
    sent = IP(src=SERVER, dst=CLIENT) / UDP(sport=7, dport=4403) / b"answer"
    inner = changed(sent, ttl=63)
    public = changed(sent, src=PUBLIC, ttl=62)
    step("the answer", {LAN: sent}, {LINE: from_home(inner), WIRE: public})
    for code, mtu, what in ((4, 1300, "a router needs fragmentation"), (3, 0, "the client's port has gone")):
        source = ROUTER_ON_THE_WAY if code == 4 else CLIENT
        told = error(source, PUBLIC, 3, code, changed(public, ttl=50), mtu)
        inner = error(source, SERVER, 3, code, changed(sent, ttl=50), mtu, ttl=63)
        step(what, {WIRE: told}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})


@case("An ICMP error about no flow of ours: dropped, unanswered")
def _():
    about = IP(src=PUBLIC, dst=CLIENT) / UDP(sport=9, dport=4499) / b"never sent"
    step("from a router", {WIRE: error(ROUTER_ON_THE_WAY, PUBLIC, 3, 1, about)}, {})
    about = IP(src=CLIENT, dst=SERVER) / UDP(sport=4499, dport=9) / b"never sent"
    told = error(SERVER, CLIENT, 3, 3, about)
    step("from the server, into the tunnel and no further", {LAN: told}, {LINE: from_home(changed(told, ttl=63))})


@case("Echo requests of the client and of the server pass, and their answers")
def _():
    asked = IP(src=CLIENT, dst=PUBLIC) / ICMP(type=8, id=4404, seq=1) / b"ping"
    inner = changed(asked, dst=SERVER, ttl=63)
    step("the client asks", {WIRE: asked}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})
    answered = IP(src=SERVER, dst=CLIENT) / ICMP(type=0, id=4404, seq=1) / b"ping"
    step(
        "the server answers",
        {LAN: answered},
        {LINE: from_home(changed(answered, ttl=63)), WIRE: changed(answered, src=PUBLIC, ttl=62)},
    )
    asked = IP(src=SERVER, dst=CLIENT) / ICMP(type=8, id=4405, seq=1) / b"ping"
    step(
        "the server asks",
        {LAN: asked},
        {LINE: from_home(changed(asked, ttl=63)), WIRE: changed(asked, src=PUBLIC, ttl=62)},
    )
    answered = IP(src=CLIENT, dst=PUBLIC) / ICMP(type=0, id=4405, seq=1) / b"ping"
    inner = changed(answered, dst=SERVER, ttl=63)
    step("the client answers", {WIRE: answered}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})


@case("An ICMPv6 error about an outer packet: the home's router tells the server, the tunnel goes on")
def _():
    public, inner = exchange(4406, 7, SERVER, 7)
    about = from_relay(inner, hlim=60)
    told = IPv6(src=INTERNET, dst=RELAY) / ICMPv6DestUnreach(code=3) / bytes(about)
    step("address unreachable, to the relay", {WIRE: told}, {})
    answer = IP(src=SERVER, dst=CLIENT, ttl=63) / UDP(sport=7, dport=4406) / b"hello"
    told = IPv6(src=INTERNET, dst=HAUS) / ICMPv6DestUnreach(code=3) / bytes(from_home(answer, hlim=60).packet)
    step("address unreachable, to the home", {LINE: told}, {LAN: own_error(ROUTER, SERVER, 3, 1, answer)})
    step("the client again", {WIRE: public}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})
