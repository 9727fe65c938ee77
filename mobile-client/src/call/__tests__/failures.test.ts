import { failureOfDisconnect, tokenExpiry } from '../failures';

const tokenWith = (claims: object) => `header.${btoa(JSON.stringify(claims))}.signature`;

test('the expiry is read from the token', () => {
  expect(tokenExpiry(tokenWith({ exp: 1_700_000_000 }))).toBe(1_700_000_000_000);
});

test.each(['', 'no-token', 'a.!!!.c', tokenWith({}), tokenWith({ exp: 'soon' }), `a.${btoa('null')}.c`])(
  'a token without a readable expiry has none: %p',
  (token) => {
    expect(tokenExpiry(token)).toBeNull();
  },
);

test('a lost connection is an expired token once the token has expired', () => {
  expect(failureOfDisconnect('lost', 2_000, 1_999)).toEqual({ kind: 'connection-lost' });
  expect(failureOfDisconnect('lost', 2_000, 2_000)).toEqual({ kind: 'token-expired' });
  expect(failureOfDisconnect('refused', 2_000, 2_000)).toEqual({ kind: 'token-expired' });
  expect(failureOfDisconnect('refused', null, 2_000)).toEqual({ kind: 'room-refused' });
});

test('leaving is no failure, and other causes keep their names', () => {
  expect(failureOfDisconnect('left', 0, 1)).toBeNull();
  expect(failureOfDisconnect('joined-elsewhere', 0, 1)).toEqual({ kind: 'joined-elsewhere' });
  expect(failureOfDisconnect('removed', 0, 1)).toEqual({ kind: 'removed' });
});
