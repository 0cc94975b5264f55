import type { Place } from "./places.ts";

/**
 * What `words` makes of the first packet that tcpdump sees at a place. It may take its time to listen: until it has seen
 * one, another is sent.
 *
 * @param filter of tcpdump; `words` is of sed
 * @returns nothing where none came within two minutes
 */
export async function firstPacket(
  at: Place,
  filter: string,
  words: string,
  send: () => Promise<unknown>,
): Promise<string> {
  const seen = at.say(
    `timeout 120 tcpdump -n -l -v -c 1 -i eth0 '${filter}' 2>/dev/null | sed -n '${words}'`,
    180,
  );
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  seen.then(over, over);
  while (!isOver) await send();
  return seen;
}
