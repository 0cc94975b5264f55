"""
Answers each datagram, and says a line five times a second on each TCP connection, without a process for any of them: an
emulated machine that starts one has little left for anything else.

usage: python3 ticking.py PORT
"""
import asyncio
import sys

port = int(sys.argv[1])


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        self.transport.sendto(b"tick\n", sender)


async def say(reader, writer):
    try:
        while True:
            writer.write(b"tick\n")
            await writer.drain()
            await asyncio.sleep(0.2)
    except OSError:
        writer.close()


async def main():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Datagrams, local_addr=("0.0.0.0", port))
    server = await asyncio.start_server(say, "0.0.0.0", port)
    await server.serve_forever()


asyncio.run(main())
