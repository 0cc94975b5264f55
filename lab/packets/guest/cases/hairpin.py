"""From inside to the public address and back in."""

from case import DSLITE, LAN, LINE, WIRE, case, step
from network import HOST, PUBLIC, REPLIES, REPLIES_PORT, SERVER, ZWEI, ZWEI_SERVER, changed, from_home, from_relay
from scapy.layers.inet import IP, UDP


def round_trip(sport, dport, server):
    asked = IP(src=SERVER, dst=PUBLIC) / UDP(sport=sport, dport=dport) / b"hairpin"
    inner = changed(asked, src=PUBLIC, dst=server, ttl=62)
    step(
        "to the public address",
        {LAN: asked},
        {LINE: from_home(changed(asked, ttl=63)), WIRE: from_relay(inner), LAN: changed(inner, ttl=61)},
    )
    answered = IP(src=server, dst=PUBLIC) / UDP(sport=dport, dport=sport) / b"and back"
    inner = changed(answered, src=PUBLIC, dst=SERVER, ttl=62)
    step(
        "the answer",
        {LAN: answered},
        {LINE: from_home(changed(answered, ttl=63)), WIRE: from_relay(inner), LAN: changed(inner, ttl=61)},
    )


@case("Hairpin: a server reaches another server of its home at the public address")
def _():
    round_trip(4700, REPLIES_PORT, REPLIES)


@case("Hairpin: a server reaches itself at the public address")
def _():
    round_trip(4701, 7, SERVER)


@case("Hairpin: a home's server reaches another home's service")
def _():
    asked = IP(src=ZWEI_SERVER, dst=PUBLIC, ttl=64) / UDP(sport=4702, dport=REPLIES_PORT) / b"from zwei"
    inner = changed(asked, src=PUBLIC, dst=REPLIES, ttl=63)
    step(
        "to the public address",
        {WIRE: from_home(asked, ZWEI)},
        {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)},
    )
    answered = IP(src=REPLIES, dst=PUBLIC) / UDP(sport=REPLIES_PORT, dport=4702) / b"from haus"
    inner = changed(answered, src=PUBLIC, dst=ZWEI_SERVER, ttl=62)
    step(
        "the answer",
        {LAN: answered},
        {LINE: from_home(changed(answered, ttl=63)), WIRE: from_relay(inner, ZWEI)},
    )


@case("A host of the LAN that is no server goes to the public address as to any other, not through the tunnel")
def _():
    packet = IP(src=HOST, dst=PUBLIC) / UDP(sport=4703, dport=REPLIES_PORT) / b"guest"
    step("by DS-Lite", {LAN: packet}, {DSLITE: changed(packet, ttl=63)})
