/**
 * How proofs ask a server across the internet: the words of socat and ping.
 */

/** A shell command that prints the first line that a TCP server says. @param from the caller's own address or `:PORT` */
export function tcp(address: string, port: number, from?: string): string {
  const source = from === undefined ? "" : `,bind=${from},reuseaddr`;
  return `socat -t8 -T8 - '${at("TCP", address, port)},connect-timeout=8${source}' </dev/null | head -n 1`;
}

/** A shell command that prints what a UDP server answers. */
export function udp(address: string, port: number): string {
  return `echo hello | socat -t4 -T4 - '${at("UDP", address, port)}' | head -n 1`;
}

/** In socat's words, for either family. */
function at(protocol: "TCP" | "UDP", address: string, port: number): string {
  return address.includes(":") ? `${protocol}6:[${address}]:${port}` : `${protocol}4:${address}:${port}`;
}

/** The address out of `ADDRESS PORT`; what the command said where it is none. */
export function addressIn(line: string): string {
  return line.split(" ")[0] || "no answer";
}

/** Whether a TCP connection is refused, or nobody answers. */
export function refused(address: string, port: number, options = ""): string {
  return `if socat -T4 /dev/null '${at("TCP", address, port)},connect-timeout=4${options}' 2>/dev/null; then echo open; else echo closed; fi`;
}
