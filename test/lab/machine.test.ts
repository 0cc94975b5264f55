/** Parts of the lab's machines and network that can be shown without booting one. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { dhcpReply } from "../../lab/core/dhcp.ts";
import { document } from "../../lab/core/metadata.ts";
import { machineFiles } from "../../lab/machine/initrd.ts";
import { isRunning, markProcess } from "../../lab/machine/process.ts";
import { dhcpConfig, setUpScript } from "../../lab/network/isp-files.ts";
import { delegatedPrefix, homeAt, interfaceId } from "../../lab/network/topology.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-machine-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("busybox's cpio unpacks the files of a machine, with their modes", () => {
  const archive = gunzipSync(
    machineFiles({
      "/root/.ssh/authorized_keys": { text: "ssh-ed25519 AAAA\n", mode: 0o600 },
      "/etc/hostname": { text: "odd length" },
    }),
  );
  execFileSync("busybox", ["cpio", "-idm"], {
    cwd: folder,
    input: archive,
    stdio: ["pipe", "ignore", "ignore"],
  });
  expect(readFileSync(`${folder}/machine/root/.ssh/authorized_keys`, "utf8")).toBe("ssh-ed25519 AAAA\n");
  expect(readFileSync(`${folder}/machine/etc/hostname`, "utf8")).toBe("odd length");
  expect(statSync(`${folder}/machine/root/.ssh`).mode & 0o777).toBe(0o700);
  expect(statSync(`${folder}/machine/root/.ssh/authorized_keys`).mode & 0o777).toBe(0o600);
});

test("a mark does not take another process with the same pid for its own", () => {
  const mark = markProcess(process.pid);
  expect(isRunning(mark)).toBe(true);
  expect(isRunning({ ...mark, startTime: "1" })).toBe(false);
});

describe("addresses", () => {
  test("interface identifier as in RFC 4291, appendix A", () => {
    expect(interfaceId("34:56:78:9a:bc:de")).toBe("3656:78ff:fe9a:bcde");
  });

  test("homes differ in bridges, links and prefixes, never in their LAN", () => {
    const [one, two] = [homeAt(1, "openwrt"), homeAt(2, "debian")];
    expect([one.wan, one.lan, one.name]).toEqual(["lab-wan", "lab-lan", "home"]);
    expect([two.wan, two.lan, two.name]).toEqual(["lab-wan2", "lab-lan2", "home2"]);
    expect(delegatedPrefix(1, 0)).toBe("2001:db8:b100::");
    expect(delegatedPrefix(2, 1)).toBe("2001:db8:b201::");
  });
});

describe("DHCP", () => {
  const query = Buffer.alloc(300);
  query.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  Buffer.from("960000000007", "hex").copy(query, 28);
  query.writeUInt32BE(0x63825363, 236);
  const lease = { ipv4: "203.0.113.10", gateway: "172.31.1.1", hostName: "relay" };

  test("an offer has the address, the asker's transaction, and the gateway by classless routes", () => {
    query.set([53, 1, 1, 255], 240);
    const reply = dhcpReply(query, lease) ?? Buffer.alloc(0);
    expect(reply[0]).toBe(2);
    expect(reply.subarray(4, 8).toString("hex")).toBe("deadbeef");
    expect([...reply.subarray(16, 20)]).toEqual([203, 0, 113, 10]);
    // RFC 3442: 172.31.1.1/32 on the link, 0.0.0.0/0 by way of it.
    expect(reply.includes(Buffer.from([121, 14, 32, 172, 31, 1, 1, 0, 0, 0, 0, 0, 172, 31, 1, 1]))).toBe(
      true,
    );
    expect(reply.includes(Buffer.from([53, 1, 2]))).toBe(true);
  });

  test("a release is not answered", () => {
    query.set([53, 1, 7, 255], 240);
    expect(dhcpReply(query, lease)).toBeUndefined();
  });
});

test("the metadata service gives user data as it came, and nothing at an unknown path", () => {
  const order = {
    id: 7,
    name: "relay",
    image: "debian-13",
    memoryMiB: 512,
    publicIpv4: "203.0.113.10",
    ipv6Prefix: "2001:db8:1:1::/64",
    userData: "#cloud-config\n{}\n",
    sshKeys: [],
  };
  const server = { order, mac: "96:00:00:00:00:07" };
  expect(document("/hetzner/v1/userdata", server)).toBe("#cloud-config\n{}\n");
  expect(document("/hetzner/v1/metadata", server)).toContain('"address":"2001:db8:1:1::1/64"');
  expect(document("/latest/meta-data", server)).toBeUndefined();
});

describe("the ISP", () => {
  const homes = [homeAt(1, "openwrt"), homeAt(2, "debian"), homeAt(3, "none")];

  test("its script is one that dash and shellcheck accept", () => {
    const script = setUpScript(homes, 1500);
    execFileSync("shellcheck", ["-s", "dash", "-"], { input: script });
    expect(script).toContain("remote 2001:db8:a:1:5054:ff:fe00:101 encaplimit none");
    expect(script).not.toContain("aftr2");
  });

  test("a known router keeps its prefix by its DUID; an unknown one finds one prefix in the pool", () => {
    const config = dhcpConfig(homes, (index) => (index === 1 ? 1 : 0));
    expect(config).toContain(
      "dhcp6.client-id 00:03:00:01:52:54:00:00:01:01;\n  fixed-prefix6 2001:db8:b101::/56;",
    );
    expect(config).toContain("prefix6 2001:db8:b300:: 2001:db8:b300:: /56;");
  });
});
