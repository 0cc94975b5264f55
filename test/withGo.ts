/** The router's stand-ins are built with Go. */
export { putGoOnPath as default } from "../lab/pulumi/go.ts";
