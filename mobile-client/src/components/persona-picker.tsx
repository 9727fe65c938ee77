import { useTranslation } from 'react-i18next';
import { Image, Pressable, Text, View } from 'react-native';

import type { PersonaSummary } from '@/contract/generated';
import type { Personas } from '@/server/use-personas';
import { useColors } from '@/theme/theme';

import { Banner } from './banner';
import { CheckIcon } from './icons/icons';

interface PersonaPickerProps {
  personas: Personas;
  server: string;
  /** Null: the first of the list, whom the server has by default. */
  selected: string | null;
  onSelect: (name: string) => void;
  onRetry: () => void;
}

export function PersonaPicker({ personas, server, selected, onSelect, onRetry }: PersonaPickerProps) {
  const { t } = useTranslation();
  if (personas.state === 'failed') {
    return (
      <Banner
        testID="personas-failed"
        look="warning"
        message={t('join.personasFailed')}
        action={{ label: t('failure.retry'), onPress: onRetry, testID: 'personas-retry' }}
      />
    );
  }
  if (personas.state === 'loading') {
    return (
      <View className="min-h-[88px] justify-center rounded-2xl bg-surface px-4 py-3">
        <Text className="font-body text-sm text-muted">{t('join.personasLoading')}</Text>
      </View>
    );
  }
  const chosen = personas.personas.find((one) => one.name === selected) ?? personas.personas[0];
  return (
    <View role="radiogroup" aria-label={t('join.whom')} className="gap-2">
      {personas.personas.map((persona) => (
        <PersonaCard
          key={persona.name}
          persona={persona}
          server={server}
          checked={persona.name === chosen?.name}
          onSelect={() => onSelect(persona.name)}
        />
      ))}
    </View>
  );
}

interface PersonaCardProps {
  persona: PersonaSummary;
  server: string;
  checked: boolean;
  onSelect: () => void;
}

function PersonaCard({ persona, server, checked, onSelect }: PersonaCardProps) {
  const { t } = useTranslation();
  const colors = useColors();
  return (
    <Pressable
      testID={`persona-${persona.name}`}
      role="radio"
      aria-checked={checked}
      accessibilityLabel={`${persona.name}. ${persona.greeting || t('join.quiet')}`}
      onPress={onSelect}
      className={`flex-row items-center gap-3.5 rounded-2xl border p-3 ${
        checked ? 'border-accent bg-accent-soft' : 'border-line bg-surface hover:border-control-line'
      }`}
    >
      <PersonaPicture name={persona.name} uri={persona.picture === undefined ? null : server + persona.picture} />
      <View className="min-w-0 flex-1 gap-0.5">
        <Text className={`font-strong text-base ${checked ? 'text-on-accent-soft' : 'text-ink'}`}>{persona.name}</Text>
        <Text numberOfLines={2} className={`font-body text-sm ${checked ? 'text-on-accent-soft' : 'text-muted'}`}>
          {persona.greeting || t('join.quiet')}
        </Text>
      </View>
      {checked ? <CheckIcon color={colors['on-accent-soft']} size={20} /> : <View className="w-5" />}
    </Pressable>
  );
}

/** The face, or the first letter of the name where there is none. */
export function PersonaPicture({ name, uri }: { name: string; uri: string | null }) {
  return (
    <View className="h-16 w-16 items-center justify-center overflow-hidden rounded-xl bg-raised">
      {uri === null ? (
        <Text maxFontSizeMultiplier={1.2} className="font-strong text-xl text-muted">
          {[...name][0]?.toUpperCase()}
        </Text>
      ) : (
        <Image source={{ uri }} accessible={false} alt="" className="h-full w-full" resizeMode="cover" />
      )}
    </View>
  );
}
