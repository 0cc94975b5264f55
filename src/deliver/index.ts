export { authorizedKeysFile, putAuthorizedKeys, readAuthorizedKeys } from "./authorizedKeys.ts";
export { carrier, type WatchedTable } from "./carrier.ts";
export {
  type Applied,
  apply,
  type DeliverOptions,
  type Inspection,
  inspect,
  inspectOver,
  remove,
} from "./deliver.ts";
export { type KeyPair, makeKeyPair } from "./keyPair.ts";
export { putPeers, readPeers } from "./peers.ts";
export { script } from "./script.ts";
export { type Answer, type Session, type Target, withSession } from "./session.ts";
