import { freshRoomName, nameProblem } from '../intent';

test('a fresh room is the time in base 36 and six random characters', () => {
  expect(freshRoomName(1_700_000_000_000, () => 0)).toBe(`room-${(1_700_000_000_000).toString(36)}-000000`);
  expect(freshRoomName()).toMatch(/^room-[0-9a-z]+-[0-9a-z]{6}$/);
});

test('names follow the rules of the server', () => {
  expect(nameProblem('  abel ', 128)).toBeNull();
  expect(nameProblem('日'.repeat(128), 128)).toBeNull();
  expect(nameProblem('😀'.repeat(128), 128)).toBeNull();
  expect(nameProblem('日'.repeat(129), 128)).toBe('too-long');
  expect(nameProblem(' \t ', 128)).toBe('empty');
  expect(nameProblem('a\nb', 128)).toBe('control');
});
