/**
 * Bounds on connections that have not shown who they are, door by door. Such connections wait in
 * rooms of their own: where one is full, the one that waited longest goes, so that strangers
 * displace each other and nobody with credentials.
 */
export const DOOR_LIMITS = {
  /**
   * Connections of one TLS port whose handshake is under way, and how long it may take, in
   * milliseconds.
   */
  tlsHandshakes: 128,
  tlsHandshakeMs: 10_000,
  /** The same for QUIC, after the client has proved its address. */
  quicHandshakes: 128,
  quicHandshakeMs: 5_000,
  /**
   * At the scheduler: connections that have not asked anything, and how long they may take to, in
   * milliseconds.
   */
  apiSilent: 128,
  apiSilentMs: 10_000,
  /** At the scheduler: connections that have not shown a good token. */
  apiUnproven: 256,
  /**
   * At the scheduler, in milliseconds: the head of a request, all of it, and a connection without
   * one.
   */
  apiHeadersMs: 10_000,
  apiRequestMs: 300_000,
  apiIdleMs: 75_000,
  /** SETTINGS and PING frames of one HTTP/2 connection in a second. */
  http2ControlFrames: 100,
  /** Bytes that may still come of a body that was refused, and milliseconds that they may take. */
  refusedBodyBytes: 1024 * 1024,
  refusedBodyMs: 2_000,
  /**
   * At the memory data plane: connections without a session, and sessions without HELLO; how long
   * each may take, in milliseconds.
   */
  memSilent: 64,
  memSilentMs: 5_000,
  /** Sessions of the memory data plane, with HELLO and without. */
  memSessions: 256,
  /**
   * At the helper: connections in all, and those that have not shown the bearer, with the life of
   * one in milliseconds.
   */
  helperConnections: 128,
  helperUnproven: 64,
  helperUnprovenMs: 30_000,
  /**
   * At the helper, in milliseconds: the head of a request, all of it, and a connection on which
   * nothing moves.
   */
  helperHeadersMs: 5_000,
  helperRequestMs: 30_000,
  helperIdleMs: 60_000,
} as const;
