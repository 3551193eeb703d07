export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'header-max-length': [2, 'always', 72],
    'body-max-line-length': [0],
    'footer-max-line-length': [0],
    // Names such as EventSource and WebKit keep their capitals.
    'subject-case': [0],
  },
};
