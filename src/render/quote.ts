/** Text that no shell, and no format that we write, reads anything into. */
const plain = /^[\w./:,=@%+-]+$/;

/**
 * Quotes a value as one word for a POSIX shell. Plain text stays bare, so that rendered scripts look like
 * hand-written ones. Every `<%= %>` of a script's template passes through here.
 *
 * @example quote("it's") // 'it'\''s'
 */
export function quote(value: unknown): string {
  const text = String(value);
  return plain.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A value for a file that knows no quoting (rules, sets, stanzas, UCI): plain words with blanks between. Every
 * `<%= %>` of such a file's template passes through here.
 *
 * @throws Error for anything else: config and facts were checked, so it is no user's mistake
 */
export function plainWords(value: unknown): string {
  const text = String(value);
  if (text.split(" ").every((word) => plain.test(word))) return text;
  throw new Error(`not written into a file, because it is more than plain words: ${JSON.stringify(text)}`);
}
