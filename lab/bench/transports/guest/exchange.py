"""Sends, and says what it found as JSON; `serve` is the other side.

    exchange.py serve PORT ADDRESS ...       datagrams at each of these addresses, connections at all
    exchange.py roundtrip HOST PORT COUNT    {"seconds": [one byte there and back, ...]}
    exchange.py connect HOST PORT COUNT      {"made": connections made, used for one byte and closed}
    exchange.py give HOST PORT BYTES         {"bytes": what arrived there, by one TCP connection, "seconds": [until then]}
    exchange.py take HOST PORT BYTES         {"bytes": what arrived here, "seconds": [until then]}
    exchange.py send HOST PORT COUNT         {"packets": datagrams that arrived there}
    exchange.py fetch HOST PORT COUNT        {"packets": datagrams that arrived here}

A connection begins with a request: a letter and a number. So does a datagram that asks for datagrams. How many
datagrams have arrived is told beside the way that is measured: by a file, which all places of the machine see.
"""

import json
import mmap
import socket
import struct
import sys
import threading
import time

REQUEST = struct.Struct("!cQ")
ECHO, TAKE, GIVE = b"e", b"t", b"g"
CHUNK = bytes(1 << 16)
# With the headers of Ethernet, IPv4 and UDP 64 bytes.
SMALL = bytes(22)
# Datagrams come in bursts, so that what saves work for many packets at once can do so, and are gone before the next.
BURST = 32
BETWEEN_BURSTS = 0.005
# A time without any after which no more datagrams come.
SILENCE = 0.5
COUNTED = "/run/exchange-counted"
NUMBER = struct.Struct("=Q")


class Server:
    def __init__(self, port, addresses):
        with open(COUNTED, "w+b") as file:
            file.truncate(NUMBER.size)
            self.counted = mmap.mmap(file.fileno(), NUMBER.size)
        for address in addresses:
            datagrams = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
            datagrams.bind((address, port))
            threading.Thread(target=self.count, args=(datagrams,), daemon=True).start()
        listening = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=256)
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def count(self, datagrams):
        while True:
            data, sender = datagrams.recvfrom(64)
            if len(data) == REQUEST.size:
                burst(datagrams, sender, REQUEST.unpack(data)[1])
            else:
                NUMBER.pack_into(self.counted, 0, NUMBER.unpack_from(self.counted)[0] + 1)

    def answer(self, connection):
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            what, number = REQUEST.unpack(connection.recv(REQUEST.size, socket.MSG_WAITALL))
            if what == ECHO:
                connection.sendall(b"e")
                while data := connection.recv(64):
                    connection.sendall(data)
            elif what == TAKE:
                pour(connection, number)
            elif what == GIVE:
                connection.sendall(REQUEST.pack(GIVE, swallow(connection, number)))


def pour(connection, number):
    while number:
        part = CHUNK[:number]
        connection.sendall(part)
        number -= len(part)


def swallow(connection, number):
    buffer = bytearray(1 << 20)
    arrived = 0
    while arrived < number and (count := connection.recv_into(buffer)):
        arrived += count
    return arrived


def burst(sending, to, number):
    for sent in range(number):
        if sent % BURST == 0:
            time.sleep(BETWEEN_BURSTS)
        sending.sendto(SMALL, to)


def counted():
    with open(COUNTED, "rb") as file:
        return NUMBER.unpack(file.read())[0]


class Client:
    def __init__(self, host, port):
        self.address = (host, int(port))

    def ask(self, what, number=0):
        connection = socket.create_connection(self.address, timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(REQUEST.pack(what, number))
        return connection

    def echoes(self):
        connection = self.ask(ECHO)
        if not connection.recv(1):
            raise ConnectionError("closed before the answer")
        return connection

    def roundtrip(self, count):
        seconds = []
        with self.echoes() as connection:
            for _ in range(count):
                start = time.perf_counter_ns()
                connection.sendall(b"x")
                if not connection.recv(1):
                    raise ConnectionError("closed before the answer")
                seconds.append((time.perf_counter_ns() - start) / 1e9)
        return {"seconds": seconds}

    def connect(self, count):
        for _ in range(count):
            self.echoes().close()
        return {"made": count}

    def give(self, count):
        start = time.perf_counter()
        with self.ask(GIVE, count) as connection:
            pour(connection, count)
            answer = connection.recv(REQUEST.size, socket.MSG_WAITALL)
            return {"bytes": REQUEST.unpack(answer)[1], "seconds": [time.perf_counter() - start]}

    def take(self, count):
        start = time.perf_counter()
        with self.ask(TAKE, count) as connection:
            return {"bytes": swallow(connection, count), "seconds": [time.perf_counter() - start]}

    def send(self, count):
        datagrams = self.answered()
        before = counted()
        burst(datagrams, self.address, count)
        time.sleep(SILENCE)
        return {"packets": counted() - before}

    def fetch(self, count):
        datagrams = self.answered()
        datagrams.sendto(REQUEST.pack(TAKE, count), self.address)
        arrived = 0
        try:
            while arrived < count:
                datagrams.recv(64)
                arrived += 1
        except TimeoutError:
            pass
        return {"packets": arrived}

    def answered(self):
        """Its first datagrams have been answered, as those of games and calls are: a firewall knows the flow by then."""
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.settimeout(SILENCE)
        for _ in range(3):
            datagrams.sendto(REQUEST.pack(TAKE, 1), self.address)
            datagrams.recv(64)
        return datagrams


what, *rest = sys.argv[1:]
if what == "serve":
    port, *addresses = rest
    Server(int(port), addresses)
else:
    host, port, number = rest
    print(json.dumps(getattr(Client(host, port), what)(int(number)), separators=(",", ":")))
