/**
 * The places of the lab as a proof sees them: somewhere to run a command.
 */
import { attempt, type Outcome } from "../command.ts";
import { attemptIn, type Namespace } from "../network/namespaces.ts";
import { type SshTarget, sshArguments } from "../network/ssh.ts";

/** Somewhere to run shell commands. */
export interface Place {
  /** What the command printed; its failure is an error. @param seconds until it is killed @default 180 */
  say(command: string, seconds?: number): Promise<string>;
  /** Status and all, whatever it is. */
  attempt(command: string, seconds?: number): Promise<Outcome>;
}

/** All places of a lab with two homes. */
export interface Places {
  readonly client: Place;
  readonly operator: Place;
  /** 192.168.1.210 at the first home. */
  readonly server: Place;
  /** 192.168.1.211 at the first home. */
  readonly server2: Place;
  readonly relay: Place;
  /** The first home's router. */
  readonly home: Place;
  /** The second home's server. */
  readonly home2: Place;
}

/** A namespace as a place. */
export function namespacePlace(namespace: Namespace): Place {
  return place((command, seconds) =>
    attemptIn(namespace, "sh", ["-c", command], { timeout: seconds * 1000 }),
  );
}

/** A machine, reached over SSH, as a place. */
export function sshPlace(target: () => Promise<SshTarget>): Place {
  return place(async (command, seconds) =>
    attempt("ip", [...(await sshArguments(await target())), command], { timeout: seconds * 1000 }),
  );
}

function place(run: (command: string, seconds: number) => Promise<Outcome>): Place {
  return {
    attempt: (command, seconds = 180) => run(command, seconds),
    say: async (command, seconds = 180) => {
      const { status, stdout, stderr } = await run(command, seconds);
      if (status !== 0) throw new Error(`${command}: status ${status}: ${stderr.trim() || stdout.trim()}`);
      return stdout.trim();
    },
  };
}
