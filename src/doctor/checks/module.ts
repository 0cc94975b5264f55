import { type Check, endsOf } from "./check.ts";

/** A kernel without the tunnel's module; a new kernel may have come without it. */
export const kernelModule: Check = (subject) =>
  endsOf(subject)
    .filter(({ view }) => !view.hasModule)
    .map(({ name, kind, view, home }) => ({
      id: "module-missing" as const,
      where: name,
      what: `the kernel ${view.kernel} has no module ip6_tunnel, neither loaded nor on the disk`,
      cure:
        kind === "openwrt"
          ? "opkg update && opkg install kmod-ip6-tunnel (apk add kmod-ip6-tunnel), then: /etc/init.d/relay4in6 reload"
          : "install the whole image of that kernel (apt-get install --reinstall linux-image-$(uname -r)) or reboot into the newest one",
      severity: "down" as const,
      ...(home === undefined ? {} : { home }),
    }));
