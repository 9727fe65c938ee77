import { useTranslation } from 'react-i18next';
import { Text, View } from 'react-native';
import Svg, { Circle } from 'react-native-svg';

import { useColors } from '@/theme/theme';

/** The name with its sign: two that face each other. */
export function Mark() {
  const { t } = useTranslation();
  const colors = useColors();
  return (
    <View className="flex-row items-center gap-2.5">
      <Svg width={30} height={22} viewBox="0 0 30 22" aria-hidden>
        <Circle cx={11} cy={11} r={10} fill={colors.accent} />
        <Circle cx={20} cy={11} r={8.75} fill={colors.canvas} stroke={colors.accent} strokeWidth={2.5} />
      </Svg>
      <Text className="font-strong text-lg text-ink">{t('app.name')}</Text>
    </View>
  );
}
