import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cloud, CloudOptions } from "../../lab/cloud/index.ts";
import { documentationAddresses, startCloud, unavailable } from "../../lab/cloud/index.ts";
import { MemoryMachines } from "./memory-machines.ts";

const TOKEN = "a-token-of-the-lab";
// The private half was thrown away.
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOk72PXP7MHK7l9eB/zriD4AhPsKbTm3IteDRBkxRvLJ lab";

let folder: string;
let machines: MemoryMachines;
let cloud: Cloud;

const start = (options: Partial<CloudOptions> = {}) =>
  startCloud({
    listen: { host: "127.0.0.1", port: 0 },
    token: TOKEN,
    stateFile: join(folder, "state.json"),
    machines,
    addresses: documentationAddresses(),
    ...options,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-cloud-"));
  machines = new MemoryMachines();
  cloud = await start();
});

afterEach(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

/** Runs the independent client; Debian's package hcloud-cli has it. */
function hcloud(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const env = { ...process.env, HCLOUD_TOKEN: TOKEN, HCLOUD_ENDPOINT: cloud.url, HOME: folder };
  const polled = ["--poll-interval", "20ms", ...args];
  return new Promise((resolve, reject) => {
    execFile("hcloud", polled, { env: { ...env, ...hcloudEnv } }, (error, out, err) => {
      if (error && error.code === "ENOENT")
        reject(new Error("hcloud is not installed: apt-get install hcloud-cli"));
      else resolve({ status: Number(error?.code ?? 0), out, err: err.trim() });
    });
  });
}
let hcloudEnv: Record<string, string> = {};
beforeEach(() => {
  hcloudEnv = {};
});

const ok = async (...args: string[]) => {
  const done = await hcloud(...args);
  expect(done, done.err).toMatchObject({ status: 0 });
  return done.out;
};

interface Reply {
  status: number;
  headers: Headers;
  body: any;
}

async function call(method: string, path: string, body?: unknown, token = TOKEN): Promise<Reply> {
  const response = await fetch(`${cloud.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

const settled = (id: number) =>
  expect.poll(async () => (await call("GET", `/actions/${id}`)).body.action.status).not.toBe("running");

const order = { name: "relay", server_type: "cpx11", image: "debian-13", location: "fsn1" };

describe("with the hcloud client", () => {
  test("a relay's life: key, addresses, server, description, deletion, nothing left", async () => {
    await writeFile(join(folder, "key.pub"), KEY);
    await ok("ssh-key", "create", "--name", "lab", "--public-key-from-file", join(folder, "key.pub"));
    await ok("primary-ip", "create", "--type", "ipv4", "--name", "v4", "--datacenter", "fsn1-dc14");
    await ok("primary-ip", "create", "--type", "ipv6", "--name", "v6", "--datacenter", "fsn1-dc14");
    await writeFile(join(folder, "user-data"), "#cloud-config\n");
    const created = await ok(
      ...["server", "create", "--name", "relay", "--type", "cpx11", "--image", "debian-13"],
      ...["--location", "fsn1", "--ssh-key", "lab", "--primary-ipv4", "v4", "--primary-ipv6", "v6"],
      ...["--user-data-from-file", join(folder, "user-data"), "--label", "managed-by=relay4in6"],
    );
    expect(created).toContain("IPv4: 203.0.113.10\nIPv6: 2001:db8:1:1::1\nIPv6 Network: 2001:db8:1:1::/64");
    const [[id, machine] = []] = [...machines.orders];
    expect(machine).toEqual({
      id,
      name: "relay",
      image: "debian-13",
      memoryMiB: 2048,
      publicIpv4: "203.0.113.10",
      ipv6Prefix: "2001:db8:1:1::/64",
      userData: "#cloud-config\n",
      sshKeys: [KEY],
    });
    expect(await ok("server", "list", "-o", "noheader", "-o", "columns=name,status,ipv4,ipv6")).toMatch(
      /^relay +running +203\.0\.113\.10 +2001:db8:1:1::\/64\s*$/,
    );
    expect(await ok("server", "describe", "relay")).toContain("managed-by: relay4in6");
    expect((await hcloud("primary-ip", "delete", "v4")).err).toContain("(must_be_unassigned)");

    expect(await ok("server", "delete", "relay")).toContain("deleted");
    await expect.poll(() => ok("server", "list", "-o", "noheader")).toBe("");
    expect(machines.orders.size).toBe(0);
    // Addresses made on their own outlive the server.
    expect(await ok("primary-ip", "list", "-o", "noheader", "-o", "columns=name,assignee")).toMatch(
      /^v4 +-\s+v6 +-\s*$/,
    );
    for (const name of ["v4", "v6"]) await ok("primary-ip", "delete", name);
    await ok("ssh-key", "delete", "lab");
    for (const kind of ["ssh-key", "primary-ip", "server", "firewall"])
      expect(await ok(kind, "list", "-o", "noheader")).toBe("");
  });

  test("a firewall's life: rules, a server that is made with it, other rules, and it goes when nobody has it", async () => {
    const rule = (port: string, ...sources: string[]) => ({
      ...{ direction: "in", protocol: "tcp", port, source_ips: sources, description: "web" },
    });
    await writeFile(join(folder, "rules.json"), JSON.stringify([rule("443", "0.0.0.0/0", "::/0")]));
    await ok("firewall", "create", "--name", "wall", "--rules-file", join(folder, "rules.json"));
    const server = ["server", "create", "--name", "relay", "--type", "cpx11", "--image", "debian-13"];
    await ok(...server, "--firewall", "wall");
    const [[id = 0] = []] = [...machines.orders];
    const tcp = { direction: "in", protocol: "tcp", destination_ips: [], description: "web" };
    expect(machines.filters.get(id)).toEqual([{ ...tcp, port: "443", source_ips: ["0.0.0.0/0", "::/0"] }]);
    // Before it runs, so that nothing has got through meanwhile.
    expect(machines.log).toEqual([`create ${id}`, `filter ${id}`, `powerOn ${id}`]);
    expect(
      await ok("firewall", "list", "-o", "noheader", "-o", "columns=name,rules_count,applied_to_count"),
    ).toMatch(/^wall +1 Rule +1 Server /);
    expect(await ok("firewall", "describe", "wall")).toMatch(
      /Protocol:\s+tcp[^]*Port:\s+443[^]*Server Name:\s+relay/,
    );
    expect((await hcloud("firewall", "delete", "wall")).err).toContain("(resource_in_use)");

    await writeFile(join(folder, "rules.json"), JSON.stringify([rule("any", "198.51.100.0/24")]));
    await ok("firewall", "replace-rules", "wall", "--rules-file", join(folder, "rules.json"));
    await expect
      .poll(() => machines.filters.get(id))
      .toEqual([{ ...tcp, port: "any", source_ips: ["198.51.100.0/24"] }]);
    await ok("firewall", "remove-from-resource", "wall", "--type", "server", "--server", "relay");
    await expect.poll(() => machines.filters.get(id)).toBeUndefined();
    await ok("firewall", "apply-to-resource", "wall", "--type", "server", "--server", "relay");
    await ok("server", "delete", "relay");
    await expect.poll(() => ok("server", "list", "-o", "noheader")).toBe("");
    await ok("firewall", "delete", "wall");
    expect(await ok("firewall", "list", "-o", "noheader")).toBe("");
  });

  test("a wrong token, names that are taken, things that are not there", async () => {
    hcloudEnv = { HCLOUD_TOKEN: "another" };
    expect(await hcloud("server", "list")).toMatchObject({
      status: 1,
      err: "hcloud: unable to authenticate (unauthorized)",
    });
    hcloudEnv = {};
    const create = ["server", "create", "--name", "relay", "--type", "cpx11", "--image", "debian-13"];
    await ok(...create);
    expect((await hcloud(...create)).err).toBe("hcloud: server name is already used (uniqueness_error)");
    expect((await hcloud("server", "describe", "42")).err).toBe("hcloud: server not found: 42");
    const misnamed = await hcloud(
      "server",
      "create",
      "--name",
      "a_b",
      "--type",
      "cpx11",
      "--image",
      "debian-13",
    );
    expect(misnamed.err).toContain("invalid input in field 'name'");
  });

  test("labels are set, replaced, removed and selected by", async () => {
    for (const name of ["one", "two"])
      await call("POST", "/servers", { ...order, name, labels: { n: name } });
    await expect.poll(() => machines.on.size).toBe(2);
    await ok("server", "add-label", "one", "tier=relay");
    await ok("server", "add-label", "one", "tier=home", "--overwrite");
    const chosen = (selector: string) =>
      ok("server", "list", "-l", selector, "-o", "noheader", "-o", "columns=name").then((text) =>
        text.trim().split(/\s+/).join(" "),
      );
    expect(await chosen("tier")).toBe("one");
    expect(await chosen("!tier")).toBe("two");
    expect(await chosen("tier=home,n==one")).toBe("one");
    expect(await chosen("n!=one")).toBe("two");
    expect(await chosen("n in (one, two)")).toBe("one two");
    expect(await chosen("n notin (one)")).toBe("two");
    await ok("server", "remove-label", "one", "tier");
    expect(await chosen("tier")).toBe("");
    expect((await hcloud("server", "list", "-l", "n in one")).err).toContain("(invalid_input)");
  });

  test("a list of more than 50 comes in pages, whole and in order", async () => {
    for (let n = 0; n < 60; n += 1)
      await call("POST", "/primary_ips", { name: `ip-${n}`, type: "ipv4", location: "hel1" });
    const pages = [];
    for (const page of [1, 2]) pages.push((await call("GET", `/primary_ips?per_page=50&page=${page}`)).body);
    expect(pages.map((page) => page.primary_ips.length)).toEqual([50, 10]);
    expect(pages[0].meta.pagination).toEqual({
      page: 1,
      per_page: 50,
      previous_page: null,
      next_page: 2,
      last_page: 2,
      total_entries: 60,
    });
    expect(await everyKey()).toEqual(Array.from({ length: 55 }, (_, n) => `key-${n}`));
  });

  test("the rate limit is told in headers and refuses with 429", async () => {
    await cloud.close();
    cloud = await start({ rateLimit: { limit: 3, perSecond: 0.001 } });
    const first = await call("GET", "/servers");
    expect(first.headers.get("ratelimit-limit")).toBe("3");
    expect(first.headers.get("ratelimit-remaining")).toBe("2");
    expect(Number(first.headers.get("ratelimit-reset"))).toBeGreaterThan(Date.now() / 1000 + 900);
    for (let n = 0; n < 2; n += 1) await call("GET", "/servers");
    const refused = await call("GET", "/servers");
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "rate_limit_exceeded" } } });
    expect(refused.headers.get("ratelimit-remaining")).toBe("0");
    expect((await hcloud("server", "list")).err).toContain("(rate_limit_exceeded)");
    // Another token is refused for what it is, and costs nothing.
    expect((await call("GET", "/servers", undefined, "another")).status).toBe(401);
  });
});

/** Makes 55 SSH keys and lists them with the client, which has to follow the pages. */
async function everyKey(): Promise<string[]> {
  for (let n = 0; n < 55; n += 1) {
    const blob = Buffer.from(KEY.split(" ")[1] ?? "", "base64");
    blob.writeUInt8(n, blob.length - 1);
    const made = await call("POST", "/ssh_keys", {
      name: `key-${n}`,
      public_key: `ssh-ed25519 ${blob.toString("base64")}`,
    });
    expect(made.status).toBe(201);
  }
  return (await ok("ssh-key", "list", "-o", "noheader", "-o", "columns=name")).trim().split(/\s+/);
}

const gre = { direction: "in", protocol: "gre", source_ips: ["::/0"] };

describe("errors", () => {
  test("422 names every field at fault", async () => {
    const { status, body } = await call("POST", "/servers", { name: "-", image: "debian-13", ssh_keys: 1 });
    expect(status).toBe(422);
    expect(body.error).toMatchObject({ code: "invalid_input" });
    expect(body.error.details.fields.map((field: { name: string }) => field.name)).toEqual([
      "name",
      "server_type",
      "ssh_keys",
    ]);
    expect(body.error.details.fields[1].messages).toEqual(["Missing data for required field."]);
  });

  test.each([
    ["GET", "/servers/42", undefined, 404, "not_found"],
    ["GET", "/no_such_thing", undefined, 404, "not_found"],
    ["PUT", "/servers", {}, 405, "method_not_allowed"],
    ["POST", "/ssh_keys", "{", 400, "json_error"],
    ["GET", "/servers?per_page=51", undefined, 422, "invalid_input"],
    ["POST", "/ssh_keys", { name: "k", public_key: "ssh-ed25519 AAAA" }, 422, "invalid_input"],
    ["POST", "/primary_ips", { name: "p", type: "ipv4" }, 422, "invalid_input"],
    ["POST", "/primary_ips", { name: "p", type: "ipv4", location: "mars" }, 422, "invalid_input"],
    ["POST", "/servers", { ...order, labels: { "-": "x" } }, 422, "invalid_input"],
    ["POST", "/servers", { ...order, datacenter: "fsn1-dc14" }, 422, "invalid_input"],
    ["POST", "/servers", { ...order, firewalls: [{ firewall: 1 }] }, 422, "invalid_input"],
    ["POST", "/firewalls", { name: "w", rules: [{ ...gre, protocol: "ipip" }] }, 422, "invalid_input"],
    ["POST", "/firewalls", { name: "w", rules: [{ ...gre, port: "1" }] }, 422, "invalid_input"],
    ["POST", "/firewalls", { name: "w", rules: [{ ...gre, protocol: "udp" }] }, 422, "invalid_input"],
    ["POST", "/firewalls", { name: "w", rules: [{ ...gre, source_ips: [] }] }, 422, "invalid_input"],
    ["POST", "/firewalls", { name: "w", rules: [{ ...gre, source_ips: ["::1"] }] }, 422, "invalid_input"],
    ["POST", "/firewalls", { name: "w", rules: Array(51).fill(gre) }, 422, "invalid_input"],
    ["POST", "/firewalls", { name: "w", apply_to: [{ type: "label_selector" }] }, 422, "invalid_input"],
    [
      ...(["POST", "/firewalls", { name: "w", apply_to: [{ type: "server", server: { id: 1 } }] }] as const),
      422,
      "firewall_resource_not_found",
    ],
    ["POST", "/servers", { ...order, user_data: "x".repeat(32769) }, 422, "invalid_input"],
    ["POST", "/servers", { ...order, server_type: "cx22" }, 422, "invalid_input"],
    ["POST", "/servers", { ...order, location: "hel1" }, 422, "invalid_input"],
    ["POST", "/servers", { ...order, server_type: "cx23" }, 412, "resource_unavailable"],
  ])("%s %s %j: %i %s", async (method, path, body, status, code) => {
    expect(await call(method, path, body)).toMatchObject({ status, body: { error: { code } } });
    expect((await call("GET", "/servers")).body.servers).toEqual([]);
    expect((await call("GET", "/primary_ips")).body.primary_ips).toEqual([]);
    expect((await call("GET", "/firewalls")).body.firewalls).toEqual([]);
  });

  test("faults come at the call they are set for, before or after its effect", async () => {
    const key = (name: string) => call("POST", "/ssh_keys", { name, public_key: KEY });
    cloud.inject([{ method: "POST", path: /^\/ssh_keys/, call: 1, answer: unavailable }]);
    expect(await key("a")).toMatchObject({ status: 503, body: { error: { code: "unavailable" } } });
    expect((await call("GET", "/ssh_keys")).body.ssh_keys).toEqual([]);
    cloud.inject([{ call: 1, when: "after", answer: "hangup" }]);
    await expect(key("b")).rejects.toThrow();
    expect((await call("GET", "/ssh_keys")).body.ssh_keys).toMatchObject([{ name: "b" }]);
  });
});

describe("servers and addresses", () => {
  test("an action runs, then ends; meanwhile the server is locked", async () => {
    let open = () => {};
    machines.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { body } = await call("POST", "/servers", order);
    expect(body.action).toMatchObject({ command: "create_server", status: "running", finished: null });
    expect(body.next_actions).toMatchObject([{ command: "start_server", status: "running" }]);
    expect(body.server).toMatchObject({ status: "initializing", locked: true });
    const path = `/servers/${body.server.id}`;
    expect(await call("DELETE", path)).toMatchObject({ status: 423, body: { error: { code: "locked" } } });
    expect(await call("POST", `${path}/actions/reset`)).toMatchObject({ status: 423 });
    open();
    await settled(body.next_actions[0].id);
    const done = (await call("GET", `${path}/actions`)).body.actions;
    expect(done).toMatchObject([
      { status: "success", progress: 100 },
      { status: "success", progress: 100 },
    ]);
    expect((await call("GET", path)).body.server).toMatchObject({ status: "running", locked: false });
  });

  test("a machine that cannot be made is an action that failed, and can be deleted", async () => {
    machines.failure = "no room";
    const { body } = await call("POST", "/servers", order);
    await settled(body.next_actions[0].id);
    expect((await call("GET", `/actions/${body.action.id}`)).body.action).toMatchObject({
      status: "error",
      error: { code: "action_failed", message: "no room" },
    });
    await settled((await call("DELETE", `/servers/${body.server.id}`)).body.action.id);
    expect((await call("GET", "/servers")).body.servers).toEqual([]);
    // Addresses that the server brought along go with it.
    expect((await call("GET", "/primary_ips")).body.primary_ips).toEqual([]);
  });

  test("power, reset, protection", async () => {
    const { body } = await call("POST", "/servers", order);
    const path = `/servers/${body.server.id}`;
    await settled(body.next_actions[0].id);
    const status = async () => (await call("GET", path)).body.server.status;
    const act = async (name: string, input?: unknown) => {
      const reply = await call("POST", `${path}/actions/${name}`, input);
      expect(reply.status).toBe(201);
      await settled(reply.body.action.id);
    };
    await act("reset");
    expect(machines.log.at(-1)).toBe(`reset ${body.server.id}`);
    const bigger = { server_type: "cx33", upgrade_disk: false };
    expect(await call("POST", `${path}/actions/change_type`, bigger)).toMatchObject({
      status: 422,
      body: { error: { code: "server_not_stopped" } },
    });
    await act("poweroff");
    expect(await status()).toBe("off");
    await act("change_type", bigger);
    expect((await call("GET", path)).body.server.server_type.name).toBe("cx33");
    await act("reset");
    expect(await status()).toBe("running");
    machines.on.clear(); // the guest switched itself off
    expect(await status()).toBe("off");
    await act("change_protection", { delete: true });
    expect(await call("DELETE", path)).toMatchObject({ status: 423, body: { error: { code: "protected" } } });
  });

  test("an address moves between servers that are off, and only as the real one lets it", async () => {
    const ip = (await call("POST", "/primary_ips", { name: "p", type: "ipv4", location: "fsn1" })).body
      .primary_ip;
    expect(ip).toMatchObject({ ip: "203.0.113.10", assignee_id: null, assignee_type: "unassigned" });
    const wanted = { ...order, public_net: { enable_ipv4: true, enable_ipv6: false, ipv4: ip.id } };
    const far = { ...wanted, location: "hel1", server_type: "cx33" };
    const code = (reply: Reply) => [reply.status, reply.body.error?.code];
    expect(code(await call("POST", "/servers", far))).toEqual([422, "primary_ip_datacenter_mismatch"]);
    const crossed = {
      ...wanted,
      public_net: { ...wanted.public_net, enable_ipv6: true, ipv6: ip.id, ipv4: null },
    };
    expect(code(await call("POST", "/servers", crossed))).toEqual([412, "primary_ip_version_mismatch"]);
    const { body } = await call("POST", "/servers", wanted);
    await settled(body.next_actions[0].id);
    expect(code(await call("POST", "/servers", { ...wanted, name: "b" }))).toEqual([
      422,
      "primary_ip_assigned",
    ]);
    const unassign = () => call("POST", `/primary_ips/${ip.id}/actions/unassign`);
    expect(code(await unassign())).toEqual([422, "server_not_stopped"]);
    await settled((await call("POST", `/servers/${body.server.id}/actions/poweroff`)).body.action.id);
    await settled((await unassign()).body.action.id);
    expect((await call("GET", `/servers/${body.server.id}`)).body.server.public_net.ipv4).toBeNull();
    const assign = { assignee_id: body.server.id, assignee_type: "server" };
    await settled((await call("POST", `/primary_ips/${ip.id}/actions/assign`, assign)).body.action.id);
    expect((await call("GET", `/servers/${body.server.id}`)).body.server.public_net.ipv4.ip).toBe(ip.ip);
  });

  test("the catalogue says per location what is offered", async () => {
    const [type] = (await call("GET", "/server_types?name=cx23")).body.server_types;
    expect(type.prices.map((price: { location: string }) => price.location)).toEqual([
      "fsn1",
      "nbg1",
      "hel1",
    ]);
    expect(type.prices[0].price_monthly).toEqual({
      net: "3.4900000000",
      gross: expect.stringMatching(/^4\.153/),
    });
    expect(type.locations).toMatchObject([
      { name: "fsn1", available: false },
      { name: "nbg1", available: true },
      { name: "hel1", available: true },
    ]);
    const arm = (await call("GET", "/images?name=debian-13&architecture=arm")).body.images;
    expect(arm).toMatchObject([{ name: "debian-13", architecture: "arm", status: "available" }]);
  });
});

test("a restarted cloud knows what it knew; what ran is told as failed", async () => {
  const { body } = await call("POST", "/servers", order);
  await settled(body.next_actions[0].id);
  await cloud.close();
  const file = join(folder, "state.json");
  const state = JSON.parse(await readFile(file, "utf8"));
  state.actions[1].status = "running";
  await writeFile(file, JSON.stringify(state));
  cloud = await start();
  expect((await call("GET", `/servers/${body.server.id}`)).body.server).toMatchObject({
    name: "relay",
    status: "running",
    public_net: { ipv4: { ip: "203.0.113.10" } },
  });
  expect((await call("GET", `/actions/${state.actions[1].id}`)).body.action).toMatchObject({
    status: "error",
    error: { message: "the cloud was restarted while this ran" },
  });
  const next = await call("POST", "/primary_ips", { name: "next", type: "ipv4", location: "fsn1" });
  expect(next.body.primary_ip.ip).toBe("203.0.113.11");
  expect(next.body.primary_ip.id).toBeGreaterThan(body.server.id);
});
