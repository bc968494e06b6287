import type { MethodDefinition } from '@grpc/proto-loader';

/** Method names of a generated `XServiceDefinition`, without the index signature it inherits. */
export type MethodName<D> = keyof { [M in keyof D as string extends M ? never : number extends M ? never : M]: D[M] } &
  string;

type Signature<D, M extends keyof D> =
  D[M] extends MethodDefinition<infer RequestInput, infer ResponseInput, infer RequestOutput, infer ResponseOutput>
    ? {
        requestInput: RequestInput;
        responseInput: ResponseInput;
        requestOutput: RequestOutput;
        responseOutput: ResponseOutput;
      }
    : never;

/** One function per rpc, as a service writes them: strict request in, permissive response out. */
export type Handlers<D, C> = {
  [M in MethodName<D> as Uncapitalize<M>]: (
    request: Signature<D, M & keyof D>['requestOutput'],
    call: C,
  ) => Promise<Signature<D, M & keyof D>['responseInput']>;
};

/** One function per rpc, as a caller sees them: permissive request in, strict response out. */
export type Client<D, O> = {
  [M in MethodName<D> as Uncapitalize<M>]: (
    request: Signature<D, M & keyof D>['requestInput'],
    options: O,
  ) => Promise<Signature<D, M & keyof D>['responseOutput']>;
};
