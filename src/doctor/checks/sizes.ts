import { type Check, endsOf, relayOf, remake } from "./check.ts";

/** The tunnel's MTU on both ends, and the TCP segment size that the relay sets. */
export const sizes: Check = (subject) => {
  const mtus = endsOf(subject).flatMap((end) =>
    end.tunnels.flatMap((planned) => {
      const device = end.view.devices.find(({ name }) => name === planned.device);
      if (device === undefined || device.mtu === planned.mtu) return [];
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
  const relay = relayOf(subject);
  if (relay === undefined || !isLoaded(relay.hooks)) return mtus;
  const segments = subject.plan.relay.tunnels.flatMap(({ device, mss, home }) => {
    const set = relay.mss[device];
    if (set?.in === mss && set.out === mss) return [];
    return {
      id: "mss" as const,
      where: "relay",
      what: `the TCP segment size on ${device} is set to ${set?.out ?? "nothing"} towards ${home} and ${set?.in ?? "nothing"} back, and should be ${mss}: larger segments do not cross`,
      cure: "there: /etc/relay4in6/rules up",
      severity: "degraded" as const,
      home,
    };
  });
  return [...mtus, ...segments];
};

/** Without our hooks there is more to say than that no segment size is set. */
function isLoaded(hooks: readonly string[]): boolean {
  return hooks.includes("iptables mangle FORWARD");
}
