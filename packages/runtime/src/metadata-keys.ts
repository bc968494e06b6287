export const authorizationKey = 'authorization';
export const callerKey = 'x-portal-caller';
export const requestIdKey = 'x-request-id';
export const statusDetailsKey = 'grpc-status-details-bin';
