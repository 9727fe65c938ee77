/** The port of the token server when none is given. */
export const DEFAULT_PORT = 3001;

/**
 * What a person typed as the server's address, as an origin: `10.0.2.2:3001` becomes `http://10.0.2.2:3001`. Null when
 * it is no address.
 */
export function parseAddress(typed: string): string | null {
  const trimmed = typed.trim();
  if (trimmed === '' || /\s/.test(trimmed)) {
    return null;
  }
  const match = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^\s/:?#@[\]]+)(?::(\d{1,5}))?\/*$/i.exec(trimmed);
  const host = match?.[2];
  if (!match || host === undefined) {
    return null;
  }
  const port = match[3];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    return null;
  }
  const scheme = (match[1] ?? 'http').toLowerCase();
  return `${scheme}://${host.toLowerCase()}${port === undefined ? '' : `:${port}`}`;
}

/** The address as a person would type it. */
export function shownAddress(origin: string): string {
  return origin.replace(/^http:\/\//, '');
}
