// What the tests ask for, one JSON object a line on standard input, and how they are answered on standard output. The other
// end is `crates/testkit/src/browser/`.

export type Command =
  | { command: "launch"; executable: string; microphone: string | null; loopback: boolean; media: "granted" | "denied" }
  | { command: "serve_pages" }
  | ({ command: "open" } & OpenPage)
  | { command: "goto"; page: number; url: string; deadline_ms: number }
  | { command: "appear"; page: number; appearance: Appearance }
  | { command: "click"; page: number; selector: string; deadline_ms: number }
  | { command: "fill"; page: number; selector: string; text: string; deadline_ms: number }
  | { command: "press"; page: number; key: string }
  | { command: "wait"; page: number; selector: string; wanted: Wanted; deadline_ms: number }
  | { command: "look"; page: number; selector: string }
  | { command: "evaluate"; page: number; expression: string }
  | { command: "media"; page: number }
  | { command: "intercept"; page: number; path: string; answer: Answer }
  | { command: "let_through"; page: number }
  | { command: "offline"; page: number; offline: boolean }
  | { command: "screenshot"; page: number; path: string }
  | { command: "console"; page: number }
  | { command: "close"; page: number };

export interface Appearance {
  width: number;
  height: number;
  dark: boolean;
  /** The browser's setting for the size of text: 1 is usual, 2 is twice as large. */
  text_scale: number;
}

export interface OpenPage {
  url: string;
  appearance: Appearance;
  locale: string;
  deadline_ms: number;
}

/** What a wait ends with. */
export type Wanted =
  | { kind: "visible" }
  | { kind: "gone" }
  /** Some element's text, or its value, matches (case-insensitive). */
  | { kind: "text"; pattern: string }
  | { kind: "attribute"; name: string; pattern: string };

/** What a request is answered with instead of asking the server. */
export type Answer =
  | { kind: "unreachable" }
  | { kind: "response"; status: number; content_type: string; body: string };

/** An element as it is now. */
export interface Seen {
  text: string;
  visible: boolean;
  attributes: Record<string, string>;
  box: { x: number; y: number; width: number; height: number } | null;
}

export interface Request {
  id: number;
}
