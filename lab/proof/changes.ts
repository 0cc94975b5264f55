/**
 * Proofs of change: what a second `up`, an added, a removed service and a file changed by hand do, and what
 * they leave alone.
 */
import { spawn } from "node:child_process";
import type { Home } from "../network/topology.ts";
import { LAN } from "../network/topology.ts";
import type { Places } from "./places.ts";
import type { Proof, Report } from "./proof.ts";
import { configure, type Pulumi, SERVICES, type ServiceConfig, STACK } from "./stack.ts";

/** A TCP connection from the client on which the server sends five lines a second. */
class Stream {
  readonly #child;
  #lines = 0;
  ended = false;

  constructor(address: string, port: number) {
    this.#child = spawn(
      "ip",
      ["netns", "exec", "lab-client", "socat", "-u", "-T30", `TCP4:${address}:${port}`, "-"],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    this.#child.stdout.on("data", (data: Buffer) => {
      this.#lines += data.toString().split("\n").length - 1;
    });
    this.#child.on("close", () => {
      this.ended = true;
    });
  }

  /** Lines that arrive in the next `seconds`. */
  async lines(seconds: number): Promise<number> {
    const before = this.#lines;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return this.#lines - before;
  }

  close(): void {
    this.#child.kill();
  }
}

const added: ServiceConfig = { port: 6001, to: `${LAN.server2}:5001`, home: "haus" };

/** @param args more of pulumi's own */
export function unchanged(pulumi: Pulumi, ...args: string[]): Proof {
  return {
    name: "a second up changes nothing",
    expected: "nothing",
    measure: () => pulumi.changesOfUp(...args),
  };
}

/** @param relay the public address */
export async function proveChanges(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  homes: readonly Home[],
  relay: string,
): Promise<void> {
  await report.prove([unchanged(pulumi)], places);

  const other = new Stream(relay, 5001);
  await other.lines(2);
  await configure(homes, [added, ...SERVICES]);
  const preview = await pulumi.run("preview", "--diff", "--stack", STACK);
  const files = [...preview.matchAll(/^\s*~ (\/\S+)\s*:/gm)].map(([, path]) => path).toSorted();
  await report.add({
    name: "an added port changes one file on each end that it concerns",
    ok: files.join(" ") === "/etc/relay4in6/firewall.uci /etc/relay4in6/services.nft",
    measured: files.join(" "),
    expected: "/etc/relay4in6/firewall.uci /etc/relay4in6/services.nft",
  });
  await pulumi.up();
  const during = await other.lines(3);
  await report.add({
    name: "a transfer goes on while a service is added",
    ok: !other.ended && during >= 10,
    measured: `${during} lines in 3 s`,
    expected: "at least 10 lines in 3 s",
  });

  const removed = new Stream(relay, 6001);
  const alive = await removed.lines(3);
  await configure(homes, SERVICES);
  await pulumi.up();
  await removed.lines(2);
  const after = await removed.lines(4);
  const still = await other.lines(3);
  await report.add({
    name: "a removed service's transfer ends",
    ok: alive >= 10 && after === 0,
    measured: `${alive} lines before, ${after} after`,
    expected: "lines before, 0 after",
  });
  await report.add({
    name: "another service's transfer goes on",
    ok: still >= 10,
    measured: `${still} lines in 3 s`,
    expected: "at least 10 lines in 3 s",
  });
  removed.close();
  other.close();
  await proveDrift(report, pulumi, places);
}

/** A file changed by hand on each end is seen by a refresh and mended by the next `up`. */
async function proveDrift(report: Report, pulumi: Pulumi, { relay, home }: Places): Promise<void> {
  await relay.say("echo '# by hand' >>/etc/relay4in6/rules.v4");
  await home.say("uci set firewall.relay4in6_zone.input=ACCEPT; uci commit firewall");
  await pulumi.run("refresh", "--yes", "--skip-preview", "--stack", STACK);
  const seen = await pulumi.attempt(["preview", "--diff", "--expect-no-changes", "--stack", STACK]);
  const files = ["/etc/relay4in6/rules.v4", "/etc/relay4in6/firewall.uci"].filter((file) =>
    seen.stdout.includes(file),
  );
  await report.add({
    name: "a refresh sees what was changed by hand on both ends",
    ok: seen.status !== 0 && files.length === 2,
    measured: files.join(" "),
    expected: "/etc/relay4in6/rules.v4 /etc/relay4in6/firewall.uci",
  });
  await pulumi.up();
  const mended = `${await relay.say("grep -c 'by hand' /etc/relay4in6/rules.v4 || true")} ${await home.say("uci get firewall.relay4in6_zone.input")}`;
  await report.add({
    name: "the next up mends it",
    ok: mended === "0 REJECT",
    measured: mended,
    expected: "0 REJECT",
  });
}
