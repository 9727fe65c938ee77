import { Pressable, Text, View } from 'react-native';

import { useColors } from '@/theme/theme';

import { CloseIcon, WarningIcon } from './icons/icons';
import { useAnnounce } from './use-announce';

export interface BannerAction {
  label: string;
  onPress: () => void;
  testID?: string;
}

interface BannerProps {
  message: string;
  look: 'calm' | 'warning' | 'danger';
  testID?: string;
  /** Interrupts a screen reader, for what needs an answer. */
  alert?: boolean;
  action?: BannerAction;
  dismiss?: BannerAction;
}

const SURFACE = { calm: 'bg-accent-soft', warning: 'bg-warning-soft', danger: 'bg-danger-soft' } as const;
const INK = { calm: 'text-on-accent-soft', warning: 'text-on-warning-soft', danger: 'text-on-danger-soft' } as const;
const ICON = { calm: 'on-accent-soft', warning: 'on-warning-soft', danger: 'on-danger-soft' } as const;

/** A line that says what is going on, with at most one thing to do about it. */
export function Banner({ message, look, testID, alert = false, action, dismiss }: BannerProps) {
  const colors = useColors();
  useAnnounce(message);
  return (
    <View className={`flex-row items-start gap-x-3 rounded-xl px-4 py-2 ${SURFACE[look]}`}>
      {look === 'calm' ? null : (
        <View className="h-9 justify-center">
          <WarningIcon color={colors[ICON[look]]} size={20} />
        </View>
      )}
      {/* Where both do not fit side by side, what to do stands under the words. */}
      <View className="min-w-0 flex-1 flex-row flex-wrap items-center gap-x-3">
        <View className="min-h-[36px] min-w-[150px] flex-1 justify-center py-1">
          <Text
            testID={testID}
            role={alert ? 'alert' : 'status'}
            aria-live={alert ? 'assertive' : 'polite'}
            className={`font-medium text-sm ${INK[look]}`}
          >
            {message}
          </Text>
        </View>
        {action ? (
          <Pressable
            testID={action.testID}
            role="button"
            accessibilityLabel={action.label}
            onPress={action.onPress}
            className="-my-1 -ml-2 min-h-[44px] justify-center rounded-xl px-2 hover:opacity-80 active:opacity-70"
          >
            <Text className={`font-strong text-sm underline ${INK[look]}`}>{action.label}</Text>
          </Pressable>
        ) : null}
      </View>
      {dismiss ? (
        <Pressable
          testID={dismiss.testID}
          role="button"
          accessibilityLabel={dismiss.label}
          onPress={dismiss.onPress}
          className="-my-1 -mr-2 h-11 w-11 items-center justify-center hover:opacity-80 active:opacity-70"
        >
          <CloseIcon color={colors[ICON[look]]} size={18} />
        </Pressable>
      ) : null}
    </View>
  );
}
