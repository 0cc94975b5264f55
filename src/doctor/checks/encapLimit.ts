import { type Check, endsOf, remake } from "./check.ts";

/** A tunnel encapsulation limit (RFC 2473, 5.1) is an option header on each packet: 8 bytes, and some networks drop it. */
export const encapLimit: Check = (subject) =>
  endsOf(subject).flatMap((end) =>
    end.tunnels.flatMap((planned) => {
      const limit = end.view.devices.find(({ name }) => name === planned.device)?.tunnel?.encapLimit;
      if (limit === undefined || limit === "none") return [];
      return {
        id: "encaplimit" as const,
        where: end.name,
        what: `${planned.device} has an encapsulation limit (${limit}): each packet carries an option header, 8 bytes that some networks do not let pass`,
        cure: `there: ip -6 tunnel change ${planned.device} encaplimit none; or: ${remake(end, planned)}`,
        severity: "degraded" as const,
        home: planned.home,
      };
    }),
  );
