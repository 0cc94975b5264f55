/** A text file of an end. */
export interface BundleFile {
  /** Absolute path on the machine. */
  path: string;
  mode: "0644" | "0755";
  text: string;
}

/** All that an end is given: pure text, and the packages and devices that it needs. */
export interface Bundle {
  /** `relay`, or the home's name. */
  name: string;
  end: "relay" | "openwrt" | "debian";
  files: readonly BundleFile[];
  /**
   * The home's present endpoint as far as the plan knows it. It is state: the machine may follow its prefix,
   * so these files are seeded and left out of drift.
   */
  state: readonly BundleFile[];
  /** Paths of `state` that this end changes by itself: a program that seeds them does not take that for drift. */
  followed: readonly string[];
  /** Packages that must be there, by the name of the end's package manager. */
  packages: readonly string[];
  /** Those of them that start a service of their own when they are installed, which nobody here wants. @default none */
  idlePackages?: readonly string[];
  /** Kernel modules that must be there. */
  modules: readonly string[];
  /** Names of the key pairs that this end makes for itself; only their public halves ever leave it. */
  keys: readonly string[];
  /** Of a home: what the relay keeps each pair's public half by, a tunnel or a home's endpoint. @default none */
  pairNames?: Readonly<Record<string, string>>;
  /** Path of the file in which a home end keeps the relay's public key; absent where none is needed. */
  relayKey?: string;
  /** Tunnel devices of this end. */
  devices: readonly string[];
}
