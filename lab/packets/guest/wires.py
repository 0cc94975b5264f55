"""The ends of the wires that scapy holds: what is sent there, and what arrives."""

import os
import select
import socket
from contextlib import contextmanager

ETH_P_ALL = 3
# linux/if_packet.h
PACKET_OUTGOING = 4

# Seconds without a packet after which nothing more comes. The machine's clock jumps only when nothing is left to do,
# so this neither costs time nor comes too early on a busy computer.
QUIET = 0.3

# Neighbour and router discovery, multicast listeners (RFC 4861, RFC 3810): the places' own, in no case.
HOUSEKEEPING = {130, 131, 132, 133, 134, 135, 136, 143}


@contextmanager
def inside(place):
    """What is opened within belongs to that network namespace."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{place}", os.O_RDONLY)
    os.setns(there, os.CLONE_NEWNET)
    try:
        yield
    finally:
        os.setns(home, os.CLONE_NEWNET)
        os.close(there)
        os.close(home)


class Wire:
    """One end of a cable. `peer` is the MAC at the other end."""

    def __init__(self, name, place, device, peer):
        self.name = name
        self.peer = bytes.fromhex(peer.replace(":", ""))
        with inside(place):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.bind((device, 0))
        self.mac = self.socket.getsockname()[4]

    def send(self, packet):
        kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
        self.socket.send(self.peer + self.mac + kind + packet)

    def receive(self):
        """The next packet without its Ethernet header, or None where it is none of a case."""
        frame, (_, protocol, kind, _, _) = self.socket.recvfrom(65535)
        packet = frame[14:]
        if kind == PACKET_OUTGOING or protocol not in (0x0800, 0x86DD):
            return None
        if protocol == 0x86DD and housekeeping(packet):
            return None
        return packet


class Echo:
    """A UDP server at an end: answers each datagram with the same bytes."""

    def __init__(self, place, address):
        with inside(place):
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.bind(address)

    def receive(self):
        data, peer = self.socket.recvfrom(65535)
        self.socket.sendto(data, peer)


def housekeeping(packet):
    kind, at = packet[6], 40
    if kind == 0:
        # Multicast listener reports carry a router alert.
        kind, at = packet[at], at + 8 * (packet[at + 1] + 1)
    return kind == 58 and packet[at] in HOUSEKEEPING


def collect(wires, echoes):
    """All that arrives until nothing more does: name of the wire → packets."""
    came = {wire.name: [] for wire in wires}
    by_socket = {end.socket: end for end in (*wires, *echoes)}
    while True:
        ready, _, _ = select.select(list(by_socket), [], [], QUIET)
        if not ready:
            return came
        for one in ready:
            packet = by_socket[one].receive()
            if packet is not None:
                came[by_socket[one].name].append(packet)
