import * as pulumi from "@pulumi/pulumi";
import {
  askHomes,
  chooseTransports,
  deliverTo,
  readme as describe,
  planFor,
  relayMachine,
  stackSpec,
  visibly,
} from "./src/stack/index.ts";

const wanted = await visibly(stackSpec);
const answers = await visibly(() => askHomes(wanted));
const relay = await visibly(() => relayMachine(wanted));
const { spec, homes } = await visibly(() => chooseTransports(wanted, relay, answers));
const plan = planFor(spec, relay, homes);
deliverTo(spec, relay, homes, plan);
const { host, port, user, hostKey } = relay.access;

/** The home's public IPv4 address. */
export const publicIpv4 = plan.apply(({ relay }) => relay.publicIpv4);
/** Where the tunnels end; a home that dials has no endpoint. */
export const endpoints = plan.apply(({ relay, homes }) => ({
  relay: relay.endpoint,
  homes: Object.fromEntries(
    homes.flatMap(({ name, tunnel }) => (tunnel.knownBy === "endpoint" ? [[name, tunnel.homeEndpoint]] : [])),
  ),
}));
/** How to log in to the relay. */
export const login = pulumi.interpolate`ssh -p ${port} ${user}@${host}`;
/** The same for programs: `relay4in6 status` and `doctor` read it. */
export const access = pulumi.output({ host, port, user, hostKey });
/** What the plan was made from: `relay4in6 render --facts` takes it. */
export const facts = pulumi.all([relay.facts]).apply(([known]) => ({ relay: known, homes }));
export const readme = pulumi.all([plan, login]).apply(([planned, way]) => describe(planned, way));
