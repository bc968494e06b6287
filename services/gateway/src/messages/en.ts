import type { Catalogue } from './texts.ts';

export const en: Catalogue = {
  reasons: {
    // The way here
    BODY_TOO_LARGE: { title: 'Request body too large', detail: 'A request body may have at most 1 MB.' },
    BODY_UNREADABLE: { title: 'Request body unreadable', detail: 'The body is not valid JSON in UTF-8.' },
    BODY_TOO_DEEP: { title: 'Request body nested too deeply', detail: 'Use fewer levels of nesting in the JSON.' },
    CONTENT_ENCODING_UNSUPPORTED: {
      title: 'Compressed bodies are not accepted',
      detail: 'Send the body as it is, without a Content-Encoding header.',
    },
    UNSUPPORTED_MEDIA_TYPE: {
      title: 'Content type not supported',
      detail: 'Send the body with the content type application/json.',
    },
    METHOD_NOT_ALLOWED: { title: 'Method not allowed', detail: 'This address takes only: {allow}.' },
    ROUTE_NOT_FOUND: { title: 'No such address', detail: 'Check the path of the request.' },
    RATE_LIMITED: { title: 'Too many requests', detail: 'Wait a few seconds and try again.' },
    INVALID_REQUEST: { title: 'The request is not valid', detail: 'Correct the fields named and send it again.' },
    REQUEST_UNREADABLE: { title: 'Request unreadable', detail: 'Check the data sent.' },
    REQUEST_TOO_LARGE: { title: 'Request too large', detail: 'Send less data at once.' },
    METADATA_TOO_LARGE: { title: 'Request headers too large', detail: 'Send fewer or shorter headers.' },
    PAGE_TOKEN_INVALID: { title: 'Page token not valid', detail: 'Start again from the first page of the list.' },
    CANCELLED: { title: 'Request cancelled', detail: 'The request was cancelled before it was done.' },
    DEADLINE_EXCEEDED: { title: 'Time ran out', detail: 'The system did not answer in time. Try again.' },
    SERVICE_UNAVAILABLE: { title: 'Service unavailable for now', detail: 'Try again in a few minutes.' },
    NOT_READY: { title: 'The system is starting', detail: 'Try again in a few seconds.' },
    STORE_UNAVAILABLE: { title: 'Data store unavailable for now', detail: 'Try again in a few minutes.' },
    PAGE_CHANGING: { title: 'The page is being changed', detail: 'Try again in a few seconds.' },

    // Who is asking
    TOKEN_MISSING: { title: 'Not signed in', detail: 'The request needs an access token (Authorization: Bearer).' },
    TOKEN_INVALID: { title: 'Access token not valid', detail: 'Sign in again.' },
    TOKEN_EXPIRED: { title: 'Access token expired', detail: 'Refresh the session or sign in again.' },
    SESSION_REVOKED: { title: 'Session revoked', detail: 'Sign in again.' },
    IDENTITY_PROVIDER_UNAVAILABLE: { title: 'Sign-in unavailable for now', detail: 'Try again in a few minutes.' },
    PERMISSION_MISSING: {
      title: 'Not permitted',
      detail: 'Your account lacks the permission “{permission}”. Ask an administrator of the unit.',
    },
    SECOND_FACTOR_REQUIRED: { title: 'Second factor required', detail: 'Sign in with a second factor to do this.' },
    CALLER_NOT_ALLOWED: { title: 'Not callable from here', detail: 'Only parts of the system may call this.' },

    // Units, hosts, sites
    UNIT_NOT_FOUND: { title: 'Unit not found', detail: 'The unit does not exist, or you may not know of it.' },
    HOST_TAKEN: { title: 'Host name taken', detail: 'The host name {host} is bound to a unit.' },
    HOST_RESERVED: { title: 'Host name reserved', detail: 'The host name {host} is reserved for the system.' },
    HOST_NUMERIC: {
      title: 'Host name not valid',
      detail: 'The first and the last part of the host name {host} may not be numbers.',
    },
    SITE_WITHOUT_HOST: { title: 'No host name yet', detail: 'Bind a host name to the unit before launching its site.' },
    SITE_ALREADY_LIVE: { title: 'The site is live', detail: 'The site of the unit was launched before.' },

    // Grants
    PERSON_NOT_FOUND: { title: 'Account not found', detail: 'There is no account with this username.' },
    GRANT_NOT_FOUND: { title: 'Grant not found', detail: 'The grant does not exist or was taken back.' },
    GRANT_EXISTS: { title: 'Grant exists', detail: 'The account holds this role on the unit.' },
    ROOT_ADMIN_EXISTS: {
      title: 'The unit has a root administrator',
      detail: 'A unit has exactly one root administrator. Take the old grant back first.',
    },
    ROLE_NOT_ON_UNIT: { title: 'Role does not fit', detail: 'This role cannot be given in the chosen scope.' },
    ROLE_NOT_GRANTABLE: { title: 'No right to this role', detail: 'Your role may neither give nor take this role.' },
    GRANT_EXCEEDS_OWN: {
      title: 'More than your own rights',
      detail: 'You can give rights only within the scope and the time of your own.',
    },
    SELF_GRANT: {
      title: 'No rights for oneself',
      detail: 'Nobody gives rights to themselves. Ask another administrator.',
    },
    PERSON_OUTRANKS: {
      title: 'Beyond your administration',
      detail: 'The account holds rights that you may not take, so you cannot end its sessions.',
    },
    LAST_OPERATOR: {
      title: 'The last operator',
      detail: 'The platform always has an operator without end of term. Give the role to somebody else first.',
    },

    // Posts
    POST_NOT_FOUND: { title: 'Post not found', detail: 'The post does not exist or was taken down.' },
    POST_NOT_DRAFT: { title: 'The post is no draft', detail: 'Only a draft can be published.' },
    POST_NOT_PUBLISHED: { title: 'The post is not published', detail: 'Only a published post can be withdrawn.' },

    // Races
    STALE_VERSION: { title: 'The data has changed', detail: 'Somebody changed it meanwhile. Read it again and retry.' },
    WRITE_CONFLICT: { title: 'The data is being changed', detail: 'Changes collided. Try again.' },
    ID_RETIRED: { title: 'Id used before', detail: 'The id belongs to deleted data and is not used again.' },
    DUPLICATE: { title: 'Duplicate data', detail: 'There is data with this value.' },
  },

  kinds: {
    CANCELLED: { title: 'Request cancelled', detail: 'The request was cancelled before it was done.' },
    INVALID_ARGUMENT: { title: 'The request is not valid', detail: 'Check the data sent.' },
    OUT_OF_RANGE: { title: 'Value out of range', detail: 'Check the data sent.' },
    NOT_FOUND: { title: 'Not found', detail: 'It does not exist, or you may not know of it.' },
    ALREADY_EXISTS: { title: 'Exists already', detail: 'There is such data.' },
    PERMISSION_DENIED: { title: 'Not permitted', detail: 'Ask an administrator of the unit.' },
    UNAUTHENTICATED: { title: 'Not signed in', detail: 'Sign in.' },
    RESOURCE_EXHAUSTED: { title: 'Limit exceeded', detail: 'Wait a few seconds and try again.' },
    FAILED_PRECONDITION: { title: 'Not possible now', detail: 'The present state does not allow this.' },
    ABORTED: { title: 'The data has changed', detail: 'Read it again and retry.' },
    UNIMPLEMENTED: { title: 'Not supported', detail: 'This is not supported yet.' },
    UNAVAILABLE: { title: 'Service unavailable for now', detail: 'Try again in a few minutes.' },
    DEADLINE_EXCEEDED: { title: 'Time ran out', detail: 'The system did not answer in time. Try again.' },
    INTERNAL: {
      title: 'Something went wrong',
      detail: 'The fault is ours and was logged. Name the request id to get help.',
    },
    DATA_LOSS: {
      title: 'Something went wrong',
      detail: 'The fault is ours and was logged. Name the request id to get help.',
    },
  },

  violations: {
    REQUIRED: 'This field is required.',
    TOO_SHORT: 'The text is too short.',
    TOO_LONG: 'The text is too long.',
    PATTERN: 'The text does not have the right form.',
    TOO_SMALL: 'The value is too small.',
    TOO_LARGE: 'The value is too large.',
    TOO_FEW: 'The list has too few items.',
    TOO_MANY: 'The list has too many items.',
    UNKNOWN_FIELD: 'There is no such field.',
    WRONG_TYPE: 'The value is of the wrong type.',
    UNKNOWN_ENUM_VALUE: 'The value is none of those allowed.',
    INVALID_TIMESTAMP: 'A moment is written as in RFC 3339: 2026-09-05T00:30:00Z.',
    INVALID_DATE: 'A date is written year-month-day: 2026-09-05.',
    OUT_OF_RANGE: 'The value is out of range.',
    DUPLICATE_ONEOF: 'Only one of these fields may be set.',
    CONTROL_CHARACTER: 'The text holds a control character.',
    COMBINING_MARK: 'The text holds a mark that does not combine with a letter.',
    PATH_MISMATCH: 'The value differs from the one in the path.',
    PAGE_TOKEN_INVALID: 'The page token is damaged or belongs to another list.',
    NOT_IN_FUTURE: 'The moment must lie in the future.',
    HOST_RESERVED: 'The host name is reserved for the system.',
    HOST_NUMERIC: 'The first and the last part of a host name may not be numbers.',
  },
  anyViolation: 'The value is not valid.',
};
