/**
 * Proofs of change: what a second `up`, an added, a removed service and a file changed by hand do, and what
 * they leave alone.
 */
import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { poll } from "../command.ts";
import type { Home } from "../network/topology.ts";
import { LAN } from "../network/topology.ts";
import type { Places } from "./places.ts";
import type { Proof, Report } from "./proof.ts";
import { configure, type Pulumi, SERVICES, type ServiceConfig, STACK } from "./stack.ts";

/** Lines that a transfer that goes on brings. */
const ENOUGH = 10;

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

  /** Waits until it has brought lines for two seconds' worth; less comes of one that has ended or says nothing for a minute. */
  async more(): Promise<number> {
    const before = this.#lines;
    const brought = () => this.#lines - before;
    await poll("more lines", 60_000, async () => this.ended || brought() >= ENOUGH || undefined).catch(
      () => {},
    );
    return brought();
  }

  /** Whether it says nothing for four seconds, within a minute. */
  async isSilent(): Promise<boolean> {
    const silent = async () => {
      const before = this.#lines;
      await setTimeout(4000);
      return this.#lines === before || undefined;
    };
    return poll("silence", 60_000, silent).catch(() => false);
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
  await other.more();
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
  const during = await other.more();
  await report.add({
    name: "a transfer goes on while a service is added",
    ok: during >= ENOUGH,
    measured: `${during} lines more`,
    expected: `at least ${ENOUGH} lines more`,
  });

  const removed = new Stream(relay, 6001);
  const alive = await removed.more();
  await configure(homes, SERVICES);
  await pulumi.up();
  const isSilent = await removed.isSilent();
  const still = await other.more();
  await report.add({
    name: "a removed service's transfer ends",
    ok: alive >= ENOUGH && isSilent,
    measured: `${alive} lines before, ${isSilent ? "none" : "some"} after`,
    expected: "lines before, none after",
  });
  await report.add({
    name: "another service's transfer goes on",
    ok: still >= ENOUGH,
    measured: `${still} lines more`,
    expected: `at least ${ENOUGH} lines more`,
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
