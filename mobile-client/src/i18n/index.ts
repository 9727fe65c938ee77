import { getLocales } from 'expo-localization';
import { createInstance } from 'i18next';
import { initReactI18next } from 'react-i18next';

import { tellDocumentLanguage } from './document-language';
import { en, type Translation } from './en';
import { es } from './es';
import { zh } from './zh';

export const languages = { en, es, zh } satisfies Record<string, Translation>;
export type Language = keyof typeof languages;

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: Translation };
  }
}

/** The first of the user's languages that there is; English when there is none. */
export function chooseLanguage(preferred: readonly (string | null)[]): Language {
  for (const code of preferred) {
    const found = (Object.keys(languages) as Language[]).find((language) => language === code?.toLowerCase());
    if (found !== undefined) return found;
  }
  return 'en';
}

const language = chooseLanguage(getLocales().map((locale) => locale.languageCode));

export const i18n = createInstance();

tellDocumentLanguage(language);

void i18n.use(initReactI18next).init({
  lng: language,
  fallbackLng: 'en',
  resources: {
    en: { translation: en },
    es: { translation: es },
    zh: { translation: zh },
  },
  // React escapes by itself.
  interpolation: { escapeValue: false },
  initAsync: false,
});
