// Makes the native projects in a folder of their own, offline, and checks what they ask of a phone.
//
// The list below is the whole of what the app may ask for: a permission that a library adds shows here first.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));

/** Why each permission is there. */
const ANDROID_PERMISSIONS = {
  'android.permission.RECORD_AUDIO': 'the microphone of the call',
  'android.permission.CAMERA': 'the picture of the call',
  'android.permission.INTERNET': 'the call itself',
  'android.permission.MODIFY_AUDIO_SETTINGS': 'loudspeaker and earpiece, echo cancellation',
  'android.permission.BLUETOOTH_CONNECT': 'headsets, from Android 12 on',
  'android.permission.BLUETOOTH': 'headsets, up to Android 11',
  'android.permission.ACCESS_NETWORK_STATE': 'WebRTC moves the call when the network changes',
  'android.permission.FOREGROUND_SERVICE': 'the call goes on when the app is not in front',
  'android.permission.FOREGROUND_SERVICE_MICROPHONE': 'the same, and the microphone with it, from Android 14 on',
  'android.permission.WAKE_LOCK': 'the service of a call keeps the processor awake',
};

/** What iOS asks the user to agree to, and the languages it says it in beside English. */
const IOS_USAGES = ['NSCameraUsageDescription', 'NSLocalNetworkUsageDescription', 'NSMicrophoneUsageDescription'];
const IOS_LANGUAGES = ['es', 'zh-Hans'];

const problems = [];
const check = (holds, problem) => {
  if (!holds) problems.push(problem);
};

const copy = mkdtempSync(join(tmpdir(), 'visavis-prebuild-'));
try {
  const left = new Set(['node_modules', 'dist', '.expo', 'ios', 'android']);
  for (const entry of readdirSync(project)) {
    if (!left.has(entry)) cpSync(join(project, entry), join(copy, entry), { recursive: true });
  }
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'), 'dir');

  // Expo carries the template of its own version with it, so that nothing is downloaded.
  const template = join(project, 'node_modules', 'expo', 'template.tgz');
  check(existsSync(template), `${template} is missing: run npm ci`);
  execFileSync(
    process.execPath,
    [join(project, 'node_modules', 'expo', 'bin', 'cli'), 'prebuild', '--no-install', '--template', template],
    { cwd: copy, stdio: 'inherit', env: { ...process.env, CI: '1', EXPO_OFFLINE: '1', EXPO_NO_TELEMETRY: '1' } },
  );

  checkAndroid(readFileSync(join(copy, 'android/app/src/main/AndroidManifest.xml'), 'utf8'));
  const english = checkIos(
    readFileSync(join(copy, 'ios/Visavis/Info.plist'), 'utf8'),
    readFileSync(join(copy, 'ios/Podfile'), 'utf8'),
  );
  checkIosLanguages(join(copy, 'ios'), english);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

if (problems.length > 0) {
  console.error(problems.map((problem) => `prebuild:check: ${problem}`).join('\n'));
  process.exit(1);
}
console.log('prebuild:check: the native projects ask for exactly what is listed.');

/** The attributes of every element of a name. */
function elements(xml, name) {
  return [...xml.matchAll(new RegExp(`<${name}\\s([^>]*?)/?>`, 'g'))].map(([, attributes]) =>
    Object.fromEntries([...attributes.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  );
}

function checkAndroid(manifest) {
  const asked = elements(manifest, 'uses-permission');
  const removed = asked.filter((one) => one['tools:node'] === 'remove').map((one) => one['android:name']);
  const wanted = asked.filter((one) => one['tools:node'] !== 'remove').map((one) => one['android:name']);
  for (const name of Object.keys(ANDROID_PERMISSIONS)) {
    check(wanted.includes(name), `Android: ${name} is missing (${ANDROID_PERMISSIONS[name]})`);
  }
  for (const name of wanted) {
    check(name in ANDROID_PERMISSIONS, `Android: ${name} is asked for, and nobody said why`);
  }
  // Libraries ask for these in manifests of their own, which Gradle merges later.
  for (const name of ['SYSTEM_ALERT_WINDOW', 'BLUETOOTH_ADMIN']) {
    check(removed.includes(`android.permission.${name}`), `Android: ${name} is not removed`);
  }
  const features = elements(manifest, 'uses-feature');
  for (const name of ['android.hardware.camera', 'android.hardware.camera.autofocus', 'android.hardware.microphone']) {
    const feature = features.find((one) => one['android:name'] === name);
    check(feature?.['android:required'] === 'false', `Android: ${name} must be a feature that is not required`);
  }
  const service = elements(manifest, 'service').find((one) => one['android:name'].endsWith('RNBackgroundActionsTask'));
  check(service?.['android:foregroundServiceType'] === 'microphone', 'Android: the service of the call has no type');
  check(service?.['android:exported'] === 'false', 'Android: the service of the call is open to other apps');
}

function checkIos(plist, podfile) {
  const usages = [...plist.matchAll(/<key>(NS\w+UsageDescription)<\/key>\s*<string>([^<]*)<\/string>/g)];
  check(
    usages
      .map(([, key]) => key)
      .sort()
      .join() === IOS_USAGES.join(),
    `iOS: the usage strings are ${usages.map(([, key]) => key).join(', ')}, not ${IOS_USAGES.join(', ')}`,
  );
  for (const [, key, text] of usages) {
    check(text.startsWith('Visavis '), `iOS: ${key} does not say what Visavis does with it: "${text}"`);
  }
  const modes = /<key>UIBackgroundModes<\/key>\s*<array>([\s\S]*?)<\/array>/.exec(plist)?.[1] ?? '';
  check(modes.replace(/\s/g, '') === '<string>audio</string>', 'iOS: the background modes are not just audio');
  check(!/NSAllowsArbitraryLoads<\/key>\s*<true/.test(plist), 'iOS: any plain HTTP address is allowed');
  check(
    /setup_permissions\(\[\s*'Camera',\s*'Microphone',\s*\]\)/.test(podfile),
    'iOS: the permissions are not in the Podfile',
  );
  return Object.fromEntries(usages.map(([, key, text]) => [key, text]));
}

/** Each language says all of it, in words of its own, in a file that Xcode puts into the app. */
function checkIosLanguages(ios, english) {
  const project = readFileSync(join(ios, 'Visavis.xcodeproj/project.pbxproj'), 'utf8');
  for (const language of IOS_LANGUAGES) {
    const file = `${language}.lproj/InfoPlist.strings`;
    const path = join(ios, 'Visavis/Supporting', file);
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    const texts = Object.fromEntries(lines.map((line) => /^(\w+) = "([^"]*)";$/.exec(line)?.slice(1) ?? [line, '']));
    check(
      Object.keys(texts).sort().join() === IOS_USAGES.join(),
      `iOS: ${file} says ${Object.keys(texts).join(', ')}, not ${IOS_USAGES.join(', ')}`,
    );
    for (const [key, text] of Object.entries(texts)) {
      check(text.startsWith('Visavis ') && text !== english[key], `iOS: ${file}: ${key} is not translated: "${text}"`);
    }
    check(project.includes(file), `iOS: ${file} is not part of the project`);
  }
}
