/**
 * DHCPv4 as Hetzner's servers meet it: a /32 and a gateway outside of it, by classless routes.
 * Stands in for the cloud's DHCP service; leaves out leases that end, relays and declines.
 * Formats: RFC 2131, section 2; RFC 2132; RFC 3442 for option 121.
 */
import { createSocket } from "node:dgram";

/** What one server is told. */
export interface Lease {
  readonly ipv4: string;
  readonly gateway: string;
  readonly hostName: string;
}

const MAGIC_COOKIE = 0x63825363;
const OPTION = { type: 53, server: 54, lease: 51, mask: 1, router: 3, hostName: 12, routes: 121, end: 255 };
const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const ACK = 5;
const LEASE_SECONDS = 86_400;

/** Serves leases until the process ends. @param leaseOf gives nothing for a MAC that is not of the cloud */
export function serveDhcp(leaseOf: (mac: string) => Promise<Lease | undefined>): Promise<void> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.on("message", async (query) => {
    const lease = query.length > 240 && query[0] === 1 ? await leaseOf(macOf(query)) : undefined;
    const reply = lease && dhcpReply(query, lease);
    if (!reply) return;
    // A server that renews has an address; one that asks first has none yet.
    const known = query.readUInt32BE(12) !== 0;
    socket.send(reply, 68, known ? dotted(query.subarray(12, 16)) : "255.255.255.255");
  });
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.bind(67, () => {
      socket.setBroadcast(true);
      resolve();
    });
  });
}

/** The answer to a query; nothing where none is due. */
export function dhcpReply(query: Buffer, lease: Lease): Buffer | undefined {
  const type = optionOf(query, OPTION.type)?.[0];
  if (type !== DISCOVER && type !== REQUEST) return undefined;
  const gateway = octets(lease.gateway);
  const header = Buffer.alloc(240);
  query.copy(header, 0, 0, 44);
  header[0] = 2;
  header[3] = 0;
  Buffer.from(octets(lease.ipv4)).copy(header, 16);
  Buffer.from(gateway).copy(header, 20);
  header.writeUInt32BE(MAGIC_COOKIE, 236);
  const seconds = Buffer.alloc(4);
  seconds.writeUInt32BE(LEASE_SECONDS);
  const name = Buffer.from(lease.hostName);
  const options: [number, ArrayLike<number>][] = [
    [OPTION.type, [type === DISCOVER ? OFFER : ACK]],
    [OPTION.server, gateway],
    [OPTION.lease, seconds],
    [OPTION.mask, [255, 255, 255, 255]],
    [OPTION.router, gateway],
    [OPTION.hostName, name],
    // The gateway itself on the link, then everything by way of it.
    [OPTION.routes, [32, ...gateway, 0, 0, 0, 0, 0, ...gateway]],
  ];
  const encoded = options.flatMap(([code, value]) => [code, value.length, ...Array.from(value)]);
  return Buffer.concat([header, Buffer.from([...encoded, OPTION.end])]);
}

function macOf(query: Buffer): string {
  return [...query.subarray(28, 34)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function optionOf(query: Buffer, wanted: number): Buffer | undefined {
  for (let at = 240; at < query.length; ) {
    const code = query[at] ?? OPTION.end;
    if (code === OPTION.end) return undefined;
    const length = code === 0 ? -1 : (query[at + 1] ?? 0);
    if (code === wanted) return query.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
  return undefined;
}

function octets(address: string): number[] {
  return address.split(".").map(Number);
}

function dotted(bytes: Buffer): string {
  return [...bytes].join(".");
}
