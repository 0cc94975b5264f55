import { type Check, endsOf, remake } from "./check.ts";

/** The tunnel's MTU on both ends. Setting an encapsulation limit sets it anew, and that has been named. */
export const tunnelMtu: Check = (subject) =>
  endsOf(subject).flatMap((end) =>
    end.tunnels.flatMap((planned) => {
      const device = end.view.devices.find(({ name }) => name === planned.device);
      if (device === undefined || device.mtu === planned.mtu) return [];
      const isLimited = subject.found.some(
        ({ id, where, home }) => id === "encaplimit" && where === end.name && home === planned.home,
      );
      if (isLimited) return [];
      return {
        id: "tunnel-mtu" as const,
        where: end.name,
        what: `${planned.device} has an MTU of ${device.mtu}, and should have ${planned.mtu}`,
        cure: `there: ip link set ${planned.device} mtu ${planned.mtu}; or: ${remake(end, planned)}`,
        severity: "degraded" as const,
        home: planned.home,
      };
    }),
  );
