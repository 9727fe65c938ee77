// Only the web has styles of its own: see `web-styles.web.ts`.
export {};
