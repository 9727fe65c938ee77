import { parseAddress, shownAddress } from '../address';

test.each([
  ['10.0.2.2:3001', 'http://10.0.2.2:3001'],
  [' Laptop.local:3001/ ', 'http://laptop.local:3001'],
  ['https://visavis.example', 'https://visavis.example'],
  ['http://192.168.1.20', 'http://192.168.1.20'],
  ['[::1]:3001', 'http://[::1]:3001'],
])('%p is the server %p', (typed, origin) => {
  expect(parseAddress(typed)).toBe(origin);
});

test.each(['', '  ', 'a b', 'host:0', 'host:99999', 'ftp://host', 'host/path', 'host?x', 'user@host', ':3001'])(
  '%p is no address',
  (typed) => {
    expect(parseAddress(typed)).toBeNull();
  },
);

test('an address is shown as it would be typed', () => {
  expect(shownAddress('http://10.0.2.2:3001')).toBe('10.0.2.2:3001');
  expect(shownAddress('https://visavis.example')).toBe('https://visavis.example');
});
