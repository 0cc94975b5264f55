"""Inner packets that lie about where they come from, or go where nothing of theirs is."""

from case import LAN, LINE, LINE2, WIRE, Unforeseen, case, step
from network import (
    CLIENT,
    HOST,
    PUBLIC,
    REPLIES,
    ROUTER,
    SERVER,
    ZWEI,
    ZWEI_PORT,
    ZWEI_SERVER,
    changed,
    from_home,
    from_relay,
    own_error,
)
from scapy.layers.inet import IP, TCP, UDP

ELSEWHERE = "198.51.100.99"


def out(source, to=CLIENT, port=4800):
    return IP(src=source, dst=to, ttl=63) / UDP(sport=7, dport=port) / b"forged"


@case("From the home, an inner source that is no declared server: dropped at the relay, nobody is answered")
def _():
    for source in (ELSEWHERE, HOST, PUBLIC, CLIENT, "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"):
        step(source, {WIRE: from_home(out(source))}, {})
    tcp = IP(src=SERVER, dst=CLIENT, ttl=63) / TCP(sport=80, dport=4800, flags="A")
    step("in the middle of a TCP connection that is none", {WIRE: from_home(tcp)}, {})


@case("From the home to what is the relay's own network, or from a server of answers only: refused")
def _():
    told = own_error(PUBLIC, REPLIES, 3, 13, changed(out(REPLIES), ttl=62))
    step("unasked", {WIRE: from_home(out(REPLIES))}, {WIRE: from_relay(told), LAN: changed(told, ttl=63)})
    for to in ("169.254.169.254", "172.31.1.1", "10.0.0.1", "192.168.1.50", "100.64.0.1"):
        told = own_error(PUBLIC, SERVER, 3, 13, changed(out(SERVER, to), ttl=62))
        step(to, {WIRE: from_home(out(SERVER, to))}, {WIRE: from_relay(told), LAN: changed(told, ttl=63)})
    step("127.0.0.1", {WIRE: from_home(out(SERVER, "127.0.0.1"))}, {})


@case("From the internet, an inner source that no one on the internet has: dropped at the relay")
def _():
    for source in (HOST, SERVER, ROUTER, "10.0.0.1", "169.254.46.1", PUBLIC, "127.0.0.1", "0.0.0.0", "224.0.0.1"):
        packet = IP(src=source, dst=PUBLIC) / UDP(sport=4801, dport=7) / b"forged"
        step(source, {WIRE: packet}, {})


@case("From the internet straight to a server's address: never into the tunnel")
def _():
    packet = IP(src=CLIENT, dst=SERVER) / UDP(sport=4802, dport=7) / b"straight"
    # Nothing of ours: it goes where any packet for that address goes, back to the provider.
    step("to the server", {WIRE: packet}, {WIRE: changed(packet, ttl=63)})


@case("From the relay, an inner source that is the home's own: dropped at the home")
def _():
    for source in (HOST, SERVER, ROUTER, "127.0.0.1", "0.0.0.0", "224.0.0.1"):
        inner = IP(src=source, dst=SERVER, ttl=63) / UDP(sport=4803, dport=7) / b"forged"
        step(f"{source} at an OpenWrt home", {LINE: from_relay(inner)}, {})
    for source in (HOST, ZWEI_SERVER, ROUTER, "127.0.0.1", "0.0.0.0", "224.0.0.1"):
        inner = IP(src=source, dst=ZWEI_SERVER, ttl=63) / UDP(sport=4804, dport=ZWEI_PORT) / b"forged"
        step(f"{source} at a Debian home", {LINE2: from_relay(inner, ZWEI)}, {})


@case("From the relay, what is no declared service: dropped at a Debian home")
def _():
    inner = IP(src=CLIENT, dst=ZWEI_SERVER, ttl=63) / UDP(sport=4805, dport=ZWEI_PORT + 1) / b"undeclared"
    step("another port", {LINE2: from_relay(inner, ZWEI)}, {})
    inner = IP(src=CLIENT, dst=ROUTER, ttl=63) / UDP(sport=4806, dport=ZWEI_PORT) / b"undeclared"
    step("another host of its LAN", {LINE2: from_relay(inner, ZWEI)}, {})
    inner = IP(src=CLIENT, dst=ZWEI_SERVER, ttl=63) / TCP(sport=4807, dport=ZWEI_PORT + 1, flags="SA")
    step("an answer to nothing", {LINE2: from_relay(inner, ZWEI)}, {})
    inner = IP(src=CLIENT, dst=ZWEI_SERVER, ttl=63) / UDP(sport=4808, dport=ZWEI_PORT) / b"declared"
    answer = IP(src=ZWEI_SERVER, dst=CLIENT) / UDP(sport=ZWEI_PORT, dport=4808) / b"declared"
    step(
        "what is declared is answered",
        {LINE2: from_relay(inner, ZWEI)},
        {
            LINE2: from_home(Unforeseen(changed(answer, flags="DF"), ((IP, "id"),)), ZWEI),
            WIRE: Unforeseen(changed(answer, src=PUBLIC, ttl=63, flags="DF"), ((IP, "id"), (UDP, "sport"), (UDP, "chksum"))),
        },
    )
