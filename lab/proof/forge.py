"""Sends UDP datagrams in IPv4 with any source, bare by a device, or inside IPv6 (RFC 2473) to an endpoint.

usage: python3 - DEVICE|IPV6-ENDPOINT SOURCE DESTINATION PORT [COUNT]
"""
import socket
import struct
import sys

SO_BINDTODEVICE = 25


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def datagram(source, destination, port):
    body = b"relay4in6 forged"
    # A UDP checksum of 0 is none (RFC 768).
    udp = struct.pack("!HHHH", 40999, port, 8 + len(body), 0) + body
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, socket.IPPROTO_UDP, 0)
    header += socket.inet_aton(source) + socket.inet_aton(destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + udp


where, source, destination, port = sys.argv[1:5]
packet = datagram(source, destination, int(port))
for _ in range(int(sys.argv[5]) if len(sys.argv) > 5 else 1):
    if ":" in where:
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 4) as out:
            out.sendto(packet, (where, 0))
    else:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
            out.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, where.encode())
            out.sendto(packet, (destination, 0))
