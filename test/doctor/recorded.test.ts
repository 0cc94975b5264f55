import { describe, expect, it } from "vitest";
import { foreignNat } from "../../src/doctor/ask/foreignNat.ts";
import { readRelay } from "../../src/doctor/ask/relay.ts";
import { haus, recorded, relay, zwei } from "./whole.ts";

describe("what a relay said", () => {
  it("is read", () => {
    expect(relay).toMatchObject({
      skew: 0,
      missingModules: [],
      forwards: true,
      remotes: { wrap1: "2001:db8:b100:0:203:0:113:10", wrap2: "2001:db8:b200:0:203:0:113:10" },
      translates: true,
      mss: { wrap1: { in: 1420, out: 1420 }, wrap2: { in: 1420, out: 1420 } },
      admitted: expect.arrayContaining(["2001:db8:b100:0:203:0:113:10", "2001:db8:b200:0:203:0:113:10"]),
      heard: ["wrap1", "wrap2"],
      foreignNat: [],
    });
    expect(relay.hooks).toHaveLength(8);
    expect(relay.conntrack.max).toBeGreaterThan(relay.conntrack.count);
    expect(relay.devices.find(({ name }) => name === "wrap1")).toMatchObject({
      isUp: true,
      mtu: 1460,
      tunnel: {
        kind: "ip6tnl",
        local: "2001:db8:1:1:203:0:113:10",
        remote: "2001:db8:b100:0:203:0:113:10",
        encapLimit: "none",
      },
    });
  });

  it("of an end whose clock is wrong tells by how much", () => {
    const clock = Number(/== clock\n(\d+)/.exec(recorded("relay"))?.[1]);
    expect(readRelay(recorded("relay"), clock + 100).skew).toBe(-100);
  });

  it("tells a tunnel with an encapsulation limit", () => {
    const text = recorded("relay").replace('"ip6_tnl_f_ign_encap_limit":true', '"encap_limit":4');
    const { devices } = readRelay(text, 0);
    expect(devices.find(({ name }) => name === "wrap1")?.tunnel?.encapLimit).toBe(4);
  });

  it("tells what its probe heard of the servers of homes without an end", () => {
    const port = { protocol: "tcp", ports: "443", to: "box.example", port: 8443, answer: "refused" };
    const endless = [{ home: "box", state: "down", ports: [port] }];
    const probe = {
      version: 1,
      time: 1,
      interval: 20,
      connections: 0,
      connectionsMax: 1,
      homes: [],
      endless,
    };
    const told = readRelay(`${recorded("relay")}\n== probe\n${JSON.stringify(probe)}\n`, 0);
    expect(told.endless).toEqual(endless);
    expect(relay.endless).toEqual([]);
  });

  it("is read as nothing where its tools are gone", () => {
    const { devices, rules, hooks, translates } = readRelay("== clock\n1\n== links\n== rules\n", 1);
    expect({ devices, rules, hooks, translates }).toEqual({
      devices: [],
      rules: [],
      hooks: [],
      translates: false,
    });
  });
});

describe("what homes said", () => {
  it("is read of OpenWrt", () => {
    expect(haus).toMatchObject({
      endpoint: "2001:db8:b100:0:203:0:113:10",
      reply: "wrap1",
      marksReplies: true,
      firewall: { inUci: true, isLoaded: true },
      staged: [],
    });
    expect(haus.prefixes).toContainEqual({ prefix: "2001:db8:b100::/64", isDeprecated: false });
    expect(haus.rules.find(({ priority }) => priority === 4241)).toEqual({
      priority: 4241,
      table: "42",
      fwmark: "0x1000000/0xff000000",
    });
  });

  it("is read of Debian", () => {
    expect(zwei).toMatchObject({
      endpoint: "2001:db8:b200:0:203:0:113:10",
      reply: "wrap2",
      marksReplies: true,
      keepalive: true,
    });
    expect(zwei.hooks).toHaveLength(6);
    expect(zwei.prefixes).toContainEqual({ prefix: "2001:db8:b200::/64", isDeprecated: false });
  });
});

describe("other programs' translations", () => {
  it("are found through the chains that they jump to", () => {
    const ruleset = `table ip nat {
	chain DOCKER {
		iifname "docker0" counter packets 0 bytes 0 return
		iifname != "docker0" tcp dport 8080 counter packets 3 bytes 180 dnat to 172.17.0.2:80
	}

	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local counter packets 4 bytes 240 jump DOCKER
	}
}
table ip relay4in6 {
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 443 dnat to 192.168.1.210
	}
}
`;
    expect(foreignNat(ruleset)).toEqual([
      'fib daddr type local iifname != "docker0" tcp dport 8080 dnat to 172.17.0.2:80',
    ]);
  });

  it("on the way out do not count", () => {
    const ruleset = `table ip nat {
	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "eth0" masquerade
	}
}
`;
    expect(foreignNat(ruleset)).toEqual([]);
  });
});
