/** Only web pages have to say in which language they are: see `document-language.web.ts`. */
export function tellDocumentLanguage(_language: string): void {}
