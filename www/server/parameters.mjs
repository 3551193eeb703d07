/**
 * @typedef {{ expected: string, parse(text: string): unknown }} Kind the allowed values of a parameter;
 * `parse` returns undefined for any other value
 */

/** An error in the request, which is answered with 400. */
export class ParameterError extends Error {
  /**
   * @param {string} parameter
   * @param {string} message
   * @param {string[] | string} allowed
   */
  constructor(parameter, message, allowed) {
    super(message);
    this.parameter = parameter;
    this.allowed = allowed;
  }
}

/**
 * @param {number} min
 * @param {number} max
 */
export const integer = (min, max) => ({
  expected: `an integer from ${min} to ${max}`,
  parse: (/** @type {string} */ text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  },
});

/**
 * @param {number} min
 * @param {number} max
 */
export const number = (min, max) => ({
  expected: `a number from ${min} to ${max}`,
  parse: (/** @type {string} */ text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  },
});

/**
 * @template {string} T
 * @param {T[]} values
 */
export const oneOf = (...values) => ({
  expected: `one of ${values.join(', ')}`,
  parse: (/** @type {string} */ text) => values.find((value) => value === text),
});

/**
 * Parses a query, and throws if a parameter is unknown or its value isn't allowed.
 *
 * @template {Record<string, Kind>} Kinds
 * @param {Kinds} kinds
 * @param {unknown} query
 * @returns {{ [Name in keyof Kinds]?: Exclude<ReturnType<Kinds[Name]['parse']>, undefined> }}
 */
export function readParameters(kinds, query) {
  const allowed = Object.keys(kinds);
  const values = Object.entries(/** @type {Record<string, string | string[]>} */ (query)).map(
    ([name, text]) => {
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (!kind) {
        throw new ParameterError(
          name,
          `Unknown parameter '${name}'. Allowed here: ${allowed.join(', ')}.`,
          allowed,
        );
      }
      const value = typeof text === 'string' ? kind.parse(text) : undefined;
      if (value === undefined) {
        throw new ParameterError(
          name,
          `Parameter '${name}' is '${text}', but must be ${kind.expected}, given once.`,
          kind.expected,
        );
      }
      return [name, value];
    },
  );
  return Object.fromEntries(values);
}
