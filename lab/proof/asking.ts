/**
 * How proofs ask a server across the internet: the words of socat and ping.
 */

/** How to ask. */
interface Asking {
  /** The caller's own address, or `:PORT`. */
  readonly from?: string;
  /** Until it is given up: more than an emulated machine takes that others keep busy. @default 30 */
  readonly seconds?: number;
}

/** A shell command that prints the first line that a TCP server says. */
export function tcp(address: string, port: number, { from, seconds = 30 }: Asking = {}): string {
  const source = from === undefined ? "" : `,bind=${from},reuseaddr`;
  return `socat -t${seconds} -T${seconds} - '${at("TCP", address, port)},connect-timeout=${seconds}${source}' </dev/null | head -n 1`;
}

/** A datagram may be lost: five are sent, four seconds apart, until one is answered. */
const ASK_UDP = `
import socket, sys
address, port = sys.argv[1], int(sys.argv[2])
sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(4)
sock.connect((address, port))
for _ in range(5):
    sock.send(b"hello\\n")
    try:
        print(sock.recv(65536).decode().split("\\n")[0])
        break
    except TimeoutError:
        pass`;

/** A shell command that prints the first line that a UDP server answers. */
export function udp(address: string, port: number): string {
  return `python3 -c '${ASK_UDP}' ${address} ${port}`;
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
