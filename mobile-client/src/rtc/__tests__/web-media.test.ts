import { rtc } from '../rtc.web';

jest.mock('@livekit/components-react', () => ({ RoomAudioRenderer: () => null, VideoTrack: () => null }));

type GetUserMedia = (constraints: MediaStreamConstraints) => Promise<unknown>;

let asked: MediaStreamConstraints[] = [];
let stopped = 0;

/** A browser that remembers these answers and gives devices in this way. */
function browser(remembered: Partial<Record<string, PermissionState>>, getUserMedia: GetUserMedia) {
  asked = [];
  stopped = 0;
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    value: {
      permissions: { query: async ({ name }: { name: string }) => ({ state: remembered[name] ?? 'prompt' }) },
      mediaDevices: {
        getUserMedia: (constraints: MediaStreamConstraints) => {
          asked.push(constraints);
          return getUserMedia(constraints);
        },
      },
    },
  });
}

const works: GetUserMedia = async () => ({
  getTracks: () => [
    {
      stop: () => {
        stopped += 1;
      },
    },
  ],
});

const failing = (name: string) => Object.assign(new Error(name), { name });

const ask = async () => Object.fromEntries(await rtc.requestMedia(['microphone', 'camera']));

test('both devices are one question, and are let go again', async () => {
  browser({}, works);
  expect(await ask()).toEqual({ microphone: 'granted', camera: 'granted' });
  expect(asked).toEqual([{ audio: true, video: true }]);
  expect(stopped).toBe(1);
});

test('what the browser remembers is not asked again', async () => {
  browser({ microphone: 'granted', camera: 'denied' }, works);
  expect(await ask()).toEqual({ microphone: 'granted', camera: 'denied' });
  expect(asked).toEqual([]);
});

test('when the question for both fails, each is asked for, so that it is known which', async () => {
  browser({}, async (constraints) => {
    if (constraints.video) throw failing('NotFoundError');
    return works(constraints);
  });
  expect(await ask()).toEqual({ microphone: 'granted', camera: 'missing' });
});

test('who says no has denied it', async () => {
  browser({}, async () => {
    throw failing('NotAllowedError');
  });
  expect(await ask()).toEqual({ microphone: 'denied', camera: 'denied' });
});

test('a page that may have no devices at all says so', async () => {
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: {} });
  expect(await ask()).toEqual({ microphone: 'insecure', camera: 'insecure' });
});
