import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan, type Tunnel, tunnelsOf } from "../../src/plan/index.ts";
import { debianHome, openwrtHome, planOf } from "../render/specs.ts";
import { specAndFacts } from "./arbitraries.ts";

const services = [{ port: 443, to: "192.168.1.210" }];
const tunnels = (...transport: string[]) =>
  planOf({
    homes: [{ ...openwrtHome, transport: transport.length === 1 ? transport[0] : transport }],
    services,
  }).relay.tunnels;

/** What makes a device, its addresses and its own rules and route. */
const made = ({ device, inner, mtu, priorities, metric, outer }: Tunnel) => ({
  ...{ device, inner, mtu, priorities, metric, outer },
});

describe("two paths to a home", () => {
  it("are two tunnels with one table, mark, zone and segment size", () => {
    const [first, second] = tunnels("ipip6", "wireguard") as [Tunnel, Tunnel];
    expect([first.device, second.device]).toEqual(["wrap1", "wrap1wg"]);
    for (const key of ["home", "table", "zone", "marks", "mss", "servers"] as const)
      expect(second[key]).toEqual(first[key]);
    expect(first.mss).toBe(second.mtu - 40);
  });

  it("are preferred in the order of the config, whatever their own routes are", () => {
    const metrics = (...transport: string[]) =>
      tunnels(...transport).map(({ device, metric, answeringMetric }) => [device, metric, answeringMetric]);
    expect(metrics("ipip6", "wireguard")).toEqual([
      ["wrap1", 1001, 1],
      ["wrap1wg", 1002, 2],
    ]);
    expect(metrics("wireguard", "ipip6")).toEqual([
      ["wrap1wg", 1002, 1],
      ["wrap1", 1001, 2],
    ]);
  });

  it("are each what they are alone, so that one comes and goes beside the other", () => {
    const [ipip6, wireguard] = tunnels("ipip6", "wireguard") as [Tunnel, Tunnel];
    expect(made(ipip6)).toEqual(made(tunnels("ipip6")[0] as Tunnel));
    expect(made(wireguard)).toEqual(made(tunnels("wireguard")[0] as Tunnel));
  });

  it("know the prefix by the one that ends there", () => {
    const { homes } = planOf({
      homes: [{ ...debianHome, prefix: "auto", transport: ["wireguard", "ipip6"] }],
      services,
    });
    const [home] = homes;
    expect(home?.tunnel.knownBy).toBe("key");
    expect(home?.spare?.knownBy).toBe("endpoint");
    expect(home?.follow).toBeDefined();
  });

  it("never share a device, an inner address, or a metric of one table", () => {
    fc.assert(
      fc.property(specAndFacts, ({ spec, facts }) => {
        const { relay, homes } = plan(spec, facts);
        const unique = (values: unknown[]) => expect(new Set(values).size).toBe(values.length);
        unique(relay.tunnels.map(({ device }) => device));
        unique(relay.tunnels.flatMap(({ inner }) => [inner.relay, inner.home]));
        unique(relay.tunnels.flatMap(({ priorities }) => [priorities.into, priorities.outOf]));
        unique(
          relay.tunnels.flatMap(({ table, metric, answeringMetric }) => [
            `${table} ${metric}`,
            `${table} ${answeringMetric ?? device(table, metric)}`,
          ]),
        );
        expect(homes.flatMap(tunnelsOf)).toEqual(relay.tunnels);
      }),
    );
  });
});

/** Of a home with one path, something that no other has. */
function device(table: number, metric: number): string {
  return `only ${table} ${metric}`;
}
