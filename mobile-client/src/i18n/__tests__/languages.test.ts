import { chooseLanguage, languages } from '..';

/** Every text by its path. */
function textsOf(tree: object, path = ''): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(tree) as [string, unknown][]) {
    if (typeof value === 'string') texts.set(path + key, value);
    else for (const [inner, text] of textsOf(value as object, `${path}${key}.`)) texts.set(inner, text);
  }
  return texts;
}

const variablesOf = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();

const english = textsOf(languages.en);

test.each(['es', 'zh'] as const)('%s has every text of English, and no other', (language) => {
  expect([...textsOf(languages[language]).keys()].sort()).toEqual([...english.keys()].sort());
});

test.each(['es', 'zh'] as const)('%s fills in the same things as English', (language) => {
  for (const [key, text] of textsOf(languages[language])) {
    expect([key, variablesOf(text)]).toEqual([key, variablesOf(english.get(key) ?? '')]);
  }
});

test.each(['es', 'zh'] as const)('%s is translated, not copied', (language) => {
  const same = [...textsOf(languages[language])].filter(([key, text]) => english.get(key) === text).map(([key]) => key);
  // A name and a figure are the same everywhere.
  expect(same.filter((key) => !['app.name', 'details.gapValue', 'state.label'].includes(key))).toEqual([]);
});

test('the first of the languages of the user that there is wins', () => {
  expect(chooseLanguage(['fr', 'ZH', 'es'])).toBe('zh');
  expect(chooseLanguage([null, 'fr'])).toBe('en');
  expect(chooseLanguage([])).toBe('en');
});
