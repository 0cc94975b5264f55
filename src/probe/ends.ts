import type { Session } from "../deliver/index.ts";
import { quote } from "../render/quote.ts";
import type { ProbedTunnel } from "./probedTunnel.ts";
import { probeScript, type Side } from "./script.ts";

/** The connections to a tunnel's two ends. */
export type Sessions = Readonly<Record<Side, Session>>;

/** What a script is told, and the words of each. */
type Words =
  | readonly ["look" | "begin" | "learned" | "install"]
  | readonly ["finish", token: string]
  | readonly ["meet", key: string]
  | readonly ["received", device: string]
  | readonly ["ask", device: string, address: string, payload: string];

/** The scripts of one probe on their ends. */
export interface Ends {
  /** Lines of what an end says; a failure is its last word instead. */
  tell(side: Side, ...words: Words): Promise<{ lines: string[]; failure?: string }>;
}

/** What runs a tunnel's two scripts, each on its end. */
export function endsOf(sessions: Sessions, tunnel: ProbedTunnel): Ends {
  const scripts = {
    relay: probeScript(tunnel, "relay"),
    home: probeScript(tunnel, "home"),
  };
  return {
    async tell(side, ...words) {
      // Read as a whole: a shell takes a script on its standard input byte by byte. One that broke off calls nothing.
      const command = `sh -c "$(cat)" probe ${words.map(quote).join(" ")}`;
      const { code, stdout, stderr } = await sessions[side].run(command, scripts[side]);
      const lines = stdout.split("\n").filter((line) => line !== "");
      if (code === 0) return { lines };
      return { lines, failure: stderr.trim().split("\n").at(-1) || `status ${code}` };
    },
  };
}
