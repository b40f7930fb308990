/**
 * Published host status codes, what a host function returns to a tasklet
 * (docs/reference/tasklet-abi.md).
 */
export const HOST_STATUS = {
  success: 0,
  disconnected: -1,
  leaseExpired: -2,
  fenced: -3,
  capacityExceeded: -4,
  unsupported: -5,
  revoked: -6,
  /** IoError(-9): no blob has this handle. The number is EBADF's. */
  badHandle: -9,
} as const;
