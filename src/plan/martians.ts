import { Address4 } from "ip-address";

/** IPv4 networks from which no packet of the internet comes, and to which none may leave (RFC 6890, RFC 1112). */
export const privateNetworks: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "224.0.0.0/3",
];

/**
 * Sources that a packet out of the tunnel cannot have at home: private ones, and those of the home's own networks. No
 * network stands in another one of the list, which nft would refuse.
 *
 * @param own the home's networks, with or without host bits
 */
export function martians(own: readonly string[]): string[] {
  const wanted = own
    .map((text) => new Address4(text))
    .toSorted((a, b) => a.subnetMask - b.subnetMask)
    .map((network) => `${network.startAddress().correctForm()}/${network.subnetMask}`);
  const found: string[] = [...privateNetworks];
  for (const network of wanted) {
    const isThere = found.some((wider) => new Address4(network).isInSubnet(new Address4(wider)));
    const holdsOne = found.some((other) => new Address4(other).isInSubnet(new Address4(network)));
    if (!isThere && !holdsOne) found.push(network);
  }
  return found;
}
