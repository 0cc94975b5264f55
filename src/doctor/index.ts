export type { CloudAccess } from "./ask/cloud.ts";
export { diagnose, severityOf } from "./diagnose.ts";
export type { Examinations } from "./examination.ts";
export { type Finding, type FindingId, findingIds, type Severity } from "./finding.ts";
export { look, type Patient } from "./look.ts";
