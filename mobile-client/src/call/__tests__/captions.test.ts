import { MAX_CAPTION_LINES, withCaption, type CaptionLine, type CaptionUpdate } from '../captions';

const update = (over: Partial<CaptionUpdate>): CaptionUpdate => ({
  segmentId: 's1',
  speaker: 'self',
  name: '',
  text: 'hello',
  final: false,
  ...over,
});

test('updates of one segment replace one another in place', () => {
  let lines: CaptionLine[] = [];
  lines = withCaption(lines, update({ text: 'what is' }));
  lines = withCaption(lines, update({ segmentId: 's2', speaker: 'agent', text: 'Hm.' }));
  lines = withCaption(lines, update({ text: 'what is the time', final: true }));
  expect(lines.map((line) => line.text)).toEqual(['what is the time', 'Hm.']);
});

test('the same segment id of two speakers is two lines', () => {
  const lines = withCaption(withCaption([], update({})), update({ speaker: 'agent', text: 'hi' }));
  expect(lines).toHaveLength(2);
});

test('a late guess does not take back a final text', () => {
  const lines = withCaption([], update({ text: 'final words', final: true }));
  expect(withCaption(lines, update({ text: 'final wor' }))).toBe(lines);
});

test('an empty segment leaves no line, and takes away the one it had', () => {
  expect(withCaption([], update({ text: '  ' }))).toEqual([]);
  const lines = withCaption([], update({ text: 'um' }));
  expect(withCaption(lines, update({ text: '', final: true }))).toEqual([]);
});

test('a call of hours keeps only the latest lines', () => {
  let lines: CaptionLine[] = [];
  for (let number = 0; number < MAX_CAPTION_LINES + 5; number += 1) {
    lines = withCaption(lines, update({ segmentId: `s${number}`, text: `line ${number}` }));
  }
  expect(lines).toHaveLength(MAX_CAPTION_LINES);
  expect(lines[0]?.text).toBe('line 5');
});
