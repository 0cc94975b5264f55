import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseSpec } from "../../src/config/parse.ts";
import type { HcloudRelaySpec } from "../../src/config/spec.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { HetznerRelay } from "../../src/stack/hetzner.ts";
import { config } from "../config/examples.ts";
import { mockEngine, type Registered, settled } from "./mocks.ts";

const login = makeKeyPair();
const hostKey = makeKeyPair();

const relayOf = (relay: object) => parseSpec(config({ relay })).spec.relay as HcloudRelaySpec;

/** What Hetzner Cloud and our provider would answer. */
const cloud = ({ type, inputs }: { type: string; inputs: { type?: string } }): Record<string, unknown> => {
  if (type === "relay4in6:index:HostKey")
    return { privateKey: hostKey.private, publicKey: hostKey.public.trim() };
  if (type === "hcloud:index/primaryIp:PrimaryIp") {
    return inputs.type === "ipv4"
      ? { id: 11, ipAddress: "203.0.113.7" }
      : { id: 12, ipAddress: "2001:db8:1::1", ipNetwork: "2001:db8:1::/64" };
  }
  if (type === "hcloud:index/firewall:Firewall") return { id: 13 };
  if (type === "hcloud:index/server:Server") return { ipv6Address: "2001:db8:1::1" };
  return {};
};

async function relayWith(change: object, more: object = {}) {
  const registered = await mockEngine(cloud);
  const relay = new HetznerRelay("relay", relayOf(change), {
    privateKey: login.private,
    serverType: "cx22",
    cloud: { endpoint: "https://cloud.invalid/v1", token: "a-token" },
    there: [],
    ...more,
  });
  const { value: facts } = await settled(relay.facts);
  await settled(relay.urn);
  const server = await waitFor(registered, "hcloud:index/server:Server");
  return { relay, facts, registered, server };
}

async function waitFor(registered: Registered[], type: string): Promise<Registered> {
  for (;;) {
    const found = registered.find((resource) => resource.type === type);
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a relay on Hetzner Cloud", () => {
  let made: Awaited<ReturnType<typeof relayWith>>;
  beforeAll(async () => {
    made = await relayWith({ management: { port: 2222 } });
  });

  it("is an SSH key, a host key, two primary addresses, a server, and what takes leftovers away", () => {
    expect(made.registered.map(({ type }) => type).toSorted()).toEqual([
      "hcloud:index/primaryIp:PrimaryIp",
      "hcloud:index/primaryIp:PrimaryIp",
      "hcloud:index/server:Server",
      "hcloud:index/sshKey:SshKey",
      "relay4in6:index:HetznerRelay",
      "relay4in6:index:HostKey",
      "relay4in6:index:Leftovers",
    ]);
  });

  it("can be found in the cloud: every resource is labelled with the stack", () => {
    const inCloud = made.registered.filter(({ type }) => type.startsWith("hcloud:"));
    for (const { inputs } of inCloud) {
      expect(inputs.labels).toEqual({ "managed-by": "relay4in6", stack: "test" });
      expect(inputs.name).toMatch(/^relay4in6-test/);
    }
  });

  it("has addresses that outlive their server", () => {
    const addresses = made.registered.filter(({ type }) => type === "hcloud:index/primaryIp:PrimaryIp");
    expect(addresses.map(({ inputs }) => inputs)).toMatchObject([
      { type: "ipv4", autoDelete: false, location: "fsn1" },
      { type: "ipv6", autoDelete: false, location: "fsn1" },
    ]);
  });

  it("has the addresses by their ids, and the key that the operator has", () => {
    expect(made.server.inputs).toMatchObject({
      serverType: "cx22",
      image: "debian-13",
      location: "fsn1",
      publicNets: [{ ipv4Enabled: true, ipv4: 11, ipv6Enabled: true, ipv6: 12 }],
    });
    const key = made.registered.find(({ type }) => type === "hcloud:index/sshKey:SshKey");
    expect(key?.inputs.publicKey).toBe(login.public.trim().split(" ").slice(0, 2).join(" "));
  });

  it("is replaced by nothing that only matters at its creation", () => {
    expect(made.server.ignoreChanges.toSorted()).toEqual([
      "image",
      "location",
      "serverType",
      "sshKeys",
      "userData",
    ]);
  });

  it("keeps its private host key, and the user data that holds it, secret", () => {
    const mark = "4dabf18193072939515e22adb298388d";
    expect(made.server.inputs.userData[mark]).toBe("1b47061264138c4ac30d75fd1eb44270");
    const key = made.registered.find(({ type }) => type === "relay4in6:index:HostKey");
    expect(key?.secretOutputs).toEqual(["privateKey"]);
  });

  it("is told its host key and SSH port at its first boot, in YAML", () => {
    const text: string = made.server.inputs.userData.value;
    expect(text.split("\n")[0]).toBe("#cloud-config");
    expect(parse(text)).toEqual({
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: hostKey.private, ed25519_public: hostKey.public.trim() },
      ssh_pwauth: false,
      disable_root: false,
      write_files: [{ path: "/etc/ssh/sshd_config.d/relay4in6.conf", content: "Port 2222\n" }],
      runcmd: [["systemctl", "restart", "ssh"]],
    });
  });

  it("tells the plan its address and prefix, and the operator how to log in", async () => {
    expect(made.facts).toMatchObject({ ipv4: "203.0.113.7", prefix: "2001:db8:1::/64", mtu: 1500 });
    expect(made.facts.hostKey).toBe(hostKey.public.trim());
    const { host, port, user, hostKey: pinned } = made.relay.access;
    expect(port).toBe(2222);
    expect(user).toBe("root");
    expect((await settled(host as never)).value).toBe("2001:db8:1::1");
    expect((await settled(pinned as never)).value).toBe(hostKey.public.trim());
  });
});

describe("a relay that is managed over IPv4 and keeps its address", () => {
  it("is logged in to at its IPv4 address, and leaves the addresses behind", async () => {
    const { relay, registered, server } = await relayWith({
      management: { over: "ipv4" },
      keepAddress: true,
    });
    expect((await settled(relay.access.host as never)).value).toBe("203.0.113.7");
    const kept = registered.filter(({ retainOnDelete }) => retainOnDelete).map(({ name }) => name);
    expect(kept.toSorted()).toEqual(["relay-ipv4", "relay-ipv6"]);
    expect(parse(server.inputs.userData.value)).not.toHaveProperty("runcmd");
  });
});

describe("a relay behind a firewall of the cloud's", () => {
  it("is made with it, so that it is never seen without", async () => {
    const rule = { protocol: "tcp", port: "443", sources: ["0.0.0.0/0"], description: "services" } as const;
    const gre = { protocol: "gre", sources: ["::/0"], description: "tunnels" } as const;
    const { registered, server } = await relayWith({}, { firewall: [rule, gre] });
    const firewall = registered.find(({ type }) => type === "hcloud:index/firewall:Firewall");
    expect(firewall?.inputs).toEqual({
      name: "relay4in6-test",
      labels: { "managed-by": "relay4in6", stack: "test" },
      rules: [
        { direction: "in", protocol: "tcp", port: "443", sourceIps: ["0.0.0.0/0"], description: "services" },
        { direction: "in", protocol: "gre", sourceIps: ["::/0"], description: "tunnels" },
      ],
    });
    expect(server.inputs.firewallIds).toEqual([13]);
    expect(server.dependencies.join()).toContain("Firewall::relay-firewall");
  });

  it("says nothing of one where none is asked for: what the user attached stays", async () => {
    const { server } = await relayWith({});
    expect(server.inputs).not.toHaveProperty("firewallIds");
  });
});
