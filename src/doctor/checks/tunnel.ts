import { isKnownByEndpoint, type Tunnel } from "../../plan/index.ts";
import type { Device, HomeView, RelayView } from "../examination.ts";
import type { Finding } from "../finding.ts";
import { type Check, type End, endsOf, remake } from "./check.ts";
import { isSame } from "./prefix.ts";

/** The tunnel's device on each end: that it is there, between the right addresses, and that the end has its own. */
export const tunnel: Check = (subject) =>
  endsOf(subject).flatMap((end) => end.tunnels.flatMap((each) => judge(end, each)));

function judge(end: End, planned: Tunnel): Finding[] {
  const { device } = planned;
  const at = {
    where: end.name,
    home: planned.home,
    severity: "down" as const,
    cure: `there: ${remake(end, planned)}`,
  };
  const found = end.view.devices.find(({ name }) => name === device);
  if (found === undefined)
    return [{ id: "tunnel-missing", ...at, what: `the tunnel ${device} is not there` }];
  if (!found.isUp) return [{ id: "tunnel-missing", ...at, what: `the tunnel ${device} is switched off` }];
  const wrong = wrongEnds(end, planned, found);
  if (wrong !== undefined) return [{ id: "tunnel-ends", ...at, what: wrong }];
  const own = ends(end, planned).local;
  if (
    own !== undefined &&
    !end.view.devices.some(({ addresses }) => addresses.some((each) => isSame(each, own)))
  ) {
    return [{ id: "endpoint-missing", ...at, what: `its endpoint ${own} is on none of its devices` }];
  }
  return [];
}

function wrongEnds(end: End, planned: Tunnel, { name, tunnel: is }: Device): string | undefined {
  if (is === undefined) return undefined;
  const should = ends(end, planned);
  if (should.local !== undefined && !isSame(is.local, should.local)) {
    return `${name} sends from ${is.local}, and its endpoint is ${should.local}`;
  }
  if (should.remote !== undefined && !isSame(is.remote, should.remote)) {
    return `${name} leads to ${is.remote}, and should lead to ${should.remote}`;
  }
  return undefined;
}

/** Where a tunnel should end, as the end itself has it written down: it may follow the home's prefix. */
function ends(
  { kind, view }: End,
  planned: Tunnel,
): { local?: string | undefined; remote?: string | undefined } {
  if (kind === "relay")
    return {
      local: planned.relayEndpoint,
      ...(isKnownByEndpoint(planned) ? { remote: (view as RelayView).remotes[planned.endpointName] } : {}),
    };
  return { local: (view as HomeView).endpoint, remote: planned.relayEndpoint };
}
