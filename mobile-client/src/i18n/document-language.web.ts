/** Says in which language the page is, so that screen readers pronounce it and fonts fit it. */
export function tellDocumentLanguage(language: string): void {
  document.documentElement.lang = language;
}
