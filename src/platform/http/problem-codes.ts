/**
 * Every `code` that an answer of the API can carry, with the status it comes with and what to do about it. Programs go
 * by the code, people by the title. A test holds this list against the source, and docs/api.md against this list.
 */
export const problemCodes: Record<string, { status: number; words: string }> = {
  bad_request: {
    status: 400,
    words: 'The request is not HTTP or JSON as it should be. The title says where.',
  },
  invalid: {
    status: 422,
    words: 'Something in the request is wrong; `fields` says what. 400 where it is the address.',
  },
  bad_time: { status: 422, words: 'A time or a duration cannot be read.' },
  signed_out: { status: 401, words: 'Sign in, or send a key as a bearer token.' },
  forbidden: { status: 403, words: 'The role or the scopes of the key do not include this.' },
  confirm_needed: { status: 403, words: 'Show once more who you are: the session is too old for this.' },
  second_factor_needed: { status: 403, words: 'The role asks for a second factor; set one up first.' },
  not_found: { status: 404, words: 'There is none of this id, or no more.' },
  stale: { status: 409, words: 'Somebody changed it since it was read. `detail` says who; read it again.' },
  idempotency_mismatch: { status: 422, words: 'The Idempotency-Key was used for another request.' },
  idempotency_running: {
    status: 409,
    words: 'The first request under this Idempotency-Key is still under way.',
  },
  idempotency_unknown: {
    status: 409,
    words: 'The first request under this Idempotency-Key was cut off. Look whether it was carried out.',
  },
  too_many_requests: { status: 429, words: 'Slower: `retry-after` says in how many seconds.' },
  internal: { status: 500, words: 'A fault of ours. The log has it under `requestId`.' },
  unavailable: {
    status: 503,
    words: 'Overload, or a part that is away. `retry-after` says when to try again.',
  },
  database_away: { status: 503, words: 'The database does not answer. Try again in a few seconds.' },
  overload: { status: 503, words: 'Too much waits to be written. Try again later; nothing was taken.' },
}
