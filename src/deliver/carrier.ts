import { type Target, withSession } from "./session.ts";

/** A home's two paths, as an end watches them. */
export interface WatchedTable {
  /** The routing table that leads by one of them. */
  table: number;
  /** The device that it shall lead to. */
  wanted: string;
  /** Metrics of the routes of paths whose other end answers. */
  metrics: readonly number[];
}

/**
 * Waits until an end leads a home's traffic by the path that is wanted, because its other end answers there.
 *
 * @param seconds how long at most
 * @returns the device that it leads to; empty where none of the two answers
 */
export async function carrier(
  target: Target,
  { table, wanted, metrics }: WatchedTable,
  seconds: number,
): Promise<string> {
  const { stdout } = await withSession(target, (session) =>
    session.run(`left=${seconds}
while :; do
	carrier=$(ip -4 route show table ${table} default | sed -nE 's/$/ /; s/^default dev ([^ ]*) .*metric (${metrics.join("|")}) .*/\\1/p' | head -n 1)
	if [ "$carrier" = ${wanted} ] || [ "$left" -le 0 ]; then break; fi
	left=$((left - 1))
	sleep 1
done
echo "$carrier"`),
  );
  return stdout.trim();
}
