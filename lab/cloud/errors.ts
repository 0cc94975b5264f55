/** One input field that was refused, and why. */
export interface FieldError {
  name: string;
  messages: string[];
}

/**
 * An answer other than success, in the API's own form.
 * Status and code pairs are those of the "Error Codes" table in the Hetzner Cloud API reference.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;

  constructor(status: number, code: string, message: string, details: unknown = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }

  body(): { error: { code: string; message: string; details: unknown } } {
    return { error: { code: this.code, message: this.message, details: this.details } };
  }
}

/** 404 for a resource that is not there. */
export function notFound(kind: string, id: string | number): ApiError {
  return new ApiError(404, "not_found", `${kind} with ID '${id}' not found`);
}

/** 422 with the fields named, as the API words it. */
export function invalidInput(fields: FieldError[]): ApiError {
  const first = fields[0];
  const message =
    fields.length === 1 && first
      ? `invalid input in field '${first.name}': ${first.messages.join(", ")}`
      : `invalid input in fields ${fields.map((field) => `'${field.name}'`).join(", ")}`;
  return new ApiError(422, "invalid_input", message, { fields });
}

/** 409 for a field that another resource of the project already has. */
export function notUnique(message: string, field: string): ApiError {
  return new ApiError(409, "uniqueness_error", message, { fields: [{ name: field }] });
}

/** 423 while another action runs on the resource. */
export function locked(kind: string): ApiError {
  return new ApiError(423, "locked", `cannot perform operation because ${kind} is locked`);
}

/** 423 for a resource with delete protection. */
export function deleteProtected(kind: string): ApiError {
  return new ApiError(423, "protected", `${kind} deletion is protected`);
}

/** 422 with a code of one operation's own, such as `server_not_stopped`. */
export function refused(code: string, message: string, status = 422): ApiError {
  return new ApiError(status, code, message);
}
