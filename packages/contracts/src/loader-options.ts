/**
 * How messages look in JavaScript. One constant for the run-time loader, for the JSON converters and for the type
 * generator, which derives its flags from it: given apart they drift, and a wrong value is ignored silently.
 */
export const loaderOptions = {
  keepCase: false,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
} as const;
