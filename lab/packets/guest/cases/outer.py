"""Outer packets: whose are taken, and in what form."""

from case import LAN, LINE, LINE2, WIRE, Unforeseen, case, step
from network import (
    CLIENT,
    HAUS,
    PUBLIC,
    RELAY,
    SERVER,
    ZWEI,
    ZWEI_PORT,
    ZWEI_SERVER,
    changed,
    from_home,
    from_relay,
    unreachable,
)
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt, PadN

STRANGER = "2001:db8:bad::1"


def out(port):
    return IP(src=SERVER, dst=CLIENT, ttl=63) / UDP(sport=7, dport=port) / b"out"


def into(port):
    return IP(src=CLIENT, dst=SERVER, ttl=63) / UDP(sport=port, dport=7) / b"in"


@case("Wrong outer source at the relay: dropped, unanswered")
def _():
    step("from a stranger", {WIRE: from_home(out(4500), STRANGER)}, {})
    near = HAUS.replace("113:10", "113:11")
    step("from another address of the home's prefix", {WIRE: from_home(out(4500), near)}, {})
    step("the right one", {WIRE: from_home(out(4500))}, {WIRE: changed(out(4500), src=PUBLIC, ttl=62)})


@case("Wrong outer source at the home: the inner packet goes nowhere")
def _():
    step("the right one", {LINE: from_relay(into(4501))}, {LAN: changed(into(4501), ttl=62)})
    taken = from_relay(into(4501), src=STRANGER)
    step("from a stranger", {LINE: taken}, {LINE: unreachable(HAUS, STRANGER, taken)})
    inner = IP(src=CLIENT, dst=ZWEI_SERVER, ttl=63) / UDP(sport=4502, dport=ZWEI_PORT) / b"in"
    taken = from_relay(inner, ZWEI, src=STRANGER)
    step("to a Debian home", {LINE2: taken}, {LINE2: unreachable(ZWEI, STRANGER, taken)})


@case("The endpoint of one home lends no way into a flow of another")
def _():
    packet = IP(src=CLIENT, dst=PUBLIC) / UDP(sport=4503, dport=7) / b"for haus"
    inner = changed(packet, dst=SERVER, ttl=63)
    step("a flow to haus", {WIRE: packet}, {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)})
    forged = IP(src=SERVER, dst=CLIENT, ttl=63) / UDP(sport=7, dport=4503) / b"from zwei"
    # It is a flow of its own, of a server of that address in zwei; the client's port 7 is taken by haus.
    own = Unforeseen(changed(forged, src=PUBLIC, ttl=62), ((UDP, "sport"), (UDP, "chksum")))
    step("an answer to it from zwei", {WIRE: from_home(forged, ZWEI)}, {WIRE: own})
    genuine = changed(forged, ttl=64)
    genuine[UDP].remove_payload()
    genuine = genuine / b"from haus"
    step(
        "the true answer",
        {LAN: genuine},
        {LINE: from_home(changed(genuine, ttl=63)), WIRE: changed(genuine, src=PUBLIC, ttl=62)},
    )


@case("An outer packet with an encapsulation limit is taken, though none is sent")
def _():
    def limited(source, to, inner):
        options = [HBHOptUnknown(otype=4, optlen=1, optdata=b"\x04"), PadN(optdata=b"\x00")]
        return IPv6(src=source, dst=to) / IPv6ExtHdrDestOpt(nh=4, options=options) / inner

    step("to the home", {LINE: limited(RELAY, HAUS, into(4504))}, {LAN: changed(into(4504), ttl=62)})
    step("to the relay", {WIRE: limited(HAUS, RELAY, out(4505))}, {WIRE: changed(out(4505), src=PUBLIC, ttl=62)})


@case("An outer packet with hop limit 1 has arrived: it is taken")
def _():
    step("at the home", {LINE: from_relay(into(4506), hlim=1)}, {LAN: changed(into(4506), ttl=62)})
    step("at the relay", {WIRE: from_home(out(4507), hlim=1)}, {WIRE: changed(out(4507), src=PUBLIC, ttl=62)})
