const { AndroidConfig, withAndroidManifest } = require('expo/config-plugins');

const SERVICE = 'com.asterinet.react.bgactions.RNBackgroundActionsTask';

/**
 * Lets a call go on when the app is not in front: Android 14 and later want to know what the service of
 * react-native-background-actions is for. Also, a device without a camera can install the app.
 */
module.exports = function withCallService(config) {
  return withAndroidManifest(config, (android) => {
    const { manifest } = android.modResults;
    const application = AndroidConfig.Manifest.getMainApplicationOrThrow(android.modResults);

    const others = (application.service ?? []).filter((service) => service.$['android:name'] !== SERVICE);
    const service = {
      $: { 'android:name': SERVICE, 'android:exported': 'false', 'android:foregroundServiceType': 'microphone' },
    };
    application.service = [...others, service];

    const features = ['android.hardware.camera', 'android.hardware.camera.autofocus', 'android.hardware.microphone'];
    const kept = (manifest['uses-feature'] ?? []).filter((feature) => !features.includes(feature.$['android:name']));
    manifest['uses-feature'] = [
      ...kept,
      ...features.map((name) => ({ $: { 'android:name': name, 'android:required': 'false' } })),
    ];
    return android;
  });
};
