"""
Answers each datagram, and says a line five times a second on each TCP connection, without a process for any of them: an
emulated machine that starts one has little left for anything else. Python as Debian's minimal package has it.

usage: python3 ticking.py PORT [ADDRESS]    by default each IPv4 address
"""
import select
import socket
import sys
import time

address = (sys.argv[2] if len(sys.argv) > 2 else "0.0.0.0", int(sys.argv[1]))
family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
pause = 0.2

datagrams = socket.socket(family, socket.SOCK_DGRAM)
datagrams.bind(address)
listening = socket.create_server(address, family=family, backlog=16)
connections = []
due = time.monotonic()
while True:
    ready, _, _ = select.select([datagrams, listening], [], [], max(0, due - time.monotonic()))
    if datagrams in ready:
        _, sender = datagrams.recvfrom(65536)
        datagrams.sendto(b"tick\n", sender)
    if listening in ready:
        connection, _ = listening.accept()
        connection.setblocking(False)
        connections.append(connection)
    if time.monotonic() < due:
        continue
    due = time.monotonic() + pause
    for connection in list(connections):
        try:
            connection.send(b"tick\n")
        except BlockingIOError:
            pass
        except OSError:
            connection.close()
            connections.remove(connection)
