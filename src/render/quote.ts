/**
 * Quotes a value for a POSIX shell. Text that no shell reads anything into stays bare, so that rendered files
 * look like hand-written ones. Every `<%= %>` of a template passes through here.
 *
 * @example quote("it's") // 'it'\''s'
 */
export function quote(value: unknown): string {
  const text = String(value);
  if (/^[\w./:,=@%+ -]*$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
