import { Address4, Address6 } from "ip-address";

/**
 * The IPv6 address at which an end terminates its tunnels: the first /64 of `prefix`, and the four octets of
 * the relay's public IPv4 address written, digit for digit, as the last four hextets.
 *
 * @param prefix IPv6 prefix in CIDR notation, /64 or shorter
 * @param publicIpv4 the relay's public address in dotted decimal
 * @throws RangeError when the prefix is longer than /64: the last 64 bits must be free
 * @example deriveEndpoint("54a0:6231:d015:6ef9::/64", "231.201.224.144")
 *          // "54a0:6231:d015:6ef9:231:201:224:144"
 */
export function deriveEndpoint(prefix: string, publicIpv4: string): string {
  const network = new Address6(prefix);
  if (network.subnetMask > 64) throw new RangeError(`${prefix} leaves no 64 bits for an endpoint`);
  const high = network.startAddress().parsedAddress.slice(0, 4);
  const low = new Address4(publicIpv4).parsedAddress;
  return new Address6([...high, ...low].join(":")).correctForm();
}

/** The last four hextets of every endpoint that belongs to this IPv4 address. */
export function endpointSuffix(publicIpv4: string): string {
  return new Address4(publicIpv4).parsedAddress.map(Number).join(":");
}

/**
 * The public IPv4 address that an endpoint was derived from.
 *
 * @throws RangeError when a hextet of the last four is no octet in decimal digits
 */
export function ipv4OfEndpoint(endpoint: string): string {
  const octets = new Address6(endpoint).parsedAddress
    .slice(4)
    .map((hextet) => hextet.replace(/^0+(?=.)/, ""));
  if (octets.some((octet) => !/^\d{1,3}$/.test(octet) || Number(octet) > 255)) {
    throw new RangeError(`${endpoint} was not derived from an IPv4 address`);
  }
  return octets.join(".");
}

/** The /64 in which an endpoint derived from `prefix` lies, in CIDR notation. */
export function subnetOf(prefix: string): string {
  const network = new Address6(prefix).startAddress();
  const high = network.parsedAddress.slice(0, 4).join(":");
  return `${new Address6(`${high}::`).correctForm()}/64`;
}
