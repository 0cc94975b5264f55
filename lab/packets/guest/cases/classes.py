"""Traffic class: DSCP stays with the inner packet, ECN follows RFC 6040."""

from case import LAN, LINE, WIRE, case, step
from network import CLIENT, PUBLIC, SERVER, changed, from_home, from_relay
from scapy.layers.inet import IP, UDP

EXPEDITED = 0xB8


def request(port, tos):
    return IP(src=CLIENT, dst=PUBLIC, tos=tos) / UDP(sport=port, dport=7) / b"class"


def answer(port, tos):
    return IP(src=SERVER, dst=CLIENT, tos=tos) / UDP(sport=7, dport=port) / b"class"


def there(port, tos):
    inner = changed(request(port, tos), dst=SERVER, ttl=63)
    return {WIRE: from_relay(inner), LAN: changed(inner, ttl=62)}


def back(port, tos):
    inner = changed(answer(port, tos), ttl=63)
    return {LINE: from_home(inner), WIRE: changed(inner, src=PUBLIC, ttl=62)}


@case("DSCP: the inner packet keeps it through the tunnel, the outer one has none")
def _():
    step("from the client", {WIRE: request(4600, EXPEDITED)}, there(4600, EXPEDITED))
    step("from the server", {LAN: answer(4600, EXPEDITED)}, back(4600, EXPEDITED))
    step("through the flow table", {WIRE: request(4600, EXPEDITED)}, there(4600, EXPEDITED))


@case("DSCP that the way gives to the outer packet stays outside")
def _():
    inner = changed(request(4601, 0), dst=SERVER, ttl=63)
    step("to the home", {LINE: from_relay(inner, tc=EXPEDITED)}, {LAN: changed(inner, ttl=62)})
    inner = changed(answer(4602, 0), ttl=63)
    step("to the relay", {WIRE: from_home(inner, tc=EXPEDITED)}, {WIRE: changed(inner, src=PUBLIC, ttl=62)})


@case("ECN: the outer packet says what the inner one does, but for congestion")
def _():
    for ecn in (0, 1, 2, 3):
        step(f"{ecn} from the client", {WIRE: request(4603, ecn)}, there(4603, ecn))
        step(f"{ecn} from the server", {LAN: answer(4603, ecn)}, back(4603, ecn))


@case("ECN: congestion on the way reaches the inner packet that can carry it, and drops the one that cannot")
def _():
    inner = changed(request(4604, 2), dst=SERVER, ttl=63)
    step("to the home", {LINE: from_relay(inner, tc=3)}, {LAN: changed(inner, tos=3, ttl=62)})
    inner = changed(answer(4605, 2), ttl=63)
    step("to the relay", {WIRE: from_home(inner, tc=3)}, {WIRE: changed(inner, src=PUBLIC, tos=3, ttl=62)})
    inner = changed(request(4606, 0), dst=SERVER, ttl=63)
    step("to the home, not capable", {LINE: from_relay(inner, tc=3)}, {})
    inner = changed(answer(4607, 0), ttl=63)
    step("to the relay, not capable", {WIRE: from_home(inner, tc=3)}, {})
