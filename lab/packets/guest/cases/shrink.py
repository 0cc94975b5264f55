"""A link that becomes narrower in the middle of the way: its router says so, and the end has to learn it."""

import re

from case import LAN, LINE, WIRE, at, case, fact, step
from network import CLIENT, HAUS, MTU, PUBLIC, RELAY, ROUTER, SERVER, changed, from_home, from_relay, own_error
from scapy.layers.inet import IP, UDP

# Of the narrow link, and what is left in the tunnel.
NARROW = 1400
LEFT = NARROW - 40


def request(port, size, **fields):
    return IP(src=CLIENT, dst=PUBLIC, **fields) / UDP(sport=port, dport=7) / (b"." * (size - 28))


def answer(port, size, **fields):
    return IP(src=SERVER, dst=CLIENT, **fields) / UDP(sport=7, dport=port) / (b"." * (size - 28))


def learned(place, destination):
    found = re.search(r" mtu (\d+)", at(place, "ip", "-6", "route", "get", destination))
    return found.group(1) if found else "none"


def narrow(device):
    at("internet", "ip", "link", "set", device, "mtu", str(NARROW))


def wide(device):
    at("internet", "ip", "link", "set", device, "mtu", "1500")
    for place in ("relay", "haus", "internet"):
        for family in ("-4", "-6"):
            at(place, "ip", family, "route", "flush", "cache")


def told(packet):
    """It has passed the relay's routing by then: the tunnel itself says that it is too big."""
    return own_error(PUBLIC, CLIENT, 3, 4, changed(packet, ttl=63), LEFT)


def there(port, size, **fields):
    inner = changed(request(port, size, **fields), dst=SERVER, ttl=63)
    return {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)}


def back(port, size, **fields):
    inner = changed(answer(port, size, **fields), ttl=63)
    return {LINE: from_home(inner), WIRE: changed(inner, src=PUBLIC, ttl=62)}


@case("A link to the home shrinks: the relay learns the path MTU and tells the client")
def _():
    step("before", {WIRE: request(4200, MTU, flags="DF")}, there(4200, MTU, flags="DF"))
    narrow("line")
    packet = request(4200, MTU, flags="DF")
    lost = from_relay(changed(packet, dst=SERVER, ttl=63))
    step("the first packet is lost on the way", {WIRE: packet}, {WIRE: lost})
    fact("the path MTU that the relay knows", str(NARROW), learned("relay", HAUS))
    step("the next one", {WIRE: packet}, {WIRE: told(packet)})
    step("as told", {WIRE: request(4200, LEFT, flags="DF")}, there(4200, LEFT, flags="DF"))
    # Linux cuts no packet to what it has learned of a way on which it forwards (ip_forward_use_pmtu).
    packet = request(4201, MTU, id=20)
    step("without DF it is told too", {WIRE: packet}, {WIRE: told(packet)})
    wide("line")
    step("after", {WIRE: request(4200, MTU, flags="DF")}, there(4200, MTU, flags="DF"))


@case("A link to the home shrinks under a flow in the flow table: the client is told all the same")
def _():
    step("there", {WIRE: request(4202, MTU, flags="DF")}, there(4202, MTU, flags="DF"))
    step("and back", {LAN: answer(4202, MTU, flags="DF")}, back(4202, MTU, flags="DF"))
    state = at("relay", "conntrack", "-L", "-p", "udp", "--orig-port-src", "4202")
    fact("the flow is in the flow table", "True", str("[OFFLOAD]" in state))
    narrow("line")
    packet = request(4202, MTU, flags="DF")
    lost = from_relay(changed(packet, dst=SERVER, ttl=63))
    step("the first packet is lost on the way", {WIRE: packet}, {WIRE: lost})
    step("the next one", {WIRE: packet}, {WIRE: told(packet)})
    step("as told", {WIRE: request(4202, LEFT, flags="DF")}, there(4202, LEFT, flags="DF"))
    packet = request(4202, MTU, id=21)
    step("without DF it is told too", {WIRE: packet}, {WIRE: told(packet)})
    wide("line")


@case("A link from the home shrinks: the home's router learns the path MTU and tells the server")
def _():
    step("the client asks", {WIRE: request(4203, 100)}, there(4203, 100))
    step("before", {LAN: answer(4203, MTU, flags="DF")}, back(4203, MTU, flags="DF"))
    narrow("wire")
    packet = answer(4203, MTU, flags="DF")
    lost = from_home(changed(packet, ttl=63))
    # The router knows by then, and tells about the packet as it was in the tunnel.
    about = own_error(ROUTER, SERVER, 3, 4, changed(packet, ttl=63), LEFT)
    step("the first packet is lost on the way", {LAN: packet}, {LINE: lost, LAN: about})
    fact("the path MTU that the home knows", str(NARROW), learned("haus", RELAY))
    step("the next one", {LAN: packet}, {LAN: about})
    step("as told", {LAN: answer(4203, LEFT, flags="DF")}, back(4203, LEFT, flags="DF"))
    packet = answer(4203, MTU, id=22)
    about = own_error(ROUTER, SERVER, 3, 4, changed(packet, ttl=63), LEFT)
    step("without DF it is told too", {LAN: packet}, {LAN: about})
    wide("wire")
