import { tunnelTransports } from "../../transports/index.ts";
import { type Check, endsOf } from "./check.ts";

/** What OpenWrt has for transports that need such modules. */
function packages(modules: readonly string[]): string {
  return Object.values(tunnelTransports)
    .filter(({ needs }) => modules.includes(needs.module))
    .flatMap(({ needs }) => needs.packages.openwrt)
    .join(" ");
}

/** A kernel without the tunnel's module; a new kernel may have come without it. */
export const kernelModule: Check = (subject) =>
  endsOf(subject)
    .filter(({ view }) => view.missingModules.length > 0)
    .map(({ name, kind, view, home }) => ({
      id: "module-missing" as const,
      where: name,
      what: `the kernel ${view.kernel} has no module ${view.missingModules.join(", ")}, neither loaded nor on the disk`,
      cure:
        kind === "openwrt"
          ? `install ${packages(view.missingModules)} (opkg update; opkg install, or apk add), then: /etc/init.d/relay4in6 reload`
          : "install the whole image of that kernel (apt-get install --reinstall linux-image-$(uname -r)) or reboot into the newest one",
      severity: "down" as const,
      ...(home === undefined ? {} : { home }),
    }));
