const expo = require('eslint-config-expo/flat');

module.exports = [
  ...expo,
  { ignores: ['dist/**', 'android/**', 'ios/**', '.expo/**', 'node_modules/**', 'src/contract/generated.ts'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      'max-lines': ['error', 600],
    },
  },
];
