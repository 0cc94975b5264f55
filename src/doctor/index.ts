export type { CloudAccess } from "./ask/cloud.ts";
export { diagnose, severityOf } from "./diagnose.ts";
export type { Examinations } from "./examination.ts";
export type { Finding, FindingId, Severity } from "./finding.ts";
export { look, type Patient } from "./look.ts";
