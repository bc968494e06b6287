/** Key of what other parts of this package need of an object and nobody else should touch. */
export const internals: unique symbol = Symbol('internals');
