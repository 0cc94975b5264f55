"""The addresses of the places, and the packets that pass between them."""

from case import Unforeseen
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6

with open("/packets/addresses", encoding="ascii") as file:
    _addresses = dict(line.strip().split("=", 1) for line in file)

PUBLIC = _addresses["public"]
CLIENT = _addresses["client"]
CLIENT6 = _addresses["client6"]
INTERNET = _addresses["internet"]
RELAY = _addresses["relay_endpoint"]
HAUS = _addresses["haus_endpoint"]
ZWEI = _addresses["zwei_endpoint"]
# Behind haus: all that no port claims, and what it starts itself; one port, answers only; one translated port.
SERVER, REPLIES, TRANSLATED = _addresses["server"], _addresses["replies"], _addresses["translated"]
# The server zwei, of the same LAN address as SERVER.
ZWEI_SERVER = _addresses["zwei_server"]
# Its address out of the relay's network, the MSS of a connection to it, and where the home has moved to.
ZWEI_IPV6, ZWEI_MSS6 = _addresses["zwei_ipv6"], int(_addresses["zwei_mss6"])
ZWEI_MOVED = _addresses["zwei_moved"]
REPLIES_PORT = int(_addresses["replies_port"])
TRANSLATED_PORT = int(_addresses["translated_port"])
TRANSLATED_TO = int(_addresses["translated_to"])
ZWEI_PORT = int(_addresses["zwei_port"])
# Inside the tunnels.
RELAY_INNER, HAUS_INNER = _addresses["relay_inner"], _addresses["haus_inner"]
ROUTER = "192.168.1.1"
# What the router has for its own IPv4 connections (RFC 6333, 5.7), and another host of its LAN.
B4 = "192.0.0.2"
HOST = "192.168.1.50"
MTU = int(_addresses["mtu"])
ZWEI_MTU = int(_addresses["zwei_mtu"])
# Bytes of payload in the first piece of a packet that is too big for it: a multiple of eight (RFC 791).
ZWEI_PIECE = (ZWEI_MTU - 20) // 8 * 8
MSS = int(_addresses["mss"])


def changed(packet, **fields):
    """A copy with other fields of its outermost header; lengths and checksums follow when it is built."""
    if isinstance(packet, Unforeseen):
        return Unforeseen(changed(packet.packet, **fields), packet.fields)
    copy = packet.copy()
    for name, value in fields.items():
        setattr(copy, name, value)
    return copy


def from_relay(inner, home=HAUS, **fields):
    """The outer packet as the relay sends it: a fixed flow label."""
    return _outer(inner, {"src": RELAY, "dst": home, "fl": 4, **fields}, ())


def from_home(inner, home=HAUS, **fields):
    """The outer packet as a home end sends it; its flow label is a hash with a secret."""
    return _outer(inner, {"src": home, "dst": RELAY, **fields}, ((IPv6, "fl"),))


def _outer(inner, fields, unforeseen):
    if isinstance(inner, Unforeseen):
        inner, unforeseen = inner.packet, (*inner.fields, *unforeseen)
    # Of the traffic class ECN only; congestion that is inside already is not said again (RFC 3168, 9.1.1).
    ecn = (inner.tc if IPv6 in inner else inner.tos) & 3
    packet = IPv6(**{"hlim": 64, "tc": 2 if ecn == 3 else ecn, **fields}) / inner
    return Unforeseen(packet, unforeseen) if unforeseen else packet


def fragments(packet, *sizes):
    """The packet cut into pieces of so many bytes of payload; the rest is the last one."""
    payload = bytes(packet.payload)
    pieces, start = [], 0
    for size in (*sizes, len(payload) - sum(sizes)):
        more = start + size < len(payload)
        header = packet.copy()
        header.remove_payload()
        header.proto, header.frag, header.flags = packet_protocol(packet), start // 8, "MF" if more else 0
        pieces.append(header / payload[start : start + size])
        start += size
    return pieces


def packet_protocol(packet):
    return IP(bytes(packet)).proto


def unreachable(home, source, about):
    """The ICMPv6 error of a kernel that has no such tunnel: port unreachable, with the whole packet."""
    packet = IPv6(src=home, dst=source, hlim=64) / ICMPv6DestUnreach(code=4) / bytes(about)
    return Unforeseen(packet, ((IPv6, "fl"),))


def quote(packet):
    """As much of a packet as an ICMP error of Linux carries: 576 bytes with its own headers (RFC 1812, 4.3.2.3)."""
    return bytes(packet)[:548]


def error(source, to, kind, code, about, mtu=0, **fields):
    """An ICMP error."""
    icmp = ICMP(type=kind, code=code, nexthopmtu=mtu) if (kind, code) == (3, 4) else ICMP(type=kind, code=code)
    return IP(**{"src": source, "dst": to, **fields}) / icmp / quote(about)


def own_error(source, to, kind, code, about, mtu=0, **fields):
    """An ICMP error that the kernel under test makes: precedence internetwork control, its own identification."""
    made = error(source, to, kind, code, about, mtu, **{"ttl": 64, "tos": 0xC0, **fields})
    return Unforeseen(made, ((IP, "id"),))
