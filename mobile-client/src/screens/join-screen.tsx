import { useTranslation } from 'react-i18next';
import { KeyboardAvoidingView, Platform, ScrollView, Text, useWindowDimensions, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { Banner } from '@/components/banner';
import { Button } from '@/components/button';
import {
  CameraIcon,
  CameraOffIcon,
  InviteIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  RefreshIcon,
} from '@/components/icons/icons';
import { Mark } from '@/components/mark';
import { PersonaPicker } from '@/components/persona-picker';
import { RoundButton } from '@/components/round-button';
import { SwitchRow } from '@/components/switch-row';
import { TextField } from '@/components/text-field';
import { DEFAULT_AVATAR_NAME } from '@/contract/generated';
import { serverIsFixed } from '@/server/default-address';

import { useJoinForm, type JoinPrefill } from './use-join-form';

interface JoinScreenProps {
  prefill: JoinPrefill;
  ended: boolean;
  onDismissEnded: () => void;
  onJoin: Parameters<typeof useJoinForm>[0]['onJoin'];
}

/** From here on the form stands beside the faces: `lg` of the style sheet. */
const WIDE = 1024;

export function JoinScreen({ prefill, ended, onDismissEnded, onJoin }: JoinScreenProps) {
  const { t } = useTranslation();
  const insets = useSafeAreaInsets();
  const form = useJoinForm({ prefill, onJoin });
  const invitee = form.avatarName ?? form.defaultAvatarName ?? DEFAULT_AVATAR_NAME;
  // On a phone the button stays in reach under everything that scrolls.
  const wide = useWindowDimensions().width >= WIDE;
  const submit = <Button testID="join-submit" label={t('join.submit')} onPress={form.submit} />;
  return (
    <KeyboardAvoidingView behavior={Platform.OS === 'ios' ? 'padding' : undefined} className="flex-1 bg-canvas">
      <ScrollView
        testID="join-screen"
        keyboardShouldPersistTaps="handled"
        contentContainerStyle={{
          paddingTop: insets.top + 20,
          paddingBottom: 28,
          paddingLeft: insets.left + 20,
          paddingRight: insets.right + 20,
        }}
        contentContainerClassName="min-h-full items-center md:justify-center"
      >
        <View className="w-full max-w-[460px] gap-7 lg:max-w-[1000px] lg:flex-row lg:items-center lg:gap-20">
          <View className="gap-6 lg:flex-1">
            <View className="gap-6">
              <Mark />
              <View className="gap-2">
                <Text role="heading" aria-level={1} className="font-strong text-title text-ink">
                  {t('join.title')}
                </Text>
                <Text className="font-body text-base text-muted lg:text-lg">{t('join.subtitle')}</Text>
              </View>
            </View>
            {ended ? (
              <Banner
                testID="call-ended"
                look="calm"
                message={t('join.ended')}
                dismiss={{ label: t('join.dismiss'), onPress: onDismissEnded }}
              />
            ) : null}
            <View className="gap-3">
              <Text role="heading" aria-level={2} className="font-medium text-sm text-ink">
                {t('join.whom')}
              </Text>
              <PersonaPicker
                personas={form.personas}
                server={form.origin ?? ''}
                selected={form.avatarName}
                onSelect={form.chooseAvatar}
                onRetry={form.retryPersonas}
              />
            </View>
          </View>
          <View className="gap-5 lg:flex-1 lg:rounded-3xl lg:border lg:border-line lg:bg-surface lg:p-8">
            <TextField
              testID="join-name"
              label={t('join.name')}
              value={form.name}
              onChangeText={form.setName}
              problem={form.problems.name}
              autoComplete="name"
              onSubmitEditing={form.submit}
            />
            <TextField
              testID="join-room"
              label={t('join.room')}
              value={form.room}
              onChangeText={form.setRoom}
              problem={form.problems.room}
              autoCapitalize="none"
              autoComplete="off"
              autoCorrect={false}
              onSubmitEditing={form.submit}
              accessory={
                <RoundButton look="bare" label={t('join.newRoom')} icon={RefreshIcon} onPress={form.renewRoom} />
              }
            />
            {serverIsFixed ? null : (
              <TextField
                testID="join-server"
                label={t('join.server')}
                value={form.server}
                onChangeText={form.setServer}
                hint={t('join.serverHint')}
                problem={form.problems.server}
                inputMode="url"
                autoCapitalize="none"
                autoComplete="off"
                autoCorrect={false}
                onSubmitEditing={form.submit}
              />
            )}
            {form.needsKey ? (
              <TextField
                testID="join-key"
                label={t('join.accessKey')}
                value={form.accessKey}
                onChangeText={form.setAccessKey}
                hint={t('join.accessKeyHint')}
                autoCapitalize="none"
                autoComplete="off"
                autoCorrect={false}
                secureTextEntry
                onSubmitEditing={form.submit}
              />
            ) : null}
            <View className="-mx-4 gap-0.5">
              <SwitchRow
                testID="toggle-microphone"
                label={t('join.microphone')}
                value={form.microphone}
                onChange={form.setMicrophone}
                icon={form.microphone ? MicrophoneIcon : MicrophoneOffIcon}
              />
              <SwitchRow
                testID="toggle-camera"
                label={t('join.camera')}
                value={form.camera}
                onChange={form.setCamera}
                icon={form.camera ? CameraIcon : CameraOffIcon}
              />
              <SwitchRow
                testID="toggle-invite"
                label={t('join.invite', { name: invitee })}
                hint={form.inviteAvatar ? undefined : t('join.inviteHint')}
                value={form.inviteAvatar}
                onChange={form.setInviteAvatar}
                icon={InviteIcon}
              />
            </View>
            {wide ? submit : null}
          </View>
        </View>
      </ScrollView>
      {wide ? null : (
        <View
          className="items-center border-t border-line bg-canvas pt-3"
          style={{
            paddingBottom: insets.bottom + 12,
            paddingLeft: insets.left + 20,
            paddingRight: insets.right + 20,
          }}
        >
          <View className="w-full max-w-[460px]">{submit}</View>
        </View>
      )}
    </KeyboardAvoidingView>
  );
}
