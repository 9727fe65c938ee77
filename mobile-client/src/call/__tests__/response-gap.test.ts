import {
  agentChanged,
  LONGEST_GAP_MILLISECONDS,
  noGaps,
  summaryOf,
  userEnded,
  userStarted,
  userTranscribed,
} from '../response-gap';

test('the gap runs from the end of the words to the first of the answer', () => {
  const waiting = agentChanged(userEnded(noGaps, 1_000), 'thinking', 1_200);
  const answered = agentChanged(waiting, 'speaking', 1_700);
  expect(summaryOf(answered)).toEqual({ last: 700, median: 700, count: 1 });
});

test('a pause inside a turn does not count as its end', () => {
  const resumed = userStarted(userEnded(noGaps, 1_000));
  const answered = agentChanged(userEnded(resumed, 3_000), 'speaking', 3_400);
  expect(summaryOf(answered)?.last).toBe(400);
});

test('a final caption counts only when the end of the words was not heard', () => {
  expect(userTranscribed(userEnded(noGaps, 1_000), 1_300).waitingSince).toBe(1_000);
  expect(userTranscribed(noGaps, 1_300).waitingSince).toBe(1_300);
});

test('an agent that speaks by itself, as in its greeting, makes no gap', () => {
  expect(summaryOf(agentChanged(noGaps, 'speaking', 5_000))).toBeNull();
});

test('an answer after half a minute is no answer to those words', () => {
  const late = agentChanged(userEnded(noGaps, 0), 'speaking', LONGEST_GAP_MILLISECONDS + 1);
  expect(late).toEqual(noGaps);
});

test('the median is the middle one, whatever the order', () => {
  const gaps = [900, 300, 500].reduce((state, gap) => agentChanged(userEnded(state, 0), 'speaking', gap), noGaps);
  expect(summaryOf(gaps)).toEqual({ last: 500, median: 500, count: 3 });
});
