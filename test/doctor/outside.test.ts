import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cloud, documentationAddresses, startCloud } from "../../lab/cloud/index.ts";
import type { HcloudRelaySpec } from "../../src/config/index.ts";
import { askCloud } from "../../src/doctor/ask/cloud.ts";
import { knock, ledTo, targets } from "../../src/doctor/ask/inbound.ts";
import type { Try } from "../../src/doctor/examination.ts";
import { MemoryMachines } from "../lab/memory-machines.ts";
import { spec } from "./whole.ts";

describe("a call from here", () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => void server.close());

  it("tells a server that answers from one that refuses", async () => {
    const { port } = server.address() as AddressInfo;
    expect(await knock("127.0.0.1", { home: "haus", port })).toEqual({
      home: "haus",
      port,
      result: "connected",
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await knock("127.0.0.1", { home: "haus", port })).toMatchObject({ result: "refused" });
  });

  it("tries the TCP services of each home", () => {
    expect(targets(spec)).toEqual([
      { home: "haus", port: 443 },
      { home: "haus", port: 50000 },
      { home: "haus", port: 8443 },
      { home: "zwei", port: 8080 },
    ]);
  });

  it("is found again in the relay's connections, also unanswered ones", async () => {
    const stdout = `tcp      6 118 SYN_SENT src=198.51.100.70 dst=203.0.113.10 sport=40404 dport=443 packets=1 bytes=60 [UNREPLIED] src=192.168.1.210 dst=198.51.100.70 sport=443 dport=40404 packets=0 bytes=0 mark=16777216 use=1
tcp      6 8 CLOSE src=198.51.100.70 dst=203.0.113.10 sport=443 dport=8443 packets=1 bytes=60 src=192.168.1.211 dst=198.51.100.70 sport=443 dport=443 packets=1 bytes=40 mark=16777216 use=1
`;
    const tries: Try[] = [443, 8443, 22].map((port) => ({ home: "haus", port, result: "silent" }));
    const session = { run: async () => ({ code: 0, stdout, stderr: "" }) };
    const led = await ledTo(session, "203.0.113.10", tries);
    expect(led.map((each) => each.ledTo)).toEqual(["192.168.1.210", "192.168.1.211", undefined]);
  });
});

describe("the cloud", () => {
  const token = "a-token-of-the-lab";
  const relay = { ...spec.relay, location: "nbg1", serverType: "cx33" } as HcloudRelaySpec;
  let folder: string;
  let cloud: Cloud;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "doctor-cloud-"));
    cloud = await startCloud({
      listen: { host: "127.0.0.1", port: 0 },
      token,
      stateFile: join(folder, "state.json"),
      machines: new MemoryMachines(),
      addresses: documentationAddresses(),
    });
  });
  afterEach(async () => {
    await cloud.close();
    await rm(folder, { recursive: true });
  });

  const ask = (address: string, asked = relay) => askCloud({ endpoint: cloud.url, token }, address, asked);

  it("is asked for the server by its address", async () => {
    const response = await fetch(`${cloud.url}/servers`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "relay", server_type: "cx33", image: "debian-13", location: "nbg1" }),
    });
    const { server } = (await response.json()) as { server: { public_net: { ipv4: { ip: string } } } };
    expect(await ask(server.public_net.ipv4.ip)).toMatchObject({
      server: { isBlocked: false, firewalls: [] },
      isTypeOffered: true,
    });
    expect(await ask("192.0.2.77")).toEqual({ isTypeOffered: true });
  });

  it("is asked for what the firewalls in front of the server let in", async () => {
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const response = await fetch(`${cloud.url}${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      return (await response.json()) as {
        server: { public_net: { ipv4: { ip: string } } };
        firewall: { id: number };
      };
    };
    const rules = [
      { direction: "in", protocol: "gre", source_ips: ["::/0"] },
      { direction: "in", protocol: "tcp", port: "80-85", source_ips: ["0.0.0.0/0"] },
      { direction: "out", protocol: "tcp", port: "25", destination_ips: ["0.0.0.0/0"] },
    ];
    const { firewall } = await post("/firewalls", { name: "wall", rules });
    const order = { name: "relay", server_type: "cx33", image: "debian-13", location: "nbg1" };
    const { server } = await post("/servers", { ...order, firewalls: [{ firewall: firewall.id }] });
    expect((await ask(server.public_net.ipv4.ip))?.server?.firewalls).toEqual([
      {
        name: "wall",
        rules: [
          { protocol: "gre", port: null, sources: ["::/0"] },
          { protocol: "tcp", port: "80-85", sources: ["0.0.0.0/0"] },
        ],
      },
    ]);
  });

  it("says which type is not on offer any more", async () => {
    expect(await ask("192.0.2.77", { ...relay, serverType: "cx22" })).toEqual({ isTypeOffered: false });
  });

  it("that refuses or does not answer says nothing, which is no fault of the relay's", async () => {
    expect(await askCloud({ endpoint: cloud.url, token: "another" }, "192.0.2.77", relay)).toBeUndefined();
    expect(await askCloud({ endpoint: "http://127.0.0.1:9/v1", token }, "192.0.2.77", relay)).toBeUndefined();
  });
});
