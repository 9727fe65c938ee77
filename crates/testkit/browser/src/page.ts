// One page in a browser context of its own: nothing is shared with the other pages.

import type { Browser, BrowserContext, CDPSession, Locator, Page } from "playwright-core";
import { installProbe } from "./probe.ts";
import type { Answer, Appearance, OpenPage, Seen, Wanted } from "./protocol.ts";

/** The browser's usual sizes of text, in pixels. */
const STANDARD_TEXT = 16;
const FIXED_TEXT = 13;
/** How often a condition is looked at. */
const POLL_MS = 50;
/** How much of a page or of its console an error quotes. */
const QUOTE = 1500;
const CONSOLE_LINES = 500;

/** How long a picture waits for videos that do not move. */
const SETTLE_MS = 3000;

/** Runs in the page: waits until its fonts are there, and each video has shown a frame since its last change. */
async function settled(deadline_ms: number): Promise<void> {
  await document.fonts.ready;
  const videos = [...document.querySelectorAll("video")].filter((video) => video.checkVisibility());
  const shown = videos.map((video) => new Promise<void>((resolve) => video.requestVideoFrameCallback(() => resolve())));
  await Promise.race([Promise.all(shown), new Promise((resolve) => setTimeout(resolve, deadline_ms))]);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

export class OpenedPage {
  readonly console: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    private readonly page: Page,
    private readonly session: CDPSession,
  ) {
    const note = (line: string): void => {
      if (this.console.length < CONSOLE_LINES) this.console.push(line);
    };
    page.on("console", (message) => note(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => note(`uncaught: ${error.message}`));
  }

  static async open(browser: Browser, options: OpenPage): Promise<OpenedPage> {
    const context = await browser.newContext({ locale: options.locale });
    await context.addInitScript(installProbe);
    const page = await context.newPage();
    const opened = new OpenedPage(context, page, await context.newCDPSession(page));
    await opened.appear(options.appearance);
    await opened.goto(options.url, options.deadline_ms);
    return opened;
  }

  async appear({ width, height, dark, text_scale }: Appearance): Promise<void> {
    await this.page.setViewportSize({ width, height });
    await this.page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
    const fontSizes = { standard: STANDARD_TEXT * text_scale, fixed: FIXED_TEXT * text_scale };
    await this.session.send("Page.setFontSizes", { fontSizes });
  }

  async goto(url: string, deadline_ms: number): Promise<void> {
    await this.page.goto(url, { timeout: deadline_ms, waitUntil: "domcontentloaded" });
  }

  async click(selector: string, deadline_ms: number): Promise<void> {
    await this.explained(() => this.page.locator(selector).first().click({ timeout: deadline_ms }));
  }

  async fill(selector: string, text: string, deadline_ms: number): Promise<void> {
    await this.explained(() => this.page.locator(selector).first().fill(text, { timeout: deadline_ms }));
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** Waits; returns the element's text, or the attribute's value. */
  async wait(selector: string, wanted: Wanted, deadline_ms: number): Promise<string> {
    const deadline = performance.now() + deadline_ms;
    for (;;) {
      const found = await this.holds(selector, wanted);
      if (found !== undefined) return found;
      if (performance.now() > deadline) {
        const what = `${selector}: not ${JSON.stringify(wanted)} within ${deadline_ms} ms`;
        throw new Error(`${what}\n${await this.surroundings()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private async holds(selector: string, wanted: Wanted): Promise<string | undefined> {
    const elements = await this.look(selector);
    const visible = elements.filter((element) => element.visible);
    switch (wanted.kind) {
      case "visible":
        return visible[0]?.text;
      case "gone":
        return visible.length === 0 ? "" : undefined;
      case "text": {
        const pattern = new RegExp(wanted.pattern, "i");
        return visible.map((element) => element.text).find((text) => pattern.test(text));
      }
      case "attribute": {
        const pattern = new RegExp(wanted.pattern, "i");
        return elements.map((element) => element.attributes[wanted.name] ?? "").find((value) => pattern.test(value));
      }
    }
  }

  /** Every element that the selector finds, as it is now. */
  async look(selector: string): Promise<Seen[]> {
    return this.page.locator(selector).evaluateAll((elements) =>
      elements.map((element) => {
        const box = element.getBoundingClientRect();
        const typed = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
        const shown = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        return {
          text: typed ? element.value : (element.textContent ?? ""),
          visible: shown && box.width > 0 && box.height > 0,
          attributes: Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
          box: { x: box.x, y: box.y, width: box.width, height: box.height },
        };
      }),
    );
  }

  async evaluate(expression: string): Promise<unknown> {
    return this.page.evaluate(expression);
  }

  async intercept(path: string, answer: Answer): Promise<void> {
    await this.page.route(
      (url) => url.pathname === path,
      (route) =>
        answer.kind === "unreachable"
          ? route.abort("connectionrefused")
          : route.fulfill({ status: answer.status, contentType: answer.content_type, body: answer.body }),
    );
  }

  async letThrough(): Promise<void> {
    await this.page.unrouteAll({ behavior: "wait" });
  }

  async offline(offline: boolean): Promise<void> {
    await this.context.setOffline(offline);
  }

  async screenshot(path: string): Promise<void> {
    await this.page.evaluate(settled, SETTLE_MS);
    await this.page.screenshot({ path, animations: "disabled" });
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  private async explained(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${await this.surroundings()}`);
    }
  }

  /** What the page shows and said, for error messages. */
  private async surroundings(): Promise<string> {
    const body: Locator = this.page.locator("body");
    const text = await body.innerText({ timeout: 1000 }).catch(() => "(nothing)");
    const said = this.console.slice(-20).join("\n");
    return `the page ${this.page.url()} shows: ${text.slice(0, QUOTE)}\nits console:\n${said.slice(-QUOTE)}`;
  }
}
