// Carries out the commands with Playwright.

import { rm } from "node:fs/promises";
import { chromium, type Browser } from "playwright-core";
import { OpenedPage } from "./page.ts";
import { servePages, type Site } from "./pages.ts";
import type { Command } from "./protocol.ts";

export class Control {
  private browser: Browser | undefined;
  private site: Site | undefined;
  private readonly pages: OpenedPage[] = [];

  constructor(private readonly places: { root: string; scratch: string }) {}

  async run(command: Command): Promise<unknown> {
    switch (command.command) {
      case "launch":
        this.browser = await launch(command);
        return this.browser.version();
      case "serve_pages":
        this.site ??= await servePages(this.places.root, this.places.scratch);
        return this.site.origin;
      case "open": {
        if (this.browser === undefined) throw new Error("the browser is not launched");
        this.pages.push(await OpenedPage.open(this.browser, command));
        return this.pages.length - 1;
      }
      case "goto":
        return this.page(command.page).goto(command.url, command.deadline_ms);
      case "appear":
        return this.page(command.page).appear(command.appearance);
      case "click":
        return this.page(command.page).click(command.selector, command.deadline_ms);
      case "fill":
        return this.page(command.page).fill(command.selector, command.text, command.deadline_ms);
      case "press":
        return this.page(command.page).press(command.key);
      case "wait":
        return this.page(command.page).wait(command.selector, command.wanted, command.deadline_ms);
      case "look":
        return this.page(command.page).look(command.selector);
      case "evaluate":
        return this.page(command.page).evaluate(command.expression);
      case "media":
        return this.page(command.page).evaluate("window.callProbe.samples");
      case "intercept":
        return this.page(command.page).intercept(command.path, command.answer);
      case "let_through":
        return this.page(command.page).letThrough();
      case "offline":
        return this.page(command.page).offline(command.offline);
      case "screenshot":
        return this.page(command.page).screenshot(command.path);
      case "console":
        return this.page(command.page).console;
      case "close":
        return this.page(command.page).close();
    }
  }

  /** Ends everything that was started. */
  async end(): Promise<void> {
    this.site?.server.close();
    await this.browser?.close();
    await rm(this.places.scratch, { recursive: true, force: true });
  }

  private page(index: number): OpenedPage {
    const page = this.pages[index];
    if (page === undefined) throw new Error(`there is no page ${index}`);
    return page;
  }
}

function launch(command: Extract<Command, { command: "launch" }>): Promise<Browser> {
  const args = [
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    command.media === "granted" ? "--use-fake-ui-for-media-stream" : "--use-fake-ui-for-media-stream=deny",
  ];
  if (command.microphone !== null) args.push(`--use-file-for-fake-audio-capture=${command.microphone}%noloop`);
  if (command.loopback) args.push("--allow-loopback-in-peer-connection");
  return chromium.launch({
    executablePath: command.executable,
    chromiumSandbox: false,
    args,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
