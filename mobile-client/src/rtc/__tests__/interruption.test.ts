import { Interruption, STALLED_SAMPLES, StallWatch } from '../interruption';

test('an interruption begins with its first reason and ends with its last', () => {
  const told: boolean[] = [];
  const interruption = new Interruption((interrupted) => told.push(interrupted));
  interruption.set('stalled', true);
  interruption.set('offline', true);
  interruption.set('stalled', false);
  expect(told).toEqual([true]);
  interruption.set('offline', false);
  interruption.set('offline', false);
  expect(told).toEqual([true, false]);
});

/** What each of these counts is judged as. */
const judged = (...counts: (number | null)[]) => {
  const watch = new StallWatch();
  return counts.map((count) => watch.sample(count));
};

test('a call stalls when the same count comes again and again, and not before', () => {
  const counts = [100, ...Array<number>(STALLED_SAMPLES).fill(100)];
  expect(judged(...counts)).toEqual([...Array<boolean>(STALLED_SAMPLES).fill(false), true]);
});

test('anything that arrives ends the stall', () => {
  expect(judged(100, 100, 100, 100, 100, 100, 101, 101)).toEqual([
    ...[false, false, false, false, false],
    true,
    ...[false, false],
  ]);
});

test('a call in which nobody sends is not stalled', () => {
  expect(judged(null, null, null, null, null, null, null)).not.toContain(true);
  expect(judged(0, 0, 0, 0, 0, 0, 0)).not.toContain(true);
});
