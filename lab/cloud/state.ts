import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** An SSH key of the project. */
export interface SshKey {
  id: number;
  name: string;
  fingerprint: string;
  public_key: string;
  labels: Record<string, string>;
  created: string;
}

/** An address that outlives its server unless told otherwise. */
export interface PrimaryIp {
  id: number;
  name: string;
  type: "ipv4" | "ipv6";
  /** An IPv4 address, or a /64 in prefix form. */
  ip: string;
  assignee_id: number | null;
  auto_delete: boolean;
  location: string;
  labels: Record<string, string>;
  protection: { delete: boolean };
  created: string;
}

/** A server; its addresses are the primary IPs assigned to it, its status is the machine's. */
export interface Server {
  id: number;
  name: string;
  server_type: number;
  image: number;
  location: string;
  labels: Record<string, string>;
  protection: { delete: boolean; rebuild: boolean };
  created: string;
}

/** What may pass a firewall; `port` is `443`, `80-85` or `any`. */
export interface FirewallRule {
  direction: "in" | "out";
  protocol: "tcp" | "udp" | "icmp" | "esp" | "gre";
  port: string | null;
  source_ips: string[];
  destination_ips: string[];
  description: string | null;
}

/** Rules for the servers that it is applied to; together they drop all that none of them allows. */
export interface Firewall {
  id: number;
  name: string;
  labels: Record<string, string>;
  created: string;
  rules: FirewallRule[];
  /** Ids of the servers. */
  servers: number[];
}

/** Something that takes time. */
export interface Action {
  id: number;
  command: string;
  status: "running" | "success" | "error";
  progress: number;
  started: string;
  finished: string | null;
  resources: { id: number; type: string }[];
  error: { code: string; message: string } | null;
}

/** All that the cloud knows, as it stands in its file. */
export interface State {
  nextId: number;
  /** Where in the pool the next address is looked for. */
  cursor: { ipv4: number; ipv6: number };
  sshKeys: SshKey[];
  primaryIps: PrimaryIp[];
  servers: Server[];
  firewalls: Firewall[];
  actions: Action[];
}

const empty: State = {
  nextId: 100_000_001,
  cursor: { ipv4: 0, ipv6: 0 },
  sshKeys: [],
  primaryIps: [],
  servers: [],
  firewalls: [],
  actions: [],
};

/** The time as the API writes it. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "+00:00");
}

/** The state in memory and its one JSON file. */
export class Store {
  readonly state: State;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
    const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    this.state = { ...structuredClone(empty), ...kept };
    for (const action of this.state.actions) {
      if (action.status !== "running") continue;
      action.status = "error";
      action.finished = timestamp();
      action.error = { code: "action_failed", message: "the cloud was restarted while this ran" };
    }
  }

  newId(): number {
    const id = this.state.nextId;
    this.state.nextId += 1;
    return id;
  }

  /** Writes the file whole: a new one takes the old one's place. */
  save(): void {
    const next = `${this.#file}.new`;
    writeFileSync(next, `${JSON.stringify(this.state, null, 1)}\n`, { mode: 0o600 });
    renameSync(next, this.#file);
  }
}
