"""A server of a Debian home at an IPv6 address of the relay's network: what crosses, and what does not."""

from case import LINE2, WIRE, Unforeseen, at, case, fact, step
from network import (
    CLIENT6,
    RELAY,
    ZWEI,
    ZWEI_IPV6,
    ZWEI_MOVED,
    ZWEI_MSS6,
    ZWEI_MTU,
    ZWEI_PORT,
    changed,
    from_home,
    from_relay,
)
from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    ICMPv6ND_RA,
    ICMPv6PacketTooBig,
    IPv6,
)

# In the relay's network, and nobody's.
ELSEWHERE = RELAY.rsplit(":", 1)[0] + ":9999"


def asked(sport, dport=ZWEI_PORT, to=ZWEI_IPV6):
    return IPv6(src=CLIENT6, dst=to, hlim=64) / UDP(sport=sport, dport=dport) / b"over IPv6"


def answered(sport, hlim):
    packet = IPv6(src=ZWEI_IPV6, dst=CLIENT6, hlim=hlim) / UDP(sport=ZWEI_PORT, dport=sport) / b"over IPv6"
    return Unforeseen(packet, ((IPv6, "fl"),))


def round_trip(what, sport, home=ZWEI):
    back = answered(sport, 64).packet
    step(
        what,
        {WIRE: asked(sport)},
        {
            WIRE: [from_relay(changed(asked(sport), hlim=63), home), answered(sport, 63)],
            LINE2: own(from_home(back, home)),
        },
    )


def own(outer):
    """What the home itself sends: the inner flow label is a hash, as the outer one is."""
    return Unforeseen(outer.packet, (*outer.fields, (IPv6, "fl", 2)))


@case("IPv6: a client reaches the declared port at the server's own address, and is seen with its own; the answer comes back")
def _():
    round_trip("a datagram and its answer", 6001)


@case("IPv6: the address stays when the home's prefix changes")
def _():
    move(ZWEI_MOVED)
    try:
        round_trip("from the new prefix", 6002, ZWEI_MOVED)
        fact("the address", "yes", has_address())
    finally:
        move(ZWEI)
    round_trip("and from the old one again", 6003)


def move(endpoint):
    """What following a prefix does at both ends."""
    at("zwei", "sh", "-c", f"echo {endpoint} >/var/lib/relay4in6/endpoint")
    at("zwei", "/etc/relay4in6/endpoint", "up")
    at("zwei", "/etc/relay4in6/link-wrap2", "change")
    at("relay", "sh", "-c", f"echo {endpoint} >/var/lib/relay4in6/wrap2")
    at("relay", "/etc/relay4in6/link-wrap2", "change")
    at("relay", "/etc/relay4in6/rules", "homes")


def has_address():
    return "yes" if ZWEI_IPV6 in at("zwei", "ip", "-6", "addr", "show", "dev", "wrap2") else "no"


@case("IPv6: what is not declared is refused at the relay")
def _():
    packet = asked(6010, ZWEI_PORT + 1)
    step("another port", {WIRE: packet}, {WIRE: refused(changed(packet, hlim=63))})
    ping = IPv6(src=CLIENT6, dst=ZWEI_IPV6, hlim=64) / ICMPv6EchoRequest(id=1, seq=1)
    step("a ping, where the service is a port", {WIRE: ping}, {WIRE: refused(changed(ping, hlim=63))})
    step("an address that is no server's", {WIRE: asked(6011, to=ELSEWHERE)}, {})


def refused(about):
    """Administratively prohibited (RFC 4443, 3.1)."""
    packet = IPv6(src=RELAY, dst=CLIENT6, hlim=64) / ICMPv6DestUnreach(code=1) / bytes(about)
    return Unforeseen(packet, ((IPv6, "fl"),))


@case("IPv6: sources that nobody on the internet has are dropped at the relay")
def _():
    for source in ("fd00::1", "::1", ZWEI_IPV6, ELSEWHERE):
        packet = IPv6(src=source, dst=ZWEI_IPV6) / UDP(sport=6020, dport=ZWEI_PORT) / b"forged"
        step(source, {WIRE: packet}, {})


@case("IPv6: out of the tunnel the relay takes the server's own address and no other")
def _():
    def out(source, to=CLIENT6):
        return IPv6(src=source, dst=to, hlim=63) / UDP(sport=7, dport=6030) / b"unasked"

    step("the server's", {WIRE: from_home(out(ZWEI_IPV6), ZWEI)}, {WIRE: changed(out(ZWEI_IPV6), hlim=62)})
    for source in (ELSEWHERE, CLIENT6, "fd00::1", ZWEI):
        step(source, {WIRE: from_home(out(source), ZWEI)}, {})
    step("to the relay itself", {WIRE: from_home(out(ZWEI_IPV6, RELAY), ZWEI)}, {})


@case("IPv6: at the home only the declared port is let in out of the tunnel, whoever sends")
def _():
    packet = IPv6(src=CLIENT6, dst=ZWEI_IPV6, hlim=63) / UDP(sport=6040, dport=ZWEI_PORT + 1) / b"undeclared"
    step("another port", {LINE2: from_relay(packet, ZWEI)}, {})
    for source in ("fd00::1", ZWEI_IPV6):
        packet = IPv6(src=source, dst=ZWEI_IPV6, hlim=63) / UDP(sport=6041, dport=ZWEI_PORT) / b"forged"
        step(source, {LINE2: from_relay(packet, ZWEI)}, {})
    packet = IPv6(src=CLIENT6, dst=ZWEI, hlim=63) / UDP(sport=6042, dport=ZWEI_PORT) / b"another address of its"
    step("another address of the home's", {LINE2: from_relay(packet, ZWEI)}, {})
    before = at("zwei", "ip", "-6", "route")
    advertised = IPv6(src="fe80::bad", dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=1800)
    step("a router advertisement", {LINE2: from_relay(advertised, ZWEI)}, {})
    fact("the home's routes", before, at("zwei", "ip", "-6", "route"))


@case("IPv6: a packet that is too big for the tunnel is answered with the tunnel's MTU")
def _():
    packet = IPv6(src=CLIENT6, dst=ZWEI_IPV6, hlim=64) / UDP(sport=6050, dport=ZWEI_PORT) / bytes(ZWEI_MTU - 47)
    # As it came, and as much of it as an error of 1,280 bytes holds (RFC 4443, 3.2).
    about = bytes(packet)[: 1280 - 48]
    error = IPv6(src=RELAY, dst=CLIENT6, hlim=64) / ICMPv6PacketTooBig(mtu=ZWEI_MTU) / about
    step("one byte more", {WIRE: packet}, {WIRE: Unforeseen(error, ((IPv6, "fl"),))})


@case("IPv6: the MSS of a connection is what fits into the tunnel, less the larger header")
def _():
    syn = IPv6(src=CLIENT6, dst=ZWEI_IPV6, hlim=64) / TCP(sport=6060, dport=ZWEI_PORT, flags="S", options=[("MSS", 1440)])
    clamped = changed(syn, hlim=63)
    clamped[TCP].options = [("MSS", ZWEI_MSS6)]
    reset = IPv6(src=ZWEI_IPV6, dst=CLIENT6, hlim=64) / TCP(
        sport=ZWEI_PORT, dport=6060, flags="RA", seq=0, ack=1, window=0
    )
    step(
        "a SYN",
        {WIRE: syn},
        {
            WIRE: [from_relay(clamped, ZWEI), Unforeseen(changed(reset, hlim=63), ((IPv6, "fl"),))],
            LINE2: own(from_home(reset, ZWEI)),
        },
    )
